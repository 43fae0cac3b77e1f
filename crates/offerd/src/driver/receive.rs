//! Payments to us.

use bolt1::Msat;
use offerd_core::invoice_book::sealed_on_record;
use offerd_core::offer_book::OfferEntry;
use offerd_core::port::{IncomingPayment, PortError, PortErrorKind};
use offerd_core::receipt::{Arrived, ReceiptState, Sealed, Source, decide_arrival, on_lost};
use offerd_core::{Batch, Event, PaymentHash};
use tracing::{info, instrument, warn};

use super::fail_step::FailStep;
use super::{Driver, failpoint};

impl Driver {
    /// Accepts a payment or sends it back. What is accepted is committed before the preimage goes out.
    #[instrument(name = "receipt", skip_all, fields(payment_hash = %PaymentHash(payment.payment_hash)))]
    pub(super) async fn on_claimable(&self, payment: IncomingPayment) -> Result<(), PortError> {
        let Some(sealed) = self.sealed_of(&payment)? else {
            warn!("a payment arrived for an invoice that is not ours; sent back");
            return self.send_back(payment.payment_hash).await;
        };
        let sent_back = {
            let _deciding = self.deciding.lock().await;
            let store = &self.ports.store;
            let (offer, own_invoice) = match sealed.key.source {
                Source::Offer(row) => (store.offer(row)?, None),
                Source::Invoice(row) => (None, store.own_invoice(row)?),
            };
            // All of them count for a single-use offer; elsewhere there may be very many.
            let hash = PaymentHash(payment.payment_hash);
            let receipts = match &offer {
                Some(offer) if !offer.single_use => {
                    let known = store.receipt_by_payment(hash, &payment.payment_id)?;
                    let lost = known.filter(|receipt| !receipt.is_live());
                    store.receipt(&sealed.key)?.into_iter().chain(lost).collect()
                }
                Some(_) | None => store.receipts_of(sealed.key.source)?,
            };
            let invoice = match &own_invoice {
                Some(own) => own.bolt12().cloned(),
                None => self.memory().window.by_hash(&hash).cloned(),
            };
            let series = match (&offer, payment.payer_id) {
                (Some(offer), Some(payer_id)) if offer.recurrence().is_some() => {
                    store.series(offer.row, &payer_id)?
                }
                _ => None,
            };
            let price = offer.as_ref().and_then(OfferEntry::fiat_price);
            let rate = self.rate_for_record(price.map(|price| price.currency()));
            let priced = self.memory().window.priced(&hash).cloned();
            let decision = decide_arrival(Arrived {
                payment: &payment,
                sealed,
                offer: offer.as_ref(),
                series: series.as_ref(),
                own_invoice: own_invoice.as_ref(),
                receipts: &receipts,
                invoice,
                priced,
                rate,
                price_tolerance_ppm: self.policy.price_tolerance_ppm,
                now: self.now(),
            });
            match decision {
                Ok(batch) => {
                    self.commit(&batch)?;
                    self.memory().window.remove(&sealed.key);
                    None
                }
                Err(reason) => Some(reason),
            }
        };
        match sent_back {
            None => Ok(()),
            Some(reason) => {
                info!(?reason, amount = %payment.amount, "payment sent back");
                self.send_back(payment.payment_hash).await
            }
        }
    }

    async fn send_back(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        failpoint::before(FailStep::Refuse);
        let refused = self.ports.issuer.refuse(payment_hash).await;
        failpoint::after(FailStep::Refuse);
        refused
    }

    /// What was sealed into the invoice of a payment, or is on record of it. `None` when it is not ours.
    fn sealed_of(&self, payment: &IncomingPayment) -> Result<Option<Sealed>, PortError> {
        if let Some(context) = &payment.context {
            return Ok(Sealed::open(context));
        }
        let hash = PaymentHash(payment.payment_hash);
        // One that was accepted before a restart, when what it is for was still remembered.
        if let Some(known) = self.ports.store.receipt_by_payment(hash, &payment.payment_id)? {
            return Ok(Some(Sealed::of_receipt(&known)));
        }
        let beside = self.memory().beside.by_hash(&hash).cloned();
        if let Some(beside) = beside {
            return Ok(Some(beside.sealed(hash, payment.amount, &self.keys)));
        }
        let own = self.ports.store.bolt11_by_hash(hash)?;
        Ok(own.and_then(|own| sealed_on_record(&own, payment.amount, &self.keys)))
    }

    /// An accepted payment is ours.
    #[instrument(name = "receipt", skip_all, fields(payment_hash = %PaymentHash(payment_hash)))]
    pub(super) async fn on_claimed(
        &self,
        payment_hash: [u8; 32],
        payment_id: [u8; 32],
        amount: Msat,
    ) -> Result<(), PortError> {
        let _deciding = self.deciding.lock().await;
        let hash = PaymentHash(payment_hash);
        let Some(receipt) = self.ports.store.receipt_by_payment(hash, &payment_id)? else {
            warn!(payment_hash = %hash, "a payment was claimed that is not on record");
            return Ok(());
        };
        if matches!(receipt.state, ReceiptState::Paid { .. }) {
            return Ok(());
        }
        info!(%amount, payment_hash = %hash, "payment received");
        let at = self.now();
        let (key, payment_id) = (receipt.key, receipt.payment_id);
        let series = self.series_paid(&receipt, amount, at)?;
        self.commit(&Batch::of(Event::ReceiptPaid { key, payment_id, amount, at }).with(series))
    }

    /// Takes a payment whose receipt was committed. One that has ended meanwhile is left alone.
    pub(super) async fn accept(&self, hash: PaymentHash) -> Result<(), PortError> {
        let waiting = self.ports.store.claiming_receipts()?;
        if !waiting.iter().any(|receipt| receipt.payment_hash == hash) {
            return Ok(());
        }
        failpoint::before(FailStep::Accept);
        let accepted = self.ports.issuer.accept(hash.0).await;
        failpoint::after(FailStep::Accept);
        match accepted {
            Err(error) if error.kind == PortErrorKind::Rejected => {
                warn!(%error, payment_hash = %hash, "an accepted payment does not wait any more");
                self.end_lost_receipts().await
            }
            accepted => accepted,
        }
    }

    /// Ends the receipts of payments that went back before their preimage was released, so that their requests may be
    /// paid again. Never while the node is not certain of it.
    pub(super) async fn end_lost_receipts(&self) -> Result<(), PortError> {
        for receipt in self.ports.store.claiming_receipts()? {
            let (hash, id) = (receipt.payment_hash, receipt.payment_id);
            if !self.ports.issuer.is_lost(hash.0).await? {
                continue;
            }
            let _deciding = self.deciding.lock().await;
            // Read again: what has become ours meanwhile is forgotten by the node.
            let fresh = self.ports.store.receipt_by_payment(hash, &id)?;
            if let Some(receipt) = fresh {
                warn!(payment_hash = %hash, "an accepted payment went back before it was taken");
                self.commit(&on_lost(&receipt, self.now()))?;
            }
        }
        Ok(())
    }
}
