//! The payer proof: an invoice was issued, its payer paid it, and shows as much of it as is needed (`lnp…`).
//!
//! A proof holds some records of the invoice as they were signed, the preimage, and hashes that stand for the records
//! it hides; whoever has it can reach the invoice's merkle root and check the issuer's signature. The payer signs the
//! whole with the key of `invreq_payer_id`.
//!
//! # What it does not prove
//!
//! * Nothing about hidden fields: not even their numbers, only how many there are and between which shown ones.
//! * Not that whoever presents it is the payer: a proof can be copied. Only a `proof_note` that the verifier chose shows
//!   that it was made for this verifier.
//! * Not who the issuer is: `invoice_node_id` is a key, and anybody can sign an invoice to themselves.
//!
//! # Deviations
//!
//! Stricter than the text: the markers of hidden fields must be the ones that a writer makes, and unknown even fields
//! are refused.

mod create;
mod tree;
mod verify;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use bolt1::tlv::Record;
use bolt1::{Msat, PublicKey};
use secp256k1::schnorr::Signature;

pub use create::PayerProofBuilder;

use crate::encoding::{self, Hrp};
use crate::error::Bolt12Error;
use crate::field::{self, Message};
use crate::records;
use crate::text::PeerText;

/// A payer proof whose parts fit together: the preimage is that of the payment hash, and a merkle root of the invoice
/// comes out. Whether its signatures hold is a separate question ([`PayerProof::verify`]), without which it proves
/// nothing.
///
/// | type | name | shape | meaning |
/// |---|---|---|---|
/// | 1 to 239 and others | | | fields of the invoice, as they stand there |
/// | 240 | `signature` | `bip340sig` | the invoice's, by `invoice_node_id` |
/// | 241 | `proof_signature` | `bip340sig` | by `invreq_payer_id` |
/// | 1001 | `proof_preimage` | 32 bytes | preimage of `invoice_payment_hash` |
/// | 1002 | `proof_omitted_tlvs` | `...*bigsize` | a marker for each hidden field but 0 |
/// | 1003 | `proof_missing_hashes` | `...*sha256` | the hidden parts of the merkle tree |
/// | 1004 | `proof_leaf_hashes` | `...*sha256` | a nonce for each shown field |
/// | 1005 | `proof_note` | `...*utf8` | a note |
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PayerProof {
    bytes: Box<[u8]>,
    payer_id: PublicKey,
    payment_hash: [u8; 32],
    node_id: PublicKey,
    amount: Option<Msat>,
    description: Option<PeerText>,
    preimage: [u8; 32],
    note: Option<PeerText>,
    markers: Vec<u64>,
    invoice_root: [u8; 32],
    invoice_signature: Signature,
    proof_signature: Signature,
}

impl PayerProof {
    /// The TLV stream, exactly as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `invreq_payer_id`: who requested the invoice, and made the proof.
    pub const fn payer_id(&self) -> PublicKey {
        self.payer_id
    }

    /// `invoice_node_id`: who issued the invoice.
    pub const fn node_id(&self) -> PublicKey {
        self.node_id
    }

    /// `invoice_payment_hash`.
    pub const fn payment_hash(&self) -> [u8; 32] {
        self.payment_hash
    }

    /// `proof_preimage`: what only who paid, or was paid, can know.
    pub const fn preimage(&self) -> [u8; 32] {
        self.preimage
    }

    /// `invoice_amount`, where it is shown.
    pub const fn amount(&self) -> Option<Msat> {
        self.amount
    }

    /// `offer_description`, where it is shown.
    pub const fn description(&self) -> Option<&PeerText> {
        self.description.as_ref()
    }

    /// `proof_note`: what the payer says to the verifier.
    pub const fn note(&self) -> Option<&PeerText> {
        self.note.as_ref()
    }

    /// The records of the invoice that are shown, signatures left out, in the order of the wire.
    pub fn disclosed_records(&self) -> impl Iterator<Item = Record<'_>> {
        records::known_good(&self.bytes).filter(|record| field::in_invoice(record.typ))
    }

    /// How many fields of the invoice are hidden, `invreq_metadata` included: at least one.
    pub fn hidden_count(&self) -> usize {
        // req PPR-09
        self.markers.len().saturating_add(1)
    }

    /// The merkle root of the invoice, as it comes out of what is shown and the hashes of what is hidden.
    pub const fn invoice_root(&self) -> [u8; 32] {
        self.invoice_root
    }

    /// All records, in the order of the wire.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        records::known_good(&self.bytes)
    }

    /// The records whose meaning this crate does not know; all are odd.
    pub fn unknown_records(&self) -> impl Iterator<Item = Record<'_>> {
        self.records().filter(|record| !knows(record.typ))
    }

    /// The string in upper case, for QR codes.
    pub fn to_qr_string(&self) -> alloc::string::String {
        encoding::encode_string_for_qr(Hrp::PayerProof, &self.bytes)
    }
}

/// Whether this crate knows what a field of type `typ` means in a proof.
fn knows(typ: u64) -> bool {
    field::is_of_proof(typ)
        || typ == field::SIGNATURE
        || (field::in_invoice(typ) && Message::Invoice.knows(typ))
}

/// The marker of a hidden field that follows the field or marker `last`: the next number that a field of an invoice
/// may have.
fn next_marker(last: u64) -> u64 {
    match last {
        239..1_000_000_000 => 1_000_000_000,
        _ => last.saturating_add(1),
    }
}

impl FromStr for PayerProof {
    type Err = Bolt12Error;

    fn from_str(string: &str) -> Result<Self, Bolt12Error> {
        Self::decode(&encoding::decode_as(Hrp::PayerProof, string)?)
    }
}

impl fmt::Display for PayerProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::encode_string(Hrp::PayerProof, &self.bytes))
    }
}

impl fmt::Debug for PayerProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayerProof")
            .field("node_id", &self.node_id)
            .field("payer_id", &self.payer_id)
            .finish_non_exhaustive()
    }
}
