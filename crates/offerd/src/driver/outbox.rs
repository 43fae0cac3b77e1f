//! Doing what commits owe, and what becomes of payments.

use std::time::Duration;

use bolt1::{Msat, Reader};
use bolt4::BlindedPath;
use offerd_core::payment::{
    FailureKind, OutgoingPayment, PaymentEnd, PaymentState, Purpose, on_attempt_failed, on_failed,
    on_refused, on_sent, pay_order,
};
use offerd_core::payout::turn_down_the_rest;
use offerd_core::port::{PaymentFailure, PortError, PortErrorKind};
use offerd_core::{Batch, Effect, OutboxEntry, PaymentId, PayoutRow, Refusal};
use tokio::time::Instant;
use tracing::field::display;
use tracing::{Span, debug, error, info, instrument, warn};

use super::answer::error_message;
use super::fail_step::FailStep;
use super::{Driver, failpoint};

/// How long the outbox rests after a failure of ours.
const REST: Duration = Duration::from_secs(5);
/// Between two tries to tell a redeemer: he waits no longer than some of these.
const UNTIL_TOLD: Duration = Duration::from_secs(10);
/// How long it rests when nothing is due and nothing wakes it, and how often lost payments are looked for.
const LONGEST_REST: Duration = Duration::from_secs(3600);

impl Driver {
    /// Performs the outbox for ever. Call it once, after the node has started; dropping the future stops it.
    pub async fn run_outbox(&self) {
        while let Err(error) = self.resume().await {
            error!(%error, "payments from before the start could not be looked at; trying again");
            tokio::time::sleep(REST).await;
        }
        let mut looked = None;
        loop {
            if looked.is_none_or(|at: Instant| at.elapsed() >= LONGEST_REST) {
                looked = Some(Instant::now());
                if let Err(error) = self.end_lost_receipts().await {
                    error!(%error, "it could not be told whether payments to us were lost");
                }
                if let Err(error) = self.drop_expired_candidates().await {
                    error!(%error, "redemptions that expired while they waited were not dropped");
                }
            }
            let rest = self.rest_of_subscribers().await.min(match self.perform_outbox().await {
                Ok(rest) => rest,
                Err(error) => {
                    error!(%error, "the outbox could not be worked off; trying again");
                    REST
                }
            });
            super::timeout(rest, self.work.notified()).await;
        }
    }

    /// Looks after those who pay us again and again, and says how long that can rest.
    async fn rest_of_subscribers(&self) -> Duration {
        match self.look_after_subscribers().await {
            Ok(Some(due)) => Duration::from_secs(due.since(self.now()).0).min(LONGEST_REST),
            Ok(None) => LONGEST_REST,
            Err(error) => {
                error!(%error, "series of payments could not be looked after; trying again");
                REST
            }
        }
    }

    /// After a start: payments that were begun but which neither ended nor are known to the node nor wait in the
    /// outbox are not in flight, so they are begun again under the same id. Payments to us that were accepted and have
    /// not become ours are accepted again.
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
        // The node says that it takes a payment before it has written so. To take it again is to take it once.
        for receipt in self.ports.store.claiming_receipts()? {
            let effect = Effect::Accept(receipt.payment_hash);
            if !waiting.contains(&effect) {
                self.commit(&Batch::default().and_then(effect))?;
            }
        }
        Ok(())
    }

    /// Works off what is due and says how long to rest. What cannot be done now does not keep the others waiting.
    async fn perform_outbox(&self) -> Result<Duration, PortError> {
        let mut rest = LONGEST_REST;
        let mut seen = Vec::new();
        for OutboxEntry { id, effect } in self.ports.store.outbox()? {
            // An event that comes again after a crash owes the same again.
            if seen.contains(&effect) {
                self.effect_done(id)?;
                continue;
            }
            match effect {
                Effect::Accept(hash) => match self.accept(hash).await {
                    Ok(()) => self.effect_done(id)?,
                    Err(error) => {
                        error!(%error, payment_hash = %hash, "not accepted yet; trying again");
                        rest = rest.min(REST);
                    }
                },
                Effect::Pay(payment) => match self.due_in(payment)? {
                    Some(later) => rest = rest.min(later),
                    None => {
                        // First, so that it is asked of the node once at most until the next start, which finds
                        // out what became of it: a node may forget a failed payment before it tells us.
                        self.effect_done(id)?;
                        self.begin(payment).await?;
                    }
                },
                Effect::TellRedeemer(payment) => match self.tell_redeemer(payment).await? {
                    Some(later) => rest = rest.min(later),
                    None => self.effect_done(id)?,
                },
            }
            seen.push(effect);
        }
        Ok(rest)
    }

    /// What a commit owed is not owed any more.
    fn effect_done(&self, id: i64) -> Result<(), PortError> {
        failpoint::before(FailStep::EffectDone);
        self.ports.store.effect_done(id)?;
        failpoint::after(FailStep::EffectDone);
        Ok(())
    }

    /// How long until the next attempt is due; `None` when it is, or when there is nothing to do any more.
    fn due_in(&self, id: PaymentId) -> Result<Option<Duration>, PortError> {
        let Some(payment) = self.ports.store.payment(id)? else { return Ok(None) };
        let PaymentState::Pending { next_at: Some(due), .. } = payment.state else {
            return Ok(None);
        };
        let now = self.now();
        Ok((due > now).then(|| Duration::from_secs(due.since(now).0)))
    }

    /// Hands a payment to the node, unless it has ended.
    #[instrument(name = "payment", skip_all, fields(payment_id = %id, payment_hash))]
    async fn begin(&self, id: PaymentId) -> Result<(), PortError> {
        let payment = self.ports.store.payment(id)?;
        let Some(payment) = payment.filter(OutgoingPayment::is_pending) else { return Ok(()) };
        Span::current().record("payment_hash", display(payment.payment_hash()));
        failpoint::before(FailStep::Pay);
        let begun = self.ports.payer.pay(pay_order(&payment)).await;
        failpoint::after(FailStep::Pay);
        let Err(refused) = begun else { return Ok(()) };
        info!(payment = %id, %refused, "payment not begun");
        let decide =
            |payment: &OutgoingPayment| on_refused(payment, &refused, &self.policy, self.now());
        while let Err(error) = self.progress(id, decide).await {
            error!(%error, payment = %id, "what became of a payment could not be stored");
            tokio::time::sleep(REST).await;
        }
        Ok(())
    }

    /// Reads the payment, decides what becomes of it and commits that. Nothing happens to a payment that is not on
    /// record.
    async fn progress(
        &self,
        id: PaymentId,
        decide: impl FnOnce(&OutgoingPayment) -> Batch,
    ) -> Result<(), PortError> {
        let _deciding = self.deciding.lock().await;
        let Some(payment) = self.recorded(id)? else { return Ok(()) };
        self.commit(&self.with_subscription(decide(&payment), &payment)?)
    }

    fn recorded(&self, id: PaymentId) -> Result<Option<OutgoingPayment>, PortError> {
        let payment = self.ports.store.payment(id)?;
        match &payment {
            Some(payment) => {
                Span::current().record("payment_hash", display(payment.payment_hash()));
            }
            None => warn!(payment = %id, "the node tells of a payment that is not on record"),
        }
        Ok(payment)
    }

    #[instrument(name = "payment", skip_all, fields(payment_id = %PaymentId(id), payment_hash))]
    pub(super) async fn on_payment_sent(
        &self,
        id: [u8; 32],
        preimage: [u8; 32],
        fee: Option<Msat>,
        parts: Option<u32>,
    ) -> Result<(), PortError> {
        let id = PaymentId(id);
        let _deciding = self.deciding.lock().await;
        let Some(payment) = self.recorded(id)? else { return Ok(()) };
        info!(payment = %id, "payment sent");
        let sent = on_sent(&payment, preimage, fee, parts, self.now());
        let others = match payment.payout() {
            Some(row) if !payment.is_paid() => self.turned_down_by(row)?,
            Some(_) | None => Batch::default(),
        };
        self.commit(&self.with_subscription(sent.with(others), &payment)?)
    }

    /// What a claim that is paid now means for those that wait. The caller holds `deciding`.
    fn turned_down_by(&self, row: PayoutRow) -> Result<Batch, PortError> {
        let claims = self.ports.store.claims(row)?;
        let payout = self.ports.store.payout(row)?;
        Ok(match payout.filter(|payout| payout.is_spent_by_one_more(&claims)) {
            Some(_) => turn_down_the_rest(&claims, self.now()),
            None => Batch::default(),
        })
    }

    #[instrument(name = "payment", skip_all, fields(payment_id = %PaymentId(id), payment_hash))]
    pub(super) async fn on_attempt_failed(
        &self,
        id: [u8; 32],
        reason: &PaymentFailure,
        text: &str,
    ) -> Result<(), PortError> {
        let id = PaymentId(id);
        debug!(payment = %id, %text, "an attempt failed");
        let so_far = self.ports.store.failed_attempts(id)?.len();
        self.progress(id, |payment| on_attempt_failed(payment, reason, text, so_far, self.now()))
            .await
    }

    #[instrument(name = "payment", skip_all, fields(payment_id = %PaymentId(id), payment_hash))]
    pub(super) async fn on_payment_failed(
        &self,
        id: [u8; 32],
        reason: &PaymentFailure,
    ) -> Result<(), PortError> {
        let id = PaymentId(id);
        info!(payment = %id, ?reason, "payment failed");
        let decide =
            |payment: &OutgoingPayment| on_failed(payment, reason, &self.policy, self.now());
        self.progress(id, decide).await
    }

    /// Tells whoever made a claim that it has failed for good. `Some` when that is to be tried again, which it is as
    /// long as its invoice lives.
    async fn tell_redeemer(&self, id: PaymentId) -> Result<Option<Duration>, PortError> {
        let Some(payment) = self.ports.store.payment(id)? else { return Ok(None) };
        let Purpose::Claim { reply_path: Some(path), .. } = &payment.purpose else {
            return Ok(None);
        };
        let Ok(path) = BlindedPath::decode(&mut Reader::new(path)) else { return Ok(None) };
        let refusal = match &payment.state {
            PaymentState::Ended(PaymentEnd::Failed { reason, .. }) => told(reason.kind),
            PaymentState::Ended(PaymentEnd::Paid { .. })
            | PaymentState::Pending { .. }
            | PaymentState::Awaiting => Refusal::PaymentFailed,
        };
        failpoint::before(FailStep::TellRedeemer);
        let told = self.send_over(&path, error_message(&refusal)).await;
        failpoint::after(FailStep::TellRedeemer);
        let expired = payment.invoice.is_expired_at(self.now());
        match told {
            Err(error) if error.kind == PortErrorKind::Unavailable && !expired => {
                info!(payment = %id, %error, "the redeemer could not be told of a failure yet");
                Ok(Some(UNTIL_TOLD))
            }
            Ok(()) | Err(_) => Ok(None),
        }
    }
}

/// What the redeemer hears of the reason why it is not paid.
fn told(kind: FailureKind) -> Refusal {
    match kind {
        FailureKind::Denied => Refusal::NotApproved,
        FailureKind::TakenByAnother => Refusal::AlreadyRedeemed,
        FailureKind::Withdrawn => Refusal::NoLongerAvailable,
        FailureKind::RefusedByPayee
        | FailureKind::NoRoute
        | FailureKind::TooExpensive
        | FailureKind::InvoiceExpired
        | FailureKind::Abandoned
        | FailureKind::Other => Refusal::PaymentFailed,
    }
}
