//! Payouts that count items.

use offerd::driver::CallError;
use offerd_core::Misuse;
use offerd_core::invoice_book::RedeemArguments;
use offerd_core::payout::{PayoutArguments, PromiseState};
use offerd_core::port::Store as _;

use crate::world::{World, payout_arguments, redemption, refusal, sat, settle};

#[tokio::test(start_paused = true)]
async fn a_payout_by_the_piece_is_paid_once_for_what_its_redeemer_counts() {
    let world = World::new();
    let (desk, customer, late) = (world.announced(), world.announced(), world.announced());
    let arguments = PayoutArguments { quantity_max: Some(5), ..payout_arguments(1_000) };
    let payout = desk.try_payout(arguments).await.unwrap().payout;
    let code = payout.offer.as_ref().unwrap().to_string();
    let of = |quantity, label: &str| RedeemArguments { quantity, ..redemption(&code, label) };

    for (quantity, told) in [
        (None, "is required: the offer is by the piece"),
        (Some(0), "must be non-zero"),
        (Some(6), "must be <= 5"),
    ] {
        let refused = customer.driver.send_invoice(of(quantity, "mine")).await;
        let Err(CallError::Misuse(Misuse::Parameter { parameter, expected })) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((parameter, expected.as_str()), ("quantity", told));
    }
    let redeemed = customer.driver.send_invoice(of(Some(3), "mine")).await.unwrap();
    assert_eq!(redeemed.receipt.amount, sat(3_000));
    assert_eq!(redeemed.receipt.quantity, Some(3));
    settle().await;
    assert_eq!((customer.gained(), desk.paid()), (3_000_000, 1));
    assert_eq!(desk.store.payout(payout.row).unwrap().unwrap().state, PromiseState::Spent);
    let again = customer.driver.send_invoice(of(Some(3), "mine")).await.unwrap();
    assert_eq!(again.receipt, redeemed.receipt);
    let other = customer.driver.send_invoice(of(Some(2), "mine")).await;
    assert!(matches!(other, Err(CallError::Misuse(Misuse::InvoiceLabelTaken))), "{other:?}");
    // The two that are left are not to be had: a code is redeemed once.
    let (said, _) = refusal(late.driver.send_invoice(of(Some(2), "theirs")).await);
    assert_eq!(said, "already redeemed");
    assert_eq!(customer.gained() + late.gained(), 3_000_000);
}

#[tokio::test(start_paused = true)]
async fn who_counts_nothing_is_asked_for_no_quantity() {
    let world = World::new();
    let (desk, customer) = (world.announced(), world.announced());
    let payout = desk.payout(1_000).await;
    for code in crate::world::strings(&payout) {
        let arguments = RedeemArguments { quantity: Some(1), ..redemption(&code, "mine") };
        let refused = customer.driver.send_invoice(arguments).await;
        let Err(CallError::Misuse(Misuse::Parameter { parameter, .. })) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(parameter, "quantity");
    }
    assert_eq!((customer.gained(), desk.payments().len()), (0, 0));
}
