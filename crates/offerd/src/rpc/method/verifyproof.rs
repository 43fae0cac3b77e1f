//! `verifyproof`

use bolt12::{Hrp, PayerProof, decode_string};
use offerd_api::ErrorObject;
use offerd_api::proof::VerifiedProof;
use secp256k1::Secp256k1;

use super::Outcome;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(args: &Args) -> Outcome {
    let string: String = args.need("proof")?;
    let note: Option<String> = args.get("note")?;
    let (hrp, bytes) =
        decode_string(string.trim()).map_err(|error| ErrorObject::parameter("proof", error))?;
    if hrp != Hrp::PayerProof {
        return Err(ErrorObject::parameter(
            "proof",
            format!("is an {hrp}… string, not an lnp… one"),
        ));
    }
    view::json(match verified(&bytes, note.as_deref()) {
        Ok(proof) => show(&proof),
        Err(reason) => VerifiedProof { reason: Some(reason), ..VerifiedProof::default() },
    })
}

fn verified(bytes: &[u8], note: Option<&str>) -> Result<PayerProof, String> {
    let proof = PayerProof::decode(bytes).map_err(|error| error.to_string())?;
    proof.verify(&Secp256k1::verification_only()).map_err(|error| error.to_string())?;
    match (note, proof.note().map(|text| text.as_str())) {
        (Some(wanted), found) if found != Some(wanted) => {
            Err("proof_note: is not the note that was asked for".to_owned())
        }
        _ => Ok(proof),
    }
}

fn show(proof: &PayerProof) -> VerifiedProof {
    VerifiedProof {
        valid: true,
        reason: None,
        invoice_node_id: Some(proof.node_id().to_string()),
        invreq_payer_id: Some(proof.payer_id().to_string()),
        invoice_payment_hash: Some(hex::encode(proof.payment_hash())),
        proof_preimage: Some(hex::encode(proof.preimage())),
        invoice_amount_msat: proof.amount().map(bolt1::Msat::as_u64),
        offer_description: view::text(proof.description()),
        proof_note: view::text(proof.note()),
        hidden_fields: u64::try_from(proof.hidden_count()).ok(),
    }
}
