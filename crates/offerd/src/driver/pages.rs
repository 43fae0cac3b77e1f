//! What pages show of one order or one payout, and word when it changes.

use bolt1::{Msat, Timestamp};
use bolt12::Price;
use offerd_core::offer_book::OfferEntry;
use offerd_core::page_name::PageName;
use offerd_core::payment::{OutgoingPayment, PaymentEnd, PaymentState};
use offerd_core::payout::{Payout, PromiseState};
use offerd_core::port::PortError;
use offerd_core::rates::{FiatAmount, Rounding};
use offerd_core::receipt::{ReceiptState, Source};
use offerd_core::{Batch, Event, OfferRow, PaymentId, PayoutRow};
use tokio::sync::broadcast;
use tracing::warn;

use super::Driver;

/// Changes that a slow page may be behind before it is told to look in any case.
pub(super) const REMEMBERED: usize = 256;

/// What something was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// An offer: its invoices and payments too.
    Offer(OfferRow),
    /// A payout: its redemptions too.
    Payout(PayoutRow),
}

/// Where an order stands: an offer that is paid once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Nobody has asked for an invoice so far.
    Waiting,
    /// Somebody has an invoice and may pay it.
    InvoiceSent,
    /// A payment has arrived and is being taken.
    Arriving,
    /// It is paid.
    Paid {
        /// When.
        at: Timestamp,
        /// What arrived.
        amount: Msat,
    },
    /// It ended before it was paid.
    Expired,
    /// Its maker withdrew it.
    Disabled,
}

impl OrderState {
    /// Whether its code can be paid.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::InvoiceSent)
    }
}

/// Where a payout stands for who redeems it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedeemState {
    /// It can be redeemed.
    Waiting,
    /// Somebody's invoice waits for its maker's word.
    Awaiting,
    /// It is being paid.
    Paying,
    /// It was paid, as often as it is kept.
    Paid {
        /// When the last time.
        at: Timestamp,
        /// How much then.
        amount: Msat,
    },
    /// It ended before it was redeemed.
    Expired,
    /// Its maker withdrew it.
    Disabled,
}

impl Driver {
    /// Tells of every change from now on. A receiver that lags has to look in any case.
    pub fn touches(&self) -> broadcast::Receiver<Touched> {
        self.touched.subscribe()
    }

    /// Where an order stands now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn order_state(&self, entry: &OfferEntry) -> Result<OrderState, PortError> {
        let source = Source::Offer(entry.row);
        let mut arriving = false;
        for receipt in self.ports.store.receipts_of(source)? {
            match receipt.state {
                ReceiptState::Paid { at } => {
                    return Ok(OrderState::Paid { at, amount: receipt.amount });
                }
                ReceiptState::Claiming => arriving = true,
                ReceiptState::Lost { .. } => {}
            }
        }
        let now = self.now();
        if arriving {
            return Ok(OrderState::Arriving);
        }
        if !entry.active {
            return Ok(OrderState::Disabled);
        }
        if entry.newest().offer.is_expired_at(now) {
            return Ok(OrderState::Expired);
        }
        let memory = self.memory();
        let sent = memory.window.of_source(source).any(|invoice| !invoice.is_expired_at(now));
        Ok(if sent { OrderState::InvoiceSent } else { OrderState::Waiting })
    }

    /// Where a payout stands now for who redeems it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn redeem_state(&self, payout: &Payout) -> Result<RedeemState, PortError> {
        let claims = self.ports.store.claims(payout.row)?;
        if claims.iter().any(OutgoingPayment::is_pending) {
            return Ok(RedeemState::Paying);
        }
        if payout.state == PromiseState::Spent
            && let Some((at, amount)) = claims.iter().rev().find_map(arrived)
        {
            return Ok(RedeemState::Paid { at, amount });
        }
        if payout.state != PromiseState::Open {
            return Ok(RedeemState::Disabled);
        }
        if payout.is_expired_at(self.now()) {
            return Ok(RedeemState::Expired);
        }
        let awaiting = claims.iter().any(OutgoingPayment::is_awaiting);
        Ok(if awaiting { RedeemState::Awaiting } else { RedeemState::Waiting })
    }

    /// What an offer's price, or a payout's, comes to by the current rate; `None` where none is known.
    pub fn comes_to(&self, price: FiatAmount) -> Option<Msat> {
        let rate = self.rate_now(price.currency())?;
        rate.price.to_msat(price, Rounding::Up)
    }

    /// What one item of an offer costs now; `None` where the payer decides, or no rate is known.
    pub fn costs(&self, entry: &OfferEntry) -> Option<Msat> {
        match entry.newest().offer.price() {
            Price::Msat(amount) => Some(amount),
            Price::PayerDecides => None,
            Price::Fiat { .. } => self.comes_to(entry.fiat_price()?),
        }
    }

    /// The name of an order's page.
    pub fn order_page(&self, row: OfferRow) -> PageName {
        PageName::of_order(row, &self.keys)
    }

    /// The name of a payout's page.
    pub fn payout_page(&self, row: PayoutRow) -> PageName {
        PageName::of_payout(row, &self.keys)
    }

    /// The order whose page has this name; `None` for any other text.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn order_of_page(&self, name: &str) -> Result<Option<OfferEntry>, PortError> {
        let Some(row) = PageName::order(name, &self.keys) else { return Ok(None) };
        let entry = self.ports.store.offer(row)?;
        Ok(entry.filter(|entry| entry.single_use))
    }

    /// The payout whose page has this name; `None` for any other text.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn payout_of_page(&self, name: &str) -> Result<Option<Payout>, PortError> {
        let Some(row) = PageName::payout(name, &self.keys) else { return Ok(None) };
        self.ports.store.payout(row)
    }

    /// Tells whoever shows it that something has changed.
    pub(super) fn touch(&self, touched: Touched) {
        // Nobody may be looking.
        let _ = self.touched.send(touched);
    }

    /// Tells of everything that a commit was about.
    pub(super) fn tell_pages(&self, batch: &Batch) {
        if self.touched.receiver_count() == 0 {
            return;
        }
        batch.events.iter().filter_map(|event| self.about(event)).for_each(|it| self.touch(it));
    }

    fn about(&self, event: &Event) -> Option<Touched> {
        match event {
            Event::OfferCreated(_)
            | Event::InvoiceMade(_)
            | Event::InvoiceRefused { .. }
            | Event::SubscriptionChanged { .. } => None,
            Event::OfferEncoded { row, .. }
            | Event::OfferDisabled { row, .. }
            | Event::OfferEnabled { row, .. } => Some(Touched::Offer(*row)),
            Event::PayoutCreated(_) => None,
            Event::PayoutDisabled { row, .. } | Event::PayoutEnabled { row, .. } => {
                Some(Touched::Payout(*row))
            }
            Event::PaymentStarted(payment) => payment.payout().map(Touched::Payout),
            Event::PaymentApproved { id, .. }
            | Event::PaymentPutOff { id, .. }
            | Event::PaymentAttemptFailed { id, .. }
            | Event::PaymentEnded { id, .. } => self.claimed_payout(*id).map(Touched::Payout),
            Event::SubscriberChanged { record, .. } => Some(Touched::Offer(record.offer)),
            Event::ReceiptClaiming(receipt) => about_source(receipt.key.source),
            Event::ReceiptPaid { key, .. } | Event::ReceiptLost { key, .. } => {
                about_source(key.source)
            }
        }
    }

    fn claimed_payout(&self, id: PaymentId) -> Option<PayoutRow> {
        let payment = self.ports.store.payment(id).unwrap_or_else(|error| {
            warn!(%error, "a payment could not be read");
            None
        });
        payment?.payout()
    }
}

fn about_source(source: Source) -> Option<Touched> {
    match source {
        Source::Offer(row) => Some(Touched::Offer(row)),
        Source::Invoice(_) => None,
    }
}

fn arrived(claim: &OutgoingPayment) -> Option<(Timestamp, Msat)> {
    match &claim.state {
        PaymentState::Ended(PaymentEnd::Paid { at, .. }) => Some((*at, claim.amount)),
        PaymentState::Ended(PaymentEnd::Failed { .. })
        | PaymentState::Awaiting
        | PaymentState::Pending { .. } => None,
    }
}
