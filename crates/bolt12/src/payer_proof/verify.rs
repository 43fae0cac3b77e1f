//! Reading a payer proof, and checking what it proves.

use alloc::vec::Vec;

use bolt1::tlv::Record;
use bolt1::{DecodeError, DecodeErrorKind, Reader};
use secp256k1::{Secp256k1, Verification};

use super::create::sighash;
use super::{PayerProof, knows, next_marker, tree};
use crate::error::{Bolt12Error, Form, InvalidReason};
use crate::field;
use crate::hash::{Digest, Sha256, finish};
use crate::merkle::Hasher;
use crate::records::{self, Records};
use crate::signature::{self, SignatureError};
use crate::value;

impl PayerProof {
    /// Reads a proof by all of the reader's rules but those for signatures.
    ///
    /// # Errors
    /// [`Bolt12Error`] with the field that is to blame.
    pub fn decode(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        Self::read(bytes).map_err(|error| error.found_in(Form::PayerProof, bytes))
    }

    fn read(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        let records = Records::read_where(bytes, allows, knows)?;
        let payment_hash = records.required(field::INVOICE_PAYMENT_HASH, value::array)?;
        let preimage = records.required(field::PROOF_PREIMAGE, value::array::<32>)?;
        if finish(Sha256::new_with_prefix(preimage)) != payment_hash {
            let mismatch = Bolt12Error::invalid(field::PROOF_PREIMAGE, InvalidReason::Mismatch);
            return Err(mismatch.req("PPR-02"));
        }
        let markers = records.optional(field::PROOF_OMITTED_TLVS, decode_markers)?;
        let markers = markers.unwrap_or_default();
        let missing = records.required(field::PROOF_MISSING_HASHES, decode_hashes)?;
        let nonces = records.required(field::PROOF_LEAF_HASHES, decode_hashes)?;
        Ok(Self {
            payer_id: records.required(field::INVREQ_PAYER_ID, value::point)?,
            payment_hash,
            node_id: records.required(field::INVOICE_NODE_ID, value::point)?,
            amount: records.optional(field::INVOICE_AMOUNT, value::msat)?,
            description: records.optional(field::OFFER_DESCRIPTION, value::text)?,
            preimage,
            note: records.optional(field::PROOF_NOTE, value::text)?,
            invoice_signature: records.required(field::SIGNATURE, value::signature)?,
            proof_signature: records.required(field::PROOF_SIGNATURE, value::signature)?,
            invoice_root: invoice_root(bytes, &markers, &missing, &nonces)?,
            markers,
            bytes: bytes.into(),
        })
    }

    /// Checks both signatures: the invoice's by `invoice_node_id`, and the proof's by `invreq_payer_id`. What this
    /// does not prove stands at [`payer_proof`](crate::payer_proof).
    ///
    /// # Errors
    /// [`SignatureError::Wrong`].
    pub fn verify<C: Verification>(&self, secp: &Secp256k1<C>) -> Result<(), SignatureError> {
        // req PPR-07
        let issued =
            signature::sighash(signature::INVOICE, signature::SIGNATURE, &self.invoice_root);
        signature::verify(secp, &self.node_id, issued, &self.invoice_signature)?;
        // req PPR-08
        signature::verify(secp, &self.payer_id, sighash(&self.bytes), &self.proof_signature)
    }
}

/// Whether a field of type `typ` may stand in a proof: everything but `invreq_metadata` up to the end of the ranges of
/// an invoice.
fn allows(typ: u64) -> bool {
    // req PPR-03
    field::in_invoice(typ) || (240..1_000_000_000).contains(&typ)
}

/// `...*bigsize`, each a number that a field of an invoice can have, ascending, none zero.
fn decode_markers(bytes: &[u8]) -> Result<Vec<u64>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut markers = Vec::new();
    while !reader.is_empty() {
        let marker = reader.read_bigsize()?;
        // req PPR-04
        if !field::in_invoice(marker) {
            return Err(DecodeErrorKind::OutOfRange.into());
        }
        if markers.last().is_some_and(|last| *last >= marker) {
            return Err(DecodeErrorKind::NotAscending.into());
        }
        markers.push(marker);
    }
    Ok(markers)
}

/// `...*sha256`.
fn decode_hashes(bytes: &[u8]) -> Result<Vec<[u8; 32]>, DecodeError> {
    let (hashes, rest) = bytes.as_chunks();
    if rest.is_empty() { Ok(hashes.to_vec()) } else { Err(DecodeErrorKind::Truncated.into()) }
}

/// The merkle root of the invoice: what is shown at its place, hidden fields at that of their markers.
fn invoice_root(
    bytes: &[u8],
    markers: &[u64],
    missing: &[[u8; 32]],
    nonces: &[[u8; 32]],
) -> Result<[u8; 32], Bolt12Error> {
    let mismatch = |field| Bolt12Error::invalid(field, InvalidReason::Mismatch);
    let shown: Vec<Record<'_>> =
        records::known_good(bytes).filter(|record| field::in_invoice(record.typ)).collect();
    if shown.len() != nonces.len() {
        return Err(mismatch(field::PROOF_LEAF_HASHES).req("PPR-05"));
    }
    // Its own nonces are not asked for: the proof brings them.
    let hasher = Hasher::new(&[]);
    let leaf = |(record, nonce): (&Record<'_>, &[u8; 32])| {
        (record.typ, Some(hasher.branch(&hasher.leaf(record.bytes), nonce)))
    };
    let mut leaves: Vec<(u64, Option<[u8; 32]>)> = shown.iter().zip(nonces).map(leaf).collect();
    leaves.extend(markers.iter().map(|marker| (*marker, None)));
    leaves.sort_unstable_by_key(|(typ, _)| *typ);
    let mut last = 0;
    for (typ, hash) in &leaves {
        if *typ == last || (hash.is_none() && *typ != next_marker(last)) {
            return Err(mismatch(field::PROOF_OMITTED_TLVS).req("PPR-04"));
        }
        last = *typ;
    }
    // The first is invreq_metadata, which is always there and never shown.
    let leaves: Vec<Option<[u8; 32]>> =
        [None].into_iter().chain(leaves.into_iter().map(|(_, hash)| hash)).collect();
    let mut missing = missing.iter().copied();
    match tree::rebuild(&hasher, &leaves, &mut missing) {
        Ok(Some(root)) if missing.next().is_none() => Ok(root),
        Ok(_) | Err(tree::NotEnough) => Err(mismatch(field::PROOF_MISSING_HASHES).req("PPR-06")),
    }
}
