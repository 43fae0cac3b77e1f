//! Making a payer proof.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bolt1::Writer;
use bolt1::tlv::Record;
use secp256k1::{Keypair, Secp256k1, Signing};

use super::tree::{self, Leaf};
use super::{PayerProof, next_marker};
use crate::error::{Bolt12Error, BuildError, InvalidReason};
use crate::field;
use crate::invoice::Invoice;
use crate::merkle::{self, Hasher};
use crate::records::RecordMap;
use crate::signature;

/// What every proof shows, where the invoice has it.
const ALWAYS: [u64; 4] = [
    field::INVREQ_PAYER_ID,
    field::INVOICE_PAYMENT_HASH,
    field::INVOICE_FEATURES,
    field::INVOICE_NODE_ID,
];

/// Makes a [`PayerProof`]. It shows `invreq_payer_id`, `invoice_payment_hash`, `invoice_features` and
/// `invoice_node_id`, and beyond them only what is asked for.
#[must_use]
#[derive(Clone)]
pub struct PayerProofBuilder {
    invoice: Invoice,
    disclosed: BTreeSet<u64>,
    note: Option<String>,
}

impl PayerProofBuilder {
    /// A proof that `invoice` was paid.
    pub fn for_invoice(invoice: &Invoice) -> Self {
        let present = |typ: &u64| invoice.records().any(|record| record.typ == *typ);
        // req PPW-02
        let disclosed = ALWAYS.into_iter().filter(present).collect();
        Self { invoice: invoice.clone(), disclosed, note: None }
    }

    /// Shows the field `typ`, which the invoice must have. `invreq_metadata` and signatures cannot be shown.
    pub fn disclose(mut self, typ: u64) -> Self {
        self.disclosed.insert(typ);
        self
    }

    /// Shows all fields that can be shown.
    pub fn disclose_all(mut self) -> Self {
        let types = self.invoice.records().map(|record| record.typ);
        self.disclosed.extend(types.filter(|typ| field::in_invoice(*typ)));
        self
    }

    /// `proof_note`: such as what the verifier asked the payer to write.
    pub fn note(mut self, note: &str) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The proof, signed with `key`, the one of `invreq_payer_id`. `preimage` is that of the payment.
    ///
    /// # Errors
    /// [`BuildError`]: a field that the invoice does not have or that cannot be shown, another payment's preimage,
    /// another key.
    pub fn sign<C: Signing>(
        self,
        secp: &Secp256k1<C>,
        key: &Keypair,
        preimage: [u8; 32],
    ) -> Result<PayerProof, BuildError> {
        self.check()?;
        let payer_id = self.invoice.request_view().payer_id();
        if payer_id.x_only_public_key().0 != key.x_only_public_key().0 {
            return Err(BuildError::WrongKey { field: field::INVREQ_PAYER_ID });
        }
        let shown = |typ| self.disclosed.contains(&typ) || typ == field::SIGNATURE;
        let mut records = RecordMap::copied(self.invoice.bytes(), shown);
        // req PPW-03
        records.set(field::PROOF_PREIMAGE, preimage);
        self.set_hashes(&mut records);
        if let Some(note) = &self.note {
            records.set(field::PROOF_NOTE, note.as_bytes());
        }
        let signature = signature::sign(secp, key, sighash(&records.encode()));
        // req PPW-08
        records.set(field::PROOF_SIGNATURE, signature.as_ref());
        Ok(PayerProof::decode(&records.encode())?)
    }

    fn check(&self) -> Result<(), Bolt12Error> {
        for typ in &self.disclosed {
            // req PPW-01, PPW-07
            if !field::in_invoice(*typ) {
                return Err(Bolt12Error::invalid(*typ, InvalidReason::NotAllowed));
            }
            if !self.invoice.records().any(|record| record.typ == *typ) {
                return Err(Bolt12Error::invalid(*typ, InvalidReason::Missing));
            }
        }
        Ok(())
    }

    /// Sets what stands for the hidden fields, and the nonces of those that are shown.
    fn set_hashes(&self, records: &mut RecordMap) {
        let invoice: Vec<Record<'_>> =
            self.invoice.records().filter(|record| field::in_invoice_tree(record.typ)).collect();
        let Some(first) = invoice.first() else { return };
        let hasher = Hasher::new(first.bytes);
        let (mut markers, mut nonces) = (Writer::new(), Vec::new());
        let mut leaves = Vec::with_capacity(invoice.len());
        let mut last = 0;
        for record in &invoice {
            let hidden = !self.disclosed.contains(&record.typ);
            if !hidden {
                // req PPW-04
                nonces.push(hasher.nonce(record.typ));
                last = record.typ;
            } else if record.typ != field::INVREQ_METADATA {
                // req PPW-05
                last = next_marker(last);
                markers.write_bigsize(last);
            }
            leaves.push(Leaf { hash: hasher.pair(record.typ, record.bytes), hidden });
        }
        let mut missing = Vec::new();
        // req PPW-06
        tree::collect_missing(&hasher, &leaves, &mut missing);
        let markers = markers.into_bytes();
        if !markers.is_empty() {
            records.set(field::PROOF_OMITTED_TLVS, markers);
        }
        records.set(field::PROOF_MISSING_HASHES, missing.concat());
        records.set(field::PROOF_LEAF_HASHES, nonces.concat());
    }
}

/// What `proof_signature` signs in the proof `bytes`.
pub(super) fn sighash(bytes: &[u8]) -> [u8; 32] {
    let root = merkle::root(bytes);
    signature::sighash(signature::PAYER_PROOF, signature::PROOF_SIGNATURE, &root)
}

impl fmt::Debug for PayerProofBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayerProofBuilder").finish_non_exhaustive()
    }
}
