//! What the shop does: offers, payouts of every kind, and second thoughts.

use std::sync::Arc;

use bolt1::{Msat, Seconds};
use offerd::driver::{Clock as _, Driver, OfferRequest};
use offerd_core::amount::AmountSpec;
use offerd_core::offer_book::{OfferArguments, OfferEntry};
use offerd_core::payout::{PayoutArguments, RefundFor, Uses};
use offerd_core::port::Fronts;

use crate::market::PRICE_OF_CAKE;
use crate::town::Town;

fn sat(sat: usize) -> Msat {
    Msat::from_sat(sat as u64).unwrap()
}

impl Town {
    /// The shop makes an offer.
    pub(crate) async fn offer(&mut self, sat: usize, single_use: bool) {
        if let Some(entry) = self.offer_for(AmountSpec::Msat(self::sat(sat)), single_use).await {
            self.offers.push(entry.newest().offer.to_string());
        }
    }

    /// The shop offers cake, for dollars.
    pub(crate) async fn bake(&mut self) {
        let price = format!("0.{PRICE_OF_CAKE}USD").parse().unwrap();
        self.cake = self.offer_for(price, false).await;
    }

    async fn offer_for(&self, amount: AmountSpec, single_use: bool) -> Option<OfferEntry> {
        let arguments = OfferArguments {
            amount,
            description: Some("coffee".into()),
            issuer: None,
            quantity_max: None,
            absolute_expiry: None,
            single_use,
            recurrence: None,
            fronts: Fronts::Usual,
        };
        let (label, external_id, tags) = (None, None, Vec::new());
        let request =
            OfferRequest { arguments, label, external_id, tags, return_url: None, lifetime: None };
        self.shop().driver.create_offer(request).await.ok().map(|made| made.entry)
    }

    /// The shop promises to pay, in one of all the ways there are.
    pub(crate) async fn payout(&mut self) {
        let mut arguments = PayoutArguments {
            amount: AmountSpec::Msat(sat(100 * (1 + self.below(40)))),
            description: "withdrawal".into(),
            issuer: None,
            label: None,
            absolute_expiry: None,
            max_amount: None,
            quantity_max: None,
            uses: Uses::ONCE,
            refund_for: None,
            approve: false,
            recurrence: None,
            with_offer: true,
        };
        match self.below(13) {
            0 | 8 | 9 => {
                arguments.absolute_expiry = Some(self.shop().clock.now().plus(Seconds(60)))
            }
            1 => {
                arguments.amount = AmountSpec::Any;
                arguments.max_amount = Some(sat(1_500));
            }
            2 => arguments.uses = Uses { most: Some(2), total: None },
            3 => arguments.uses = Uses { most: None, total: Some(sat(5_000)) },
            4 => arguments.approve = true,
            5 | 6 => arguments.refund_for = self.some_refund(),
            10 | 11 => {
                arguments.amount = "0.30USD".parse().unwrap();
                arguments.max_amount = Some(sat(500 + 100 * self.below(4)));
            }
            7 => arguments.label = Some(format!("payout {}", self.below(3))),
            _ => arguments.with_offer = self.below(2) == 0,
        }
        if arguments.refund_for.is_some() {
            arguments.amount = AmountSpec::Msat(sat(100));
        }
        // Refused where there is nothing to refund, and when the process dies.
        let _ = self.shop().driver.create_payout(arguments).await;
    }

    /// A payment that the shop has had.
    fn some_refund(&self) -> Option<RefundFor> {
        let receipts = self.shop().receipts();
        let receipt = receipts.get(self.below(receipts.len().max(1)))?;
        Some(RefundFor { payment_hash: receipt.payment_hash, node_id: None, allow_more: false })
    }

    /// The shop withdraws a promise or renews it, approves of a redemption or does not.
    pub(crate) async fn second_thoughts(&mut self) {
        let payouts = self.shop().payouts();
        let Some(payout) = payouts.get(self.below(payouts.len().max(1))) else { return };
        let (offer_id, invreq_id) = (payout.offer_id(), payout.invreq_id());
        let driver: Arc<Driver> = self.shop().driver.clone();
        // Any of it may come too late, or twice.
        match self.below(6) {
            0 | 1 => {
                let _ = driver.disable_payout(offer_id.as_ref(), invreq_id.as_ref()).await;
            }
            2 => {
                let _ = driver.enable_payout(offer_id.as_ref(), invreq_id.as_ref()).await;
            }
            choice => {
                let payments = self.shop().payments();
                let Some(waiting) = payments.iter().find(|payment| payment.is_awaiting()) else {
                    return;
                };
                let of = payouts.iter().find(|payout| Some(payout.row) == waiting.payout());
                let id = of.and_then(|payout| Some(payout.offer_id()?.0)).unwrap_or_default();
                let _ = match choice {
                    3 => driver.deny_payout(id, waiting.payment_hash()).await,
                    _ => driver.approve_payout(id, waiting.payment_hash()).await,
                };
            }
        }
    }
}
