//! What customers do: pay, and redeem what they were promised.

use std::time::Duration;

use bolt1::{Msat, Seconds};
use offerd::driver::PayCall;
use offerd_core::invoice_book::RedeemArguments;
use offerd_core::payout::{Payout, PayoutAmount};

use crate::call::{Call, CallEnd, CallKind};
use crate::market;
use crate::town::Town;

impl Town {
    /// A customer redeems a code, perhaps one that others know as well, perhaps once more.
    pub(crate) fn redeem(&mut self) {
        let (customer, payouts) = (self.some_customer(), self.shop().payouts());
        let Some(payout) = payouts.get(self.below(payouts.len().max(1))) else { return };
        let Some(string) = self.some_string(payout) else { return };
        let amount = match payout.amount {
            PayoutAmount::UpTo(most) if payout.refund.is_none() => {
                let halves = [most, Msat::new(most.as_u64() / 2).unwrap()];
                Some(halves[self.below(2)])
            }
            PayoutAmount::UpTo(_)
            | PayoutAmount::Exact(_)
            | PayoutAmount::Each { .. }
            | PayoutAmount::Fiat { .. } => None,
        };
        let label = format!("redemption {} {}", payout.row.0, self.below(2));
        let arguments = RedeemArguments {
            string,
            label: label.clone(),
            amount,
            quantity: None,
            period: None,
            timeout: Seconds(90),
        };
        let driver = self.process(customer).driver.clone();
        let end = tokio::spawn(async move {
            let result = driver.send_invoice(arguments).await;
            let words = result.as_ref().map_or_else(ToString::to_string, |_| "paid".to_owned());
            (CallEnd::of(CallKind::Redeem, &result), words)
        });
        self.calls[customer].push(Call { kind: CallKind::Redeem, label, end });
    }

    fn some_string(&self, payout: &Payout) -> Option<String> {
        let offer = payout.offer.as_ref().map(ToString::to_string);
        let request = payout.invoice_request.as_ref().map(ToString::to_string);
        if self.below(2) == 0 { offer.or(request) } else { request.or(offer) }
    }

    /// A customer pays for an offer, perhaps under a label that was used before.
    pub(crate) fn pay(&mut self) {
        if self.offers.is_empty() {
            return;
        }
        let (customer, which) = (self.some_customer(), self.below(self.offers.len()));
        let label = format!("order {which} {}", self.below(3));
        self.start_to_pay(customer, self.offers[which].clone(), label);
    }

    /// A customer pays for a cake, which costs what the shop's rate makes of its price.
    pub(crate) fn pay_for_cake(&mut self) {
        let Some(cake) = &self.cake else { return };
        let (customer, string) = (self.some_customer(), cake.newest().offer.to_string());
        let label = market::label(self.below(6));
        self.market.allow(customer, &label);
        self.start_to_pay(customer, string, label);
    }

    fn start_to_pay(&mut self, customer: usize, string: String, label: String) {
        let call = PayCall {
            string,
            label: Some(label.clone()),
            retry_for: Duration::from_secs(60),
            ..PayCall::default()
        };
        let driver = self.process(customer).driver.clone();
        let end = tokio::spawn(async move {
            let result = driver.pay(call).await;
            let words = result.as_ref().map_or_else(ToString::to_string, |_| "paid".to_owned());
            (CallEnd::of(CallKind::Pay, &result), words)
        });
        self.calls[customer].push(Call { kind: CallKind::Pay, label, end });
    }
}
