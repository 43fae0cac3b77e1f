//! TLV records and streams (BOLT 1, "Type-Length-Value Format").
//!
//! A [`Stream`] walks over the records of a byte string and checks what every reader must check: minimal
//! integers, strictly ascending types, lengths inside the input. Which types are known, and what their values
//! mean, is the business of whoever reads a message; unknown records keep their bytes.

use alloc::vec::Vec;

use crate::{DecodeError, DecodeErrorKind, Reader, Writer};

/// One record, borrowed from the stream it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The type number.
    pub typ: u64,
    /// The value, without type and length.
    pub value: &'a [u8],
    /// The whole record as it stands on the wire: type, length and value.
    pub bytes: &'a [u8],
}

/// An iterator over the records of a TLV stream. It ends after the first error.
#[derive(Clone, Debug)]
pub struct Stream<'a> {
    rest: &'a [u8],
    last: Option<u64>,
}

impl<'a> Stream<'a> {
    /// The records of `bytes`, from the first.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, last: None }
    }

    fn read(&mut self) -> Result<Record<'a>, DecodeError> {
        let mut reader = Reader::new(self.rest);
        // req TL-03, TL-04
        let typ = reader.read_bigsize()?;
        // req TL-05
        if self.last.is_some_and(|last| typ <= last) {
            return Err(DecodeError::in_field(DecodeErrorKind::NotAscending, typ));
        }
        // req TL-06
        let value = reader.read_bigsize_bytes().map_err(|error| error.or_field(typ))?;
        let len = self.rest.len().saturating_sub(reader.rest().len());
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(DecodeErrorKind::Truncated)?;
        self.last = Some(typ);
        self.rest = rest;
        Ok(Record { typ, value, bytes })
    }
}

impl<'a> Iterator for Stream<'a> {
    type Item = Result<Record<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.rest = &[];
        }
        Some(item)
    }
}

/// Reads a whole stream into its records.
///
/// # Errors
/// As the reader's rules of BOLT 1 ask: integers not minimal, types not ascending, a length past the end.
pub fn records(bytes: &[u8]) -> Result<Vec<Record<'_>>, DecodeError> {
    Stream::new(bytes).collect()
}

/// How many bytes of the stream `bytes` stand before the record in which `error` was found: the record of its field, or
/// the first that cannot be read.
pub fn offset_of(error: &DecodeError, bytes: &[u8]) -> usize {
    match error {
        DecodeError { kind: DecodeErrorKind::NotAscending, .. }
        | DecodeError { field: None, .. } => offset_of_damage(bytes),
        DecodeError { field: Some(field), .. } => offset_of_field(*field, bytes),
    }
}

/// How many bytes stand before the record of the type `field`; where it is missing, or cannot be read, before the place
/// it would have.
pub fn offset_of_field(field: u64, bytes: &[u8]) -> usize {
    end_of(readable(bytes).take_while(|record| record.typ < field))
}

/// How many bytes stand before the first record that cannot be read.
pub fn offset_of_damage(bytes: &[u8]) -> usize {
    end_of(readable(bytes))
}

fn readable(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    Stream::new(bytes).map_while(Result::ok)
}

fn end_of<'a>(records: impl Iterator<Item = Record<'a>>) -> usize {
    records.map(|record| record.bytes.len()).fold(0, usize::saturating_add)
}

/// Appends one record.
pub fn write_record(writer: &mut Writer, typ: u64, value: &[u8]) {
    // req TL-02
    writer.write_bigsize(typ);
    writer.write_bigsize_bytes(value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(bytes: &[u8]) -> Result<usize, DecodeErrorKind> {
        records(bytes).map(|records| records.len()).map_err(|error| error.kind)
    }

    // req TL-03, TL-04, TL-05, TL-06
    #[test]
    fn streams_must_ascend_and_end_where_they_say() {
        assert_eq!(kind(&[]), Ok(0));
        assert_eq!(kind(&[1, 0, 2, 1, 9]), Ok(2));
        assert_eq!(kind(&[2, 0, 1, 0]), Err(DecodeErrorKind::NotAscending));
        assert_eq!(kind(&[1, 0, 1, 0]), Err(DecodeErrorKind::NotAscending));
        assert_eq!(kind(&[1, 2, 0]), Err(DecodeErrorKind::Truncated));
        assert_eq!(kind(&[1]), Err(DecodeErrorKind::Truncated));
        assert_eq!(kind(&[0xfd, 0, 1, 0]), Err(DecodeErrorKind::NotMinimal));
        assert_eq!(
            kind(&[1, 0xff, 255, 255, 255, 255, 255, 255, 255, 255]),
            Err(DecodeErrorKind::Truncated)
        );
    }

    #[test]
    fn an_error_names_the_field() {
        let error = records(&[7, 5, 0]).unwrap_err();
        assert_eq!(error.field, Some(7));
    }

    proptest! {
        // req TL-01, TL-02
        #[test]
        fn accepted_bytes_are_exactly_their_records(
            bytes in proptest::collection::vec(any::<u8>(), 0..64)
        ) {
            if let Ok(records) = records(&bytes) {
                let mut writer = Writer::new();
                for record in &records {
                    write_record(&mut writer, record.typ, record.value);
                }
                prop_assert_eq!(writer.into_bytes(), bytes);
            }
        }
    }

    /// What is wrong, where, and which requirement it breaks.
    #[test]
    fn damage_is_found_at_its_record_with_its_requirement() {
        let rows: [(&[u8], _, _, _); 6] = [
            (&[1, 0, 0xfd], None, 2, "TL-03"),
            (&[1, 0, 0xfd, 0, 2, 0], None, 2, "TL-04"),
            (&[1, 0, 3, 1, 7, 2, 0], Some(2), 5, "TL-05"),
            (&[1, 0, 3, 9, 7], Some(3), 2, "TL-06"),
            (&[2, 0, 2, 0], Some(2), 2, "TL-05"),
            (&[1, 0xfd, 0, 1, 0], Some(1), 0, "TL-10"),
        ];
        for (bytes, field, offset, requirement) in rows {
            let error = records(bytes).expect_err("damaged");
            let told = (error.field, offset_of(&error, bytes), error.requirement());
            assert_eq!(told, (field, offset, Some(requirement)), "{bytes:?}");
        }
        let value = DecodeError::in_field(DecodeErrorKind::InvalidPoint, 3);
        assert_eq!((offset_of(&value, &[1, 0, 3, 0]), value.requirement()), (2, Some("TL-07")));
    }
}
