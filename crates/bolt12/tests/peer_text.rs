//! Text of peers, and refusals in words.

mod common;

use bolt12::{Bolt12Error, DecodeErrorKind, InvoiceError, PeerText};
use common::stream;

fn shown(raw: &str) -> String {
    PeerText::new(raw).to_string()
}

#[test]
fn what_could_mislead_a_reader_is_escaped() {
    assert_eq!(shown("\x1b[31mred\x07"), "\\u{1b}[31mred\\u{7}");
    assert_eq!(shown("line\nbreak\r\ttab\0"), "line\\nbreak\\r\\ttab\\0");
    assert_eq!(shown("exe.\u{202e}gpj"), "exe.\\u{202e}gpj");
    assert_eq!(shown("\u{2066}\u{2069}\u{200b}\u{feff}"), "\\u{2066}\\u{2069}\\u{200b}\\u{feff}");
    assert_eq!(shown("\u{85}\u{2028}"), "\\u{85}\\u{2028}");
    assert_eq!(shown(r"\u{1b}"), r"\\u{1b}");
    assert_eq!(format!("{:?}", PeerText::new("\u{202e}\n")), "\"\\u{202e}\\n\"");
}

#[test]
fn ordinary_text_stays_as_it_is() {
    for ordinary in ["Bob's café – 10 €", "日本語", "हिन्दी", "☕", ""] {
        assert_eq!(shown(ordinary), ordinary);
        assert_eq!(PeerText::new(ordinary).as_str(), ordinary);
    }
}

// req ER-01
#[test]
fn a_refusal_blames_a_field_and_suggests_a_value() {
    let plain = InvoiceError::new("no");
    assert_eq!(plain.encode(), stream(&[(5, b"no")]));
    let blaming = InvoiceError::new("too many").with_suggestion(86, [5]);
    assert_eq!(blaming.encode(), stream(&[(1, &[86]), (3, &[5]), (5, b"too many")]));
    for error in [plain, blaming, InvoiceError::new("late").with_field(14)] {
        assert_eq!(InvoiceError::decode(&error.encode()), Ok(error));
    }
}

// req ER-03
#[test]
fn a_suggestion_without_a_field_is_not_written() {
    let mut error = InvoiceError::new("no").with_suggestion(86, [5]);
    error.erroneous_field = None;
    assert_eq!(error.encode(), stream(&[(5, b"no")]));
}

#[test]
fn a_refusal_without_words_is_a_refusal() {
    let read = InvoiceError::decode(&[]).expect("a refusal all the same");
    assert_eq!(read.error.as_str(), "");
    let odd = stream(&[(5, b"no"), (7, b"?")]);
    let read = InvoiceError::decode(&odd).expect("odd fields do no harm");
    assert_eq!((read.error.as_str(), read.encode()), ("no", odd));
}

#[test]
fn malformed_refusals_are_not_read() {
    let refused = |bytes: &[u8], kind, field| {
        let expected = Bolt12Error::undecodable(field, kind);
        assert_eq!(InvoiceError::decode(bytes), Err(expected));
    };
    refused(&stream(&[(2, b"")]), DecodeErrorKind::UnknownEvenType, 2);
    refused(&stream(&[(1, &[0, 1])]), DecodeErrorKind::NotMinimal, 1);
    refused(&stream(&[(5, &[0xff])]), DecodeErrorKind::InvalidUtf8, 5);
    refused(&stream(&[(5, b""), (1, &[1])]), DecodeErrorKind::NotAscending, 1);
}
