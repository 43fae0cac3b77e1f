use proptest::prelude::*;

use super::*;
use crate::Writer;

fn bigsize(bytes: &[u8]) -> Result<u64, DecodeErrorKind> {
    let mut reader = Reader::new(bytes);
    reader.read_bigsize().and_then(|v| reader.finish().map(|()| v)).map_err(|e| e.kind)
}

/// The cases of BOLT 1, appendix A.
// req TL-02, TL-04, TL-06
#[test]
fn bigsize_cases_of_the_specification() {
    let good: [(&[u8], u64); 8] = [
        (&[0], 0),
        (&[0xfc], 252),
        (&[0xfd, 0x00, 0xfd], 253),
        (&[0xfd, 0xff, 0xff], 65535),
        (&[0xfe, 0x00, 0x01, 0x00, 0x00], 65536),
        (&[0xfe, 0xff, 0xff, 0xff, 0xff], 4_294_967_295),
        (&[0xff, 0, 0, 0, 1, 0, 0, 0, 0], 4_294_967_296),
        (&[0xff, 255, 255, 255, 255, 255, 255, 255, 255], u64::MAX),
    ];
    for (bytes, value) in good {
        assert_eq!(bigsize(bytes), Ok(value));
    }
    let not_minimal: [&[u8]; 3] = [
        &[0xfd, 0x00, 0xfc],
        &[0xfe, 0x00, 0x00, 0xff, 0xff],
        &[0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    ];
    for bytes in not_minimal {
        assert_eq!(bigsize(bytes), Err(DecodeErrorKind::NotMinimal));
    }
    let short: [&[u8]; 7] = [
        &[],
        &[0xfd],
        &[0xfd, 0x00],
        &[0xfe],
        &[0xfe, 0xff, 0xff],
        &[0xff],
        &[0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    for bytes in short {
        assert_eq!(bigsize(bytes), Err(DecodeErrorKind::Truncated));
    }
}

// req TL-07, TL-10
#[test]
fn truncated_integers_are_minimal_and_bounded() {
    assert_eq!(Reader::new(&[]).read_tu64(), Ok(0));
    assert_eq!(Reader::new(&[1, 0]).read_tu16(), Ok(256));
    assert_eq!(Reader::new(&[0]).read_tu64().map_err(|e| e.kind), Err(DecodeErrorKind::NotMinimal));
    assert_eq!(
        Reader::new(&[1; 9]).read_tu64().map_err(|e| e.kind),
        Err(DecodeErrorKind::TrailingBytes)
    );
    assert_eq!(
        Reader::new(&[1; 5]).read_tu32().map_err(|e| e.kind),
        Err(DecodeErrorKind::TrailingBytes)
    );
}

proptest! {
    // req TL-10
    #[test]
    fn what_was_written_is_read_back(big in any::<u64>(), tu in any::<u64>(), tu32 in any::<u32>()) {
        let mut writer = Writer::new();
        writer.write_bigsize(big);
        writer.write_tu64(tu);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.read_bigsize(), Ok(big));
        prop_assert_eq!(reader.read_tu64(), Ok(tu));
        let mut writer = Writer::new();
        writer.write_tu32(tu32);
        prop_assert_eq!(Reader::new(&writer.into_bytes()).read_tu32(), Ok(tu32));
    }

    // req TL-02, TL-04
    #[test]
    fn whatever_is_read_is_in_its_only_form(bytes in proptest::collection::vec(any::<u8>(), 0..10)) {
        let mut reader = Reader::new(&bytes);
        if let Ok(value) = reader.read_bigsize() {
            let mut writer = Writer::new();
            writer.write_bigsize(value);
            prop_assert!(bytes.starts_with(&writer.into_bytes()));
        }
    }
}
