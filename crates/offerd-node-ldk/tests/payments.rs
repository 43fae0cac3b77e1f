//! Payments over blinded paths between real nodes.
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use bitcoin::Amount;
use bitcoin::hashes::{Hash, sha256};
use offerd_core::port::{InvoiceIssuer, InvoicePayer, PayRefused, PaymentFailure};

use common::{CONTEXT, Member, World, msat, order, pay_order};

/// A payer with a channel to a payee, neither of them announced.
async fn pair() -> (World, Member, Member) {
    let world = World::new().await;
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    (world, payer, payee)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_brings_back_what_was_sealed_and_proves_itself() {
    let (_world, payer, payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let id = payer.pay_minted(&minted, msat(1_000_000)).await;
    let payment = payee.inbox.claimable().await;
    assert_eq!(payment.context, CONTEXT);
    assert_eq!(payment.amount, msat(1_000_000));
    assert_eq!(payment.quantity, Some(3));
    assert_eq!(payment.payer_note.as_deref(), Some("a note"));
    assert_eq!(payment.payment_hash, minted.payment_hash);
    payee.accept(payment.payment_hash).await.unwrap();
    let (hash, claimed_id, amount) = payee.inbox.claimed().await;
    assert_eq!((hash, claimed_id), (payment.payment_hash, payment.payment_id));
    assert_eq!(amount, msat(1_000_000));
    let (preimage, _) = payer.inbox.outcome(id).await.unwrap();
    assert_eq!(sha256::Hash::hash(&preimage).to_byte_array(), minted.payment_hash);
}
