//! A code as a picture that scales.

use std::fmt::Write as _;

use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::types::Color;
use qrcode::{EcLevel, bits, ec};

/// Light modules around the code, which readers need.
const QUIET: usize = 4;

/// The text as the picture of a QR code; `None` when it does not fit into the largest one. Dark on light whatever the
/// colours of the page are.
///
/// One stroke of a row for each run of dark modules, relative to the one before: a third of what rectangles take.
pub(super) fn svg(text: &str) -> Option<String> {
    let (width, modules) = code(text)?;
    let side = width.saturating_add(2 * QUIET);
    let mut svg = format!(
        "<svg class=\"qr\" role=\"img\" aria-label=\"QR code\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path stroke=\"#000\" d=\""
    );
    for (row, modules) in modules.chunks(width).enumerate() {
        draw_row(&mut svg, row, modules);
    }
    svg.push_str("\"/></svg>");
    Some(svg)
}

/// The modules of the code row by row, and how many a row has.
///
/// Always with one mask: what the library takes for the best of eight, it finds in fifty times the time that all else
/// takes, which was most of what a page costs. Readers take any; the strings of codes are as good as random, so none is
/// better.
fn code(text: &str) -> Option<(usize, Vec<Color>)> {
    let bits = bits::encode_auto(text.as_bytes(), EcLevel::L).ok()?;
    let version = bits.version();
    let (data, correction) =
        ec::construct_codewords(&bits.into_bytes(), version, EcLevel::L).ok()?;
    let mut canvas = Canvas::new(version, EcLevel::L);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &correction);
    canvas.apply_mask(MaskPattern::Checkerboard);
    Some((usize::try_from(version.width()).ok()?, canvas.into_colors()))
}

fn draw_row(svg: &mut String, row: usize, modules: &[Color]) {
    // Where the pen is: at the left end of the row before its first stroke.
    let mut pen = None;
    let mut column = 0;
    for run in modules.chunk_by(|one, other| one == other) {
        if matches!(run.first(), Some(Color::Dark)) {
            // Writing into a string cannot fail.
            let _ = match pen {
                None => write!(svg, "M{} {}.5", column + QUIET, row + QUIET),
                Some(at) => write!(svg, "m{} 0", column - at),
            };
            let _ = write!(svg, "h{}", run.len());
            pen = Some(column + run.len());
        }
        column += run.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_of_a_long_code_is_small() {
        let code = format!("lightning:LNO1{}", "QPZRY9X8GF2TVDW0S3JN".repeat(25));
        let svg = svg(&code).unwrap();
        assert!(svg.len() < 16_000, "{} bytes", svg.len());
    }

    #[test]
    fn each_run_of_dark_modules_is_one_stroke() {
        let mut row = String::new();
        let (dark, light) = (Color::Dark, Color::Light);
        draw_row(&mut row, 2, &[light, dark, dark, light, light, dark]);
        assert_eq!(row, "M5 6.5h2m2 0h1");
    }

    #[test]
    fn what_is_too_long_for_any_qr_code_has_no_picture() {
        assert_eq!(svg(&"q".repeat(5_000)), None);
    }
}
