//! Results of `createproof` and `verifyproof`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema::shape::{Hash32, NodeId, ProofString};

/// What `createproof` gives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProofList {
    /// One proof for each payment that arrived, the oldest first.
    pub proofs: Vec<ProofView>,
}

/// A payer proof, and what of the invoice it shows: names, or numbers where a field has no name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProofView {
    /// The proof, `lnp1…`.
    #[schemars(with = "ProofString")]
    pub bolt12: String,
    /// Fields of the offer.
    #[schemars(with = "Vec<FieldName>")]
    pub offer_fields_included: Vec<Value>,
    /// Fields of the request.
    #[schemars(with = "Vec<FieldName>")]
    pub invreq_fields_included: Vec<Value>,
    /// Fields of the invoice.
    #[schemars(with = "Vec<FieldName>")]
    pub invoice_fields_included: Vec<Value>,
}

/// What `verifyproof` gives. Where it is not valid, only `valid` and `reason` mean anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedProof {
    /// Whether the proof holds: signed by issuer and payer, with the preimage, and with the note that was asked for.
    pub valid: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// 33-byte point, hexadecimal: who issued the invoice. Whose key that is, the proof does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NodeId>")]
    pub invoice_node_id: Option<String>,
    /// 33-byte point, hexadecimal: who requested the invoice, paid it, and made the proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NodeId>")]
    pub invreq_payer_id: Option<String>,
    /// 32 bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub invoice_payment_hash: Option<String>,
    /// 32 bytes, hexadecimal: its preimage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub proof_preimage: Option<String>,
    /// What the invoice asked, where that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_amount_msat: Option<u64>,
    /// What was paid for, where that is shown. Peer text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_description: Option<String>,
    /// What the payer says to the verifier. Peer text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_note: Option<String>,
    /// How many fields of the invoice are hidden. The proof says nothing about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_fields: Option<u64>,
}

/// How a field is called in a list: by name, or by number where it has none. For the schema alone.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum FieldName {
    /// Its name.
    Name(String),
    /// Its number.
    Number(u64),
}
