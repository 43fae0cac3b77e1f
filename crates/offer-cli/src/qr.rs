//! The code in a result as a picture for a terminal.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use serde_json::Value;

/// Where a result has its code, the one to be shown first.
const FIELDS: [&str; 4] = ["invoice_request", "bolt12", "invoice", "bolt11"];

/// The picture of the code in a result, with a line break at the end; or why there is none.
pub(crate) fn of_result(result: &Value) -> Result<String, String> {
    let mut found = FIELDS.iter().filter_map(|field| result.get(field).and_then(Value::as_str));
    let code = found.next().ok_or("there is no code in the result")?;
    // In capitals, which a QR code packs tighter and which mean the same.
    let uri = format!("lightning:{code}").to_uppercase();
    let code = QrCode::with_error_correction_level(uri, EcLevel::L)
        .map_err(|_| "the code does not fit into a QR code")?;
    // Half blocks draw the light modules, so that a dark terminal shows dark on light.
    let picture = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .quiet_zone(true)
        .build();
    Ok(format!("{picture}\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_code_that_wallets_take_is_the_one_that_is_shown() {
        let both = json!({ "bolt12": "lno1qqqq", "invoice_request": "lnr1qqqq" });
        let alone = json!({ "invoice_request": "lnr1qqqq" });
        assert_eq!(of_result(&both), of_result(&alone));
        assert_ne!(of_result(&both), of_result(&json!({ "bolt12": "lno1qqqq" })));
        let picture = of_result(&both).unwrap();
        let widths: Vec<_> = picture.lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
    }

    #[test]
    fn what_cannot_be_shown_says_why() {
        assert!(of_result(&json!({ "offers": [] })).unwrap_err().contains("no code"));
        let long = json!({ "bolt12": "q".repeat(5_000) });
        assert!(of_result(&long).unwrap_err().contains("does not fit"));
    }
}
