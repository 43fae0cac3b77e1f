//! Where in a message something is wrong, in bytes from its start. Asked only once something is.

use bolt1::tlv::Record;

use crate::records::known_good;

/// Where the record of the type `field` begins; where it is missing, or cannot be read, the place it would have.
pub(super) fn of_field(field: u64, bytes: &[u8]) -> usize {
    end_of(known_good(bytes).take_while(|record| record.typ < field))
}

/// Where the first record begins that cannot be read.
pub(super) fn of_damage(bytes: &[u8]) -> usize {
    end_of(known_good(bytes))
}

/// Whether the record of the type `field` can be read, whatever its value is.
pub(super) fn can_read(field: u64, bytes: &[u8]) -> bool {
    known_good(bytes).any(|record| record.typ == field)
}

fn end_of<'a>(records: impl Iterator<Item = Record<'a>>) -> usize {
    records.map(|record| record.bytes.len()).fold(0, usize::saturating_add)
}
