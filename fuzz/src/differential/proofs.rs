//! Payer proofs, which the pre-release of LDK's `lightning` 0.3 reads and makes too.

use std::sync::LazyLock;

use bolt12::PayerProof;
use lightning_next::offers::invoice::Bolt12Invoice;
use lightning_next::offers::payer_proof::{
    PaidBolt12Invoice, PayerProof as LdkProof, UnsignedPayerProof,
};
use lightning_next::types::payment::PaymentPreimage;

use super::{SECP, hex, resign};
use crate::proofs::{Choice, INVOICE, PREIMAGE};

/// Proofs are judged alike, and what both accept says the same.
pub fn ldk_proofs(data: &[u8]) {
    for bytes in [Some(data.to_vec()), resign::proof(data)].into_iter().flatten() {
        let ours =
            PayerProof::decode(&bytes).map_err(|error| error.to_string()).and_then(|proof| {
                proof.verify(&SECP).map_err(|error| error.to_string())?;
                Ok(proof)
            });
        match (ours, LdkProof::try_from(bytes.clone())) {
            (Ok(ours), Ok(ldks)) => same(&ours, &ldks),
            (Err(_), Err(_)) => {}
            (ours, ldks) => {
                panic!("we say {:?}, LDK {:?}: {}", ours.err(), ldks.err(), hex(&bytes));
            }
        }
    }
}

fn same(ours: &PayerProof, ldks: &LdkProof) {
    assert_eq!(ours.bytes(), ldks.bytes());
    assert_eq!(ours.to_string(), ldks.to_string());
    assert_eq!(ours.preimage(), ldks.payment_preimage().0);
    assert_eq!(ours.payment_hash(), ldks.payment_hash().0);
    assert_eq!(ours.payer_id(), ldks.payer_signing_pubkey());
    assert_eq!(ours.node_id(), ldks.issuer_signing_pubkey());
    assert_eq!(ours.invoice_root().as_slice(), AsRef::<[u8]>::as_ref(&ldks.merkle_root()));
    assert_eq!(ours.amount().map(|amount| amount.as_u64()), ldks.invoice_amount_msats());
    assert_eq!(
        ours.note().map(|note| note.as_str().to_owned()),
        ldks.proof_note().map(|n| n.0.to_owned())
    );
}

/// LDK's copy of the invoice.
static PAID: LazyLock<PaidBolt12Invoice> = LazyLock::new(|| {
    let invoice = Bolt12Invoice::try_from(INVOICE.bytes().to_vec()).expect("LDK reads it");
    PaidBolt12Invoice::Bolt12Invoice(invoice)
});

/// The same choice of fields makes the same proof in both, to the byte; each verifies the other's.
pub fn ldk_proof_creation(data: &[u8]) {
    let Some(choice) = Choice::read(data) else { return };
    let ours = choice.proof();
    let builder = PAID.prove_payer(PaymentPreimage(PREIMAGE)).expect("it was paid");
    let builder = choice
        .types
        .iter()
        .fold(builder, |builder, typ| builder.include_type(*typ).expect("it can be shown"));
    let unsigned = builder.with_proof_note(choice.note.clone()).build().expect("valid");
    let sign = |proof: &UnsignedPayerProof| {
        Ok(SECP.sign_schnorr_no_aux_rand(proof.as_ref().as_digest(), &resign::key(0x42)))
    };
    let ldks = unsigned.sign(sign).expect("the payer's key");
    assert_eq!(hex(ours.bytes()), hex(ldks.bytes()));
    let read = LdkProof::try_from(ours.bytes().to_vec()).expect("LDK reads and verifies ours");
    let ours = PayerProof::decode(ldks.bytes()).expect("we read LDK's");
    ours.verify(&SECP).expect("we verify LDK's");
    same(&ours, &read);
}
