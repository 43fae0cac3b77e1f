//! Doing what commits owe, and what becomes of payments.

use std::time::Duration;

use bolt1::{Msat, Reader};
use bolt4::BlindedPath;
use offerd_core::payment::{
    OutgoingPayment, PaymentEnd, PaymentState, Purpose, on_failed, on_refused, on_sent, pay_order,
};
use offerd_core::port::{PaymentFailure, PortError};
use offerd_core::{Batch, Effect, Event, OutboxEntry, PaymentId, Refusal};
use tracing::{error, info, warn};

use super::Driver;
use super::answer::error_message;

/// How long the outbox rests after a failure of ours, or when nothing wakes it.
const REST: Duration = Duration::from_secs(5);

impl Driver {
    /// Performs the outbox for ever. Call it once, after the node has started; dropping the future stops it.
    pub async fn run_outbox(&self) {
        while let Err(error) = self.resume().await {
            error!(%error, "payments from before the start could not be looked at; trying again");
            tokio::time::sleep(REST).await;
        }
        loop {
            let rest = match self.perform_outbox().await {
                Ok(rest) => rest,
                Err(error) => {
                    error!(%error, "the outbox could not be worked off; trying again");
                    REST
                }
            };
            super::timeout(rest, self.work.notified()).await;
        }
    }

    /// After a start: payments that were begun but which neither ended nor are known to the node nor wait in the
    /// outbox are not in flight, so they are begun again under the same id.
    async fn resume(&self) -> Result<(), PortError> {
        let known = self.ports.payer.known_payments().await?;
        let _deciding = self.deciding.lock().await;
        let waiting: Vec<Effect> =
            self.ports.store.outbox()?.into_iter().map(|entry| entry.effect).collect();
        for payment in self.ports.store.pending_payments()? {
            let effect = Effect::Pay(payment.id);
            if !known.contains(&payment.id.0) && !waiting.contains(&effect) {
                self.commit(&Batch::default().and_then(effect))?;
            }
        }
        Ok(())
    }

    /// Works off what is due and says how long to rest.
    async fn perform_outbox(&self) -> Result<Duration, PortError> {
        let mut rest = Duration::from_secs(3600);
        for OutboxEntry { id, effect } in self.ports.store.outbox()? {
            match effect {
                Effect::Accept(hash) => {
                    self.ports.issuer.accept(hash.0).await?;
                    self.ports.store.effect_done(id)?;
                }
                Effect::Pay(payment) => match self.begin(payment).await? {
                    None => self.ports.store.effect_done(id)?,
                    Some(later) => rest = rest.min(later),
                },
            }
        }
        Ok(rest)
    }

    /// Hands a payment to the node; `Some` when it is not due yet.
    async fn begin(&self, id: PaymentId) -> Result<Option<Duration>, PortError> {
        let Some(payment) = self.ports.store.payment(id)? else { return Ok(None) };
        let PaymentState::Pending { next_at, .. } = payment.state else { return Ok(None) };
        let now = self.now();
        if let Some(due) = next_at.filter(|due| *due > now) {
            return Ok(Some(Duration::from_secs(due.since(now).0)));
        }
        if let Err(refused) = self.ports.payer.pay(pay_order(&payment)).await {
            info!(payment = %id, %refused, "payment not begun");
            let _deciding = self.deciding.lock().await;
            let batch = on_refused(&payment, &refused, &self.policy, self.now());
            self.commit(&batch)?;
            self.tell_redeemer(&payment, &batch).await;
        }
        Ok(None)
    }

    pub(super) async fn on_payment_sent(
        &self,
        id: [u8; 32],
        preimage: [u8; 32],
        fee: Option<Msat>,
    ) -> Result<(), PortError> {
        let _deciding = self.deciding.lock().await;
        let Some(payment) = self.ports.store.payment(PaymentId(id))? else {
            warn!("a payment arrived that is not on record");
            return Ok(());
        };
        info!(payment = %payment.id, amount = %payment.amount, "payment sent");
        self.commit(&on_sent(&payment, preimage, fee, self.now()))
    }

    pub(super) async fn on_payment_failed(
        &self,
        id: [u8; 32],
        reason: &PaymentFailure,
    ) -> Result<(), PortError> {
        let batch = {
            let _deciding = self.deciding.lock().await;
            let Some(payment) = self.ports.store.payment(PaymentId(id))? else { return Ok(()) };
            info!(payment = %payment.id, ?reason, "payment failed");
            let batch = on_failed(&payment, reason, &self.policy, self.now());
            self.commit(&batch)?;
            (payment, batch)
        };
        self.tell_redeemer(&batch.0, &batch.1).await;
        Ok(())
    }

    /// A claim that failed for good is told to whoever made it.
    async fn tell_redeemer(&self, payment: &OutgoingPayment, batch: &Batch) {
        let failed = batch.events.iter().any(|event| {
            matches!(event, Event::PaymentEnded { end: PaymentEnd::Failed { .. }, .. })
        });
        if let (true, Purpose::Claim { reply_path: Some(path), .. }) = (failed, &payment.purpose)
            && let Ok(path) = BlindedPath::decode(&mut Reader::new(path))
        {
            self.reply(Some(&path), error_message(&Refusal::PaymentFailed)).await;
        }
    }
}
