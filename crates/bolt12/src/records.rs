//! The records of one message: looked up when reading, collected when building.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bolt1::tlv::{Record, Stream, write_record};
use bolt1::{ChainHash, DecodeError, DecodeErrorKind, Writer};
use bolt4::BlindedPath;

use crate::error::{Bolt12Error, InvalidReason};
use crate::field::{self, Message};
use crate::hash::{Digest, Sha256, finish};

/// The records of a message that is being read, each allowed in it and, if even, known.
pub(crate) struct Records<'a>(Vec<Record<'a>>);

impl<'a> Records<'a> {
    pub(crate) fn read(bytes: &'a [u8], message: Message) -> Result<Self, DecodeError> {
        Self::read_where(bytes, |typ| message.allows(typ), |typ| message.knows(typ))
    }

    pub(crate) fn read_where(
        bytes: &'a [u8],
        allows: impl Fn(u64) -> bool,
        knows: impl Fn(u64) -> bool,
    ) -> Result<Self, DecodeError> {
        let records = bolt1::tlv::records(bytes)?;
        for Record { typ, .. } in &records {
            // req OW-01, RW-40
            if !allows(*typ) {
                return Err(DecodeError::in_field(DecodeErrorKind::OutOfRange, *typ));
            }
            // req TL-08, TL-09
            if typ.is_multiple_of(2) && !knows(*typ) {
                return Err(DecodeError::in_field(DecodeErrorKind::UnknownEvenType, *typ));
            }
        }
        Ok(Self(records))
    }

    /// The value of the field `typ` as `decode` reads it, if the field is there.
    pub(crate) fn optional<T>(
        &self,
        typ: u64,
        decode: impl FnOnce(&'a [u8]) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        let found = self.0.iter().find(|record| record.typ == typ);
        found.map(|record| decode(record.value)).transpose().map_err(|error| error.or_field(typ))
    }

    /// The value of the field `typ`, which must be there.
    pub(crate) fn required<T>(
        &self,
        typ: u64,
        decode: impl FnOnce(&'a [u8]) -> Result<T, DecodeError>,
    ) -> Result<T, Bolt12Error> {
        let value = self.optional(typ, decode)?;
        value.ok_or(Bolt12Error::invalid(typ, InvalidReason::Missing))
    }
}

/// The records of bytes that were read before; what cannot be read ends the iteration.
pub(crate) fn known_good(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> + Clone {
    Stream::new(bytes).map_while(Result::ok)
}

/// SHA-256 over the records for which `keep` holds, as they stand on the wire.
pub(crate) fn hash(bytes: &[u8], keep: impl Fn(u64) -> bool) -> [u8; 32] {
    let mut engine = Sha256::new();
    known_good(bytes).filter(|record| keep(record.typ)).for_each(|r| engine.update(r.bytes));
    finish(engine)
}

/// The first type, among those for which `compared` holds, whose record is not the same on both sides.
pub(crate) fn first_difference(
    left: &[u8],
    right: &[u8],
    compared: impl Fn(u64) -> bool + Copy,
) -> Option<u64> {
    let mut left = known_good(left).filter(|record| compared(record.typ));
    let mut right = known_good(right).filter(|record| compared(record.typ));
    loop {
        // req IR-11, RR-10
        match (left.next(), right.next()) {
            (None, None) => return None,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => return Some(a.typ.min(b.typ)),
            (Some(one), None) | (None, Some(one)) => return Some(one.typ),
        }
    }
}

/// The records of a message that is being built, each at most once, in the order of the wire.
#[derive(Clone, Default)]
// req TL-01
pub(crate) struct RecordMap(BTreeMap<u64, Vec<u8>>);

impl RecordMap {
    /// The records of `bytes` for which `keep` holds.
    pub(crate) fn copied(bytes: &[u8], keep: impl Fn(u64) -> bool) -> Self {
        // req RW-01, IW-03
        let kept = known_good(bytes).filter(|record| keep(record.typ));
        Self(kept.map(|record| (record.typ, record.value.to_vec())).collect())
    }

    pub(crate) fn set(&mut self, typ: u64, value: impl Into<Vec<u8>>) {
        self.0.insert(typ, value.into());
    }

    /// Sets a field to what `write` writes.
    pub(crate) fn write(&mut self, typ: u64, write: impl FnOnce(&mut Writer)) {
        let mut writer = Writer::new();
        write(&mut writer);
        self.set(typ, writer.into_bytes());
    }

    pub(crate) fn set_tu64(&mut self, typ: u64, value: u64) {
        self.write(typ, |writer| writer.write_tu64(value));
    }

    /// Sets a field to `...*blinded_path`, or leaves it out where there is none.
    pub(crate) fn set_paths(&mut self, typ: u64, paths: &[BlindedPath]) {
        // req TL-13
        self.write(typ, |writer| paths.iter().for_each(|path| path.encode(writer)));
        if paths.is_empty() {
            self.remove(typ);
        }
    }

    /// Sets `invreq_chain`, or leaves it out for bitcoin.
    pub(crate) fn set_chain(&mut self, chain: ChainHash) {
        // req RW-02, RW-25
        if chain == ChainHash::BITCOIN {
            self.remove(field::INVREQ_CHAIN);
        } else {
            self.set(field::INVREQ_CHAIN, chain.0);
        }
    }

    pub(crate) fn remove(&mut self, typ: u64) {
        self.0.remove(&typ);
    }

    pub(crate) fn contains(&self, typ: u64) -> bool {
        self.0.contains_key(&typ)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.0.iter().for_each(|(typ, value)| write_record(&mut writer, *typ, value));
        writer.into_bytes()
    }
}
