//! A code in a picture: the browser sends what was dropped, or what the camera sees, as a small PNG.
//!
//! Whatever kind of picture it was: the script draws it anew, so that one decoder with narrow limits is enough here.

use std::io::Cursor;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::Screen;
use super::visitor::Visitor;
use crate::http::Limits;

/// Pictures that are looked at at a time; the next ones wait.
pub(super) const AT_A_TIME: usize = 2;
/// Most bytes of a picture.
const MOST_BYTES: usize = 4 << 20;
/// Most pixels of a picture, and most bytes that one is while it is read.
const MOST_PIXELS: u64 = 2_000_000;
const MOST_MEMORY: usize = 16 << 20;

/// Reads the code in a picture: `{"text": …}`, or 422 with `{"error": …}`.
pub(super) async fn read(
    State(screen): State<Screen>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let token = headers.get("x-form-token").and_then(|token| token.to_str().ok());
    if !visitor.session.admits(token.unwrap_or_default()) {
        return Err((StatusCode::FORBIDDEN, "load the page again\n").into_response());
    }
    let bounds = Limits { body: MOST_BYTES, ..screen.door.limits };
    let bytes = bounds.read(body).await;
    let bytes = bytes.map_err(|error| refuse(error.status(), &error.to_string()))?;
    let Ok(_turn) = screen.scans.acquire().await else {
        return Err(StatusCode::SERVICE_UNAVAILABLE.into_response());
    };
    // A picture can be made to trip a decoder: that ends its own task alone.
    let read = tokio::task::spawn_blocking(move || read_png(&bytes)).await;
    match read.unwrap_or(Err("This picture cannot be read.")) {
        Ok(text) => Ok(Json(json!({ "text": text })).into_response()),
        Err(why) => Err(refuse(StatusCode::UNPROCESSABLE_ENTITY, why)),
    }
}

fn refuse(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

/// The text of the first code in a PNG.
fn read_png(bytes: &[u8]) -> Result<String, &'static str> {
    let unreadable = "This picture cannot be read.";
    let limits = png::Limits { bytes: MOST_MEMORY };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut picture = decoder.read_info().map_err(|_| unreadable)?;
    let (width, height) = picture.info().size();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err("This picture is too large.");
    }
    let mut pixels = vec![0; picture.output_buffer_size().ok_or(unreadable)?];
    let info = picture.next_frame(&mut pixels).map_err(|_| unreadable)?;
    let samples = info.color_type.samples();
    let grey: Vec<u8> = pixels.chunks_exact(samples).map(brightness).collect();
    let (width, height) = (side(width), side(height));
    // Dark on light, and as some show it by night.
    let found = find(&grey, width, height, false).or_else(|| find(&grey, width, height, true));
    found.ok_or("There is no code to be seen in this picture.")
}

fn side(length: u32) -> usize {
    usize::try_from(length).unwrap_or(0)
}

/// Of a pixel in one (grey), two (with opacity), three (colour) or four samples.
fn brightness(pixel: &[u8]) -> u8 {
    match pixel {
        [red, green, blue, ..] => {
            let sum = u16::from(*red) + u16::from(*green) + u16::from(*blue);
            u8::try_from(sum / 3).unwrap_or(u8::MAX)
        }
        [grey, ..] => *grey,
        [] => 0,
    }
}

fn find(grey: &[u8], width: usize, height: usize, inverted: bool) -> Option<String> {
    let at = |x: usize, y: usize| {
        let pixel = grey.get(y * width + x).copied().unwrap_or(u8::MAX);
        if inverted { u8::MAX - pixel } else { pixel }
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, at);
    let grids = image.detect_grids();
    grids.iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use qrcode::QrCode;
    use qrcode::types::Color;

    use super::*;

    /// A picture of a code, so many pixels for each module.
    fn picture(text: &str, scale: usize, inverted: bool) -> Vec<u8> {
        let code = QrCode::new(text).unwrap();
        let (width, colors) = (code.width(), code.to_colors());
        let side = (width + 8) * scale;
        let mut pixels = vec![if inverted { 0 } else { 255 }; side * side];
        for (at, color) in colors.iter().enumerate() {
            let (x, y) = ((at % width + 4) * scale, (at / width + 4) * scale);
            if *color == Color::Dark {
                for row in y..y + scale {
                    pixels[row * side + x..row * side + x + scale].fill(if inverted {
                        255
                    } else {
                        0
                    });
                }
            }
        }
        png_of(u32::try_from(side).unwrap(), &pixels)
    }

    fn png_of(side: u32, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        bytes
    }

    #[test]
    fn a_code_is_read_dark_on_light_and_light_on_dark() {
        for inverted in [false, true] {
            let png = picture("lightning:LNO1QQ", 6, inverted);
            assert_eq!(read_png(&png).as_deref(), Ok("lightning:LNO1QQ"));
        }
    }

    #[test]
    fn what_is_no_picture_has_no_code_or_is_too_large_is_told() {
        assert!(read_png(b"GIF89a").unwrap_err().contains("cannot be read"));
        assert!(read_png(&png_of(40, &[255; 1600])).unwrap_err().contains("no code"));
        let large = png_of(2_000, &vec![255; 4_000_000]);
        assert!(read_png(&large).unwrap_err().contains("too large"));
        let mut cut = picture("x", 4, false);
        cut.truncate(cut.len() / 2);
        assert!(read_png(&cut).is_err());
    }
}
