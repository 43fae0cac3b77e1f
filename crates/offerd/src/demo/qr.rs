//! A code as a picture in a terminal.

use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};

/// The string as a QR code of half blocks, dark on light whatever the terminal's colours are. In capitals, which a QR
/// code packs tighter and BOLT 12 allows.
///
/// # Errors
/// When the string does not fit into the largest QR code.
pub(super) fn picture(code: &str) -> Result<String, QrError> {
    let uri = format!("lightning:{code}").to_uppercase();
    let qr = QrCode::with_error_correction_level(uri, EcLevel::L)?;
    // Half blocks draw the light modules, so that a dark terminal shows dark on light.
    let picture = qr
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .quiet_zone(true)
        .build();
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_square_with_light_around_it() {
        let picture = picture("lno1qqqq").unwrap();
        let lines: Vec<&str> = picture.lines().collect();
        let width = lines.first().unwrap().chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert!(width.div_ceil(2) == lines.len(), "{width} wide, {} high", lines.len());
        assert!(lines.first().unwrap().chars().all(|c| c == '█'));
    }

    #[test]
    fn what_is_too_long_for_any_qr_code_is_an_error() {
        assert!(picture(&"q".repeat(5000)).is_err());
    }
}
