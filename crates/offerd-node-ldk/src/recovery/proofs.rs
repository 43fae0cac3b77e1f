//! What the chain says about payments whose outcome the lost state knew.
//!
//! A peer that takes an HTLC on the chain shows the preimage there, and an old monitor that knows this commitment
//! transaction reads it: the payment has arrived. The opposite cannot be concluded. That an HTLC has come back, or is
//! not in the transaction at all, says nothing about a later state, in which it may have been settled: without a
//! preimage the outcome stays unknown.

use std::fmt;

use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::hex::DisplayHex as _;
use bolt1::{DecodeError, Reader, tlv};
use lightning::chain::channelmonitor::MonitorEvent;
use lightning::util::ser::Writeable as _;
use serde::{Deserialize, Serialize};

/// That a payment of ours has arrived.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proof {
    /// Our id of it, 32 bytes in hexadecimal.
    pub(super) payment_id: String,
    /// 32 bytes in hexadecimal.
    pub(super) preimage: String,
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof").field("payment_id", &self.payment_id).finish_non_exhaustive()
    }
}

impl Proof {
    /// What a monitor has learnt, if it is that a payment of ours has arrived.
    pub(super) fn in_event(event: &MonitorEvent) -> Option<Self> {
        let MonitorEvent::HTLCEvent(update) = event else { return None };
        // Its fields are not to be had otherwise. What cannot be read is not known.
        Self::read(&update.encode()).ok().flatten()
    }

    /// Reads the crate's encoding of an HTLC's end: a stream with its length before it, in which 0 is the payment hash, 2
    /// says whose it is and 4 is the preimage.
    fn read(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let fields = tlv::records(Reader::new(bytes).read_bigsize_bytes()?)?;
        let field = |typ| fields.iter().find(|field| field.typ == typ).map(|field| field.value);
        let (Some(hash), Some(source), Some(preimage)) = (field(0), field(2), field(4)) else {
            return Ok(None);
        };
        if sha256::Hash::hash(preimage).as_byte_array() != hash {
            return Ok(None);
        }
        let Some(payment_id) = own_payment(source)? else { return Ok(None) };
        let (payment_id, preimage) =
            (payment_id.to_lower_hex_string(), preimage.to_lower_hex_string());
        Ok(Some(Self { payment_id, preimage }))
    }
}

/// The id of the payment, if it is one of ours and not one that was forwarded: a byte 0, and a stream with its length
/// before it, in which 1 is the id.
fn own_payment(source: &[u8]) -> Result<Option<[u8; 32]>, DecodeError> {
    let mut reader = Reader::new(source);
    if reader.read_u8()? != 0 {
        return Ok(None);
    }
    let fields = tlv::records(reader.read_bigsize_bytes()?)?;
    let id = fields.iter().find(|field| field.typ == 1);
    Ok(id.and_then(|id| id.value.try_into().ok()))
}

#[cfg(test)]
mod tests {
    use bolt1::Writer;

    use super::*;

    fn with_length(stream: &[u8]) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.write_bigsize(stream.len() as u64);
        writer.write_bytes(stream);
        writer.into_bytes()
    }

    fn stream(fields: &[(u64, &[u8])]) -> Vec<u8> {
        let mut writer = Writer::new();
        fields.iter().for_each(|(typ, value)| tlv::write_record(&mut writer, *typ, value));
        with_length(&writer.into_bytes())
    }

    #[test]
    fn only_the_preimage_of_a_payment_of_ours_is_a_proof() {
        let (preimage, id) = ([5; 32], [9; 32]);
        let hash = sha256::Hash::hash(&preimage).to_byte_array();
        let ours = [&[0][..], &stream(&[(0, &[1; 32]), (1, &id)])].concat();
        let forwarded = [&[1][..], &stream(&[(1, &id)])].concat();
        let expected = Proof {
            payment_id: id.to_lower_hex_string(),
            preimage: preimage.to_lower_hex_string(),
        };
        let read = |fields: &[(u64, &[u8])]| Proof::read(&stream(fields)).unwrap();
        assert_eq!(read(&[(0, &hash), (2, &ours), (4, &preimage)]), Some(expected));
        assert_eq!(read(&[(0, &hash), (2, &ours)]), None, "come back, or not there");
        assert_eq!(read(&[(0, &hash), (2, &forwarded), (4, &preimage)]), None);
        assert_eq!(read(&[(0, &[7; 32]), (2, &ours), (4, &preimage)]), None, "of another hash");
        assert!(Proof::read(&[200]).is_err());
    }
}
