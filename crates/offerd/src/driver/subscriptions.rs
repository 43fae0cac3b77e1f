//! Offers that we pay again and again: what their owners say, and what is done when their time has come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bolt1::{Msat, Seconds, Timestamp};
use bolt12::{Invoice, InvoiceError};
use offerd_core::fetch::{Allowance, FetchArguments, Limits, refusal_reason};
use offerd_core::payment::{OrderTerms, Ordered, OutgoingPayment, PaymentState, decide_order};
use offerd_core::port::PortError;
use offerd_core::subscription::{
    Next, Setback, SubscribeArguments, Subscription, SubscriptionChange, judge_invoice, look,
    on_begun, on_cancel, on_caught_up, on_pause, on_resume, on_setback, on_told, subscribe,
};
use offerd_core::{Batch, Event, Misuse, PaymentId, SubscriptionRow};
use tokio::task::{Id, JoinSet};
use tracing::{error, info};

use super::world::random;
use super::{CallError, Driver, SeriesCall};

/// How long it is rested after a failure of ours.
const REST: Duration = Duration::from_secs(5);
/// How long it is rested when nothing is due and nothing wakes us: a clock that was set is noticed then.
const LONGEST_REST: Duration = Duration::from_secs(3600);
/// Subscriptions that are worked at together.
const MOST_AT_ONCE: usize = 16;
/// How long one try may take, fetching and paying each.
const PATIENCE: Duration = Duration::from_secs(60);
/// Answers of an issuer that are followed in one try: its counter, then its start, and then an invoice.
const MOST_CORRECTIONS: usize = 3;
/// Why a subscription does not pay when its owner said so.
const ASKED_TO: &str = "asked to";

/// A subscription, and whether it was made now.
#[derive(Clone, Debug)]
pub struct Subscribed {
    /// As it stands.
    pub subscription: Subscription,
    /// Whether this call made it.
    pub created: bool,
}

/// What is to be done outside of all locks.
#[derive(Clone, Copy, Debug)]
enum Work {
    Pay,
    Tell,
}

/// Why there is no invoice of a period.
enum Unfetched {
    /// The issuer has answered; `each` is most that the payment could have been.
    Refused { refusal: InvoiceError, each: Option<Msat> },
    /// Anything else.
    Setback(Setback),
}

impl From<CallError> for Unfetched {
    fn from(error: CallError) -> Self {
        Self::Setback(setback(error))
    }
}

impl Driver {
    /// Subscribes to an offer, and waits, at most so long, for what comes of the first payment where that is due. The
    /// same call again gives the same subscription.
    ///
    /// # Errors
    /// [`Misuse`] names what does not fit; nothing was recorded.
    pub async fn subscribe(
        &self,
        arguments: SubscribeArguments,
        wait: Duration,
    ) -> Result<Subscribed, CallError> {
        let (made, created) = {
            let _deciding = self.deciding.lock().await;
            let store = &self.ports.store;
            match store.subscription_by_label(&arguments.label)? {
                Some(known) if arguments.are_of(&known) => (known, false),
                Some(known) => {
                    let offer_id = known.offer.id().0;
                    return Err(Misuse::LabelTaken { offer_id, same_arguments: false }.into());
                }
                None => {
                    let row = store.next_subscription_row()?;
                    let made = subscribe(arguments, row, &self.keys, &self.policy, self.now())?;
                    let (change, record) = (SubscriptionChange::Created, Box::new(made.clone()));
                    self.commit(&Batch::of(Event::SubscriptionChanged { change, record }))?;
                    (made, true)
                }
            }
        };
        let row = made.row;
        let begun = |now: Subscription| {
            let waits = now.next_times().is_some_and(|times| self.now() < times.pay_at);
            let decided = now.paid_at.is_some() || now.trouble.is_some() || !now.is_active();
            (waits || decided).then_some(now)
        };
        let look = || Ok(self.ports.store.subscription(row)?.and_then(begun));
        let now = self.wait_for(wait, look).await?;
        let subscription = match now {
            Some(now) => now,
            None => self.ports.store.subscription(row)?.unwrap_or(made),
        };
        Ok(Subscribed { subscription, created })
    }

    /// Pays no more for a subscription until it is resumed. What was begun may still arrive.
    ///
    /// # Errors
    /// [`Misuse`] where there is no such subscription.
    pub async fn pause_subscription(&self, label: &str) -> Result<Subscription, CallError> {
        self.change_subscription(label, |known, now| Ok(on_pause(known, ASKED_TO, now))).await
    }

    /// Pays for a subscription again.
    ///
    /// # Errors
    /// [`Misuse`] where there is no such subscription, or it cannot go on.
    pub async fn resume_subscription(&self, label: &str) -> Result<Subscription, CallError> {
        self.change_subscription(label, on_resume).await
    }

    /// Ends a subscription; the issuer is told as soon as it can be.
    ///
    /// # Errors
    /// [`Misuse`] where there is no such subscription, or it has ended already.
    pub async fn cancel_subscription(&self, label: &str) -> Result<Subscription, CallError> {
        self.change_subscription(label, on_cancel).await
    }

    async fn change_subscription(
        &self,
        label: &str,
        decide: impl Fn(&Subscription, Timestamp) -> Result<Batch, Misuse>,
    ) -> Result<Subscription, CallError> {
        let _deciding = self.deciding.lock().await;
        let unknown = || Misuse::Unknown { what: "subscription" };
        let known = self.ports.store.subscription_by_label(label)?.ok_or_else(unknown)?;
        self.commit(&decide(&known, self.now())?)?;
        Ok(self.ports.store.subscription(known.row)?.unwrap_or(known))
    }

    /// Pays subscriptions when their time has come, for ever. Call it once, beside [`Driver::run_outbox`]; dropping
    /// the future stops it.
    pub async fn run_subscriptions(self: Arc<Self>) {
        let (mut tasks, mut busy) = (JoinSet::new(), BTreeMap::<Id, SubscriptionRow>::new());
        loop {
            let rows: Vec<_> = busy.values().copied().collect();
            let rest = match self.look_after_subscriptions(&rows).await {
                Ok((due, rest)) => {
                    let room = MOST_AT_ONCE.saturating_sub(busy.len());
                    for (row, work) in due.into_iter().take(room) {
                        let driver = self.clone();
                        let task = tasks.spawn(async move { driver.work_at(row, work).await });
                        busy.insert(task.id(), row);
                    }
                    rest
                }
                Err(error) => {
                    error!(%error, "subscriptions could not be looked after; trying again");
                    REST
                }
            };
            tokio::select! {
                _ = super::timeout(rest, self.schedule.notified()) => {}
                Some(ended) = tasks.join_next_with_id() => {
                    let id = ended.as_ref().map_or_else(|error| error.id(), |(id, ())| *id);
                    busy.remove(&id);
                }
            }
        }
    }

    /// Does what needs no waiting, and says what else is due, and how long it can be rested.
    async fn look_after_subscriptions(
        &self,
        busy: &[SubscriptionRow],
    ) -> Result<(Vec<(SubscriptionRow, Work)>, Duration), PortError> {
        let _deciding = self.deciding.lock().await;
        let (mut due, mut rest) = (Vec::new(), LONGEST_REST);
        for known in self.ports.store.live_subscriptions()? {
            let row = known.row;
            if busy.contains(&row) {
                continue;
            }
            let mut next = Some(known);
            while let Some(subscription) = next.take() {
                match self.look(&subscription)? {
                    Next::Commit(batch) => {
                        self.commit(&batch)?;
                        next = self.ports.store.subscription(row)?;
                    }
                    Next::Pay => due.push((row, Work::Pay)),
                    Next::Tell => due.push((row, Work::Tell)),
                    Next::Rest(Some(until)) => {
                        rest = rest.min(Duration::from_secs(until.since(self.now()).0));
                    }
                    Next::Rest(None) => {}
                }
            }
        }
        Ok((due, rest))
    }

    /// What is to be done about a subscription now. The caller holds `deciding`.
    fn look(&self, subscription: &Subscription) -> Result<Next, PortError> {
        let payments = self.ports.store.payments_by_request(&subscription.next_payment_key())?;
        Ok(look(subscription, &payments, self.now()))
    }

    /// What the end of a payment, which `batch` may be, means for the subscription that it is of: committed with it,
    /// so that no end is ever overlooked. The caller holds `deciding`.
    pub(super) fn with_subscription(
        &self,
        batch: Batch,
        payment: &OutgoingPayment,
    ) -> Result<Batch, PortError> {
        let end = batch.events.iter().find_map(|event| {
            let Event::PaymentEnded { id, end } = event else { return None };
            (*id == payment.id).then(|| end.clone())
        });
        let Some(end) = end else { return Ok(batch) };
        let Some(subscription) = self.ports.store.subscription_by_payment(payment.id)? else {
            return Ok(batch);
        };
        let ended = OutgoingPayment { state: PaymentState::Ended(end), ..payment.clone() };
        Ok(match look(&subscription, &[ended], self.now()) {
            Next::Commit(more) => batch.with(more),
            Next::Pay | Next::Tell | Next::Rest(_) => batch,
        })
    }

    async fn work_at(&self, row: SubscriptionRow, work: Work) {
        let done = match work {
            Work::Pay => self.pay_next_period(row).await,
            Work::Tell => self.tell_issuer(row).await,
        };
        if let Err(error) = done {
            error!(%error, subscription = row.0, "a subscription could not be worked at");
            tokio::time::sleep(REST).await;
        }
    }

    /// Asks for an invoice of the next payment and begins to pay it, or notes why not.
    async fn pay_next_period(&self, row: SubscriptionRow) -> Result<(), PortError> {
        let Some(before) = self.ports.store.subscription(row)? else { return Ok(()) };
        let (asked, fetched) = Box::pin(self.fetch_next(&before)).await;
        let id = PaymentId(random(&*self.ports.entropy)?);
        let _deciding = self.deciding.lock().await;
        // Read again: it may have been paused, cancelled or paid by hand while we asked.
        let Some(now_known) = self.ports.store.subscription(row)? else { return Ok(()) };
        if now_known != before || self.look(&before)? != Next::Pay {
            return Ok(());
        }
        let caught_up = if asked == before {
            Batch::default()
        } else {
            info!(label = %asked.label, counter = asked.next_counter, "its issuer knows of more payments");
            on_caught_up(&asked)
        };
        // Of where it stands by the issuer's word there may be a payment on record, or it may not be due.
        if self.look(&asked)? != Next::Pay {
            return self.commit(&caught_up);
        }
        let begun = fetched.and_then(|(invoice, allowed)| {
            judge_invoice(&asked, &invoice, &allowed, self.now())?;
            self.begin_period(&asked, invoice, allowed, id)
        });
        let batch = begun.unwrap_or_else(|setback| {
            info!(label = %asked.label, why = %setback.why, "a period is not paid yet");
            on_setback(&asked, &setback, self.now())
        });
        self.commit(&caught_up.with(batch))
    }

    /// Fetches an invoice of the next payment, and says what its price comes to: of the subscription as it is known, or
    /// as far as the issuer says that it is.
    async fn fetch_next(
        &self,
        known: &Subscription,
    ) -> (Subscription, Result<(Invoice, Allowance), Setback>) {
        let mut asked = known.clone();
        for _ in 0..MOST_CORRECTIONS {
            let (refusal, each) = match Box::pin(self.fetch_period(&asked)).await {
                Ok(fetched) => return (asked, Ok(fetched)),
                Err(Unfetched::Setback(setback)) => return (asked, Err(setback)),
                Err(Unfetched::Refused { refusal, each }) => (refusal, each),
            };
            match asked.caught_up(&refusal, each) {
                Some(further) => asked = further,
                None => return (asked, Err(setback(CallError::Refused(refusal)))),
            }
        }
        (asked, Err(Setback::passing("the issuer says one thing and then another of this series")))
    }

    async fn fetch_period(
        &self,
        subscription: &Subscription,
    ) -> Result<(Invoice, Allowance), Unfetched> {
        let Subscription { offer, caps, .. } = subscription;
        let call = SeriesCall {
            label: subscription.label.clone(),
            counter: subscription.next_counter,
            start: subscription.start,
            cancel: false,
        };
        let arguments = FetchArguments {
            amount: subscription.amount,
            quantity: subscription.quantity,
            payer_note: subscription.payer_note.clone(),
            payer_metadata: None,
            bip_353_name: None,
            series: Some(self.series(offer, &call)?),
        };
        let limits =
            Limits { max_amount: caps.max_per_period, max_rate_drift_ppm: caps.max_rate_drift_ppm };
        let allowed = self.allowance(offer, &arguments, limits).await?;
        let allowed = allowed.to_pay().map_err(CallError::from)?;
        match self.fetch_invoice(offer, &arguments, PATIENCE).await {
            Ok(fetched) => Ok((fetched.fetched.invoice, allowed)),
            Err(CallError::Refused(refusal)) => {
                Err(Unfetched::Refused { refusal, each: allowed.at_most })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What is committed to pay an invoice of the next payment. The caller holds `deciding`.
    fn begin_period(
        &self,
        subscription: &Subscription,
        invoice: Invoice,
        allowed: Allowance,
        id: PaymentId,
    ) -> Result<Batch, Setback> {
        let currency = allowed.priced.as_ref().map(|priced| priced.price.currency());
        let terms = OrderTerms {
            label: None,
            offer_id: Some(subscription.offer.id()),
            max_amount: allowed.at_most,
            rate: self.rate_for_record(currency),
            priced: allowed.priced,
            max_fee: None,
            max_delay: None,
            retry_for: Seconds(PATIENCE.as_secs()),
            trust_payee: false,
        };
        // Nothing of this period is live: that was looked at under the same lock.
        let ordered = decide_order(invoice, terms, &[], id, &self.keys, &self.policy, self.now())?;
        match ordered {
            Ordered::New(batch) => Ok(batch.with(on_begun(subscription, id))),
            Ordered::Same(_) => Ok(Batch::default()),
        }
    }

    /// Tells the issuer that a series has ended, or notes why not.
    async fn tell_issuer(&self, row: SubscriptionRow) -> Result<(), PortError> {
        let Some(subscription) = self.ports.store.subscription(row)? else { return Ok(()) };
        let call = SeriesCall {
            label: subscription.label.clone(),
            counter: subscription.next_counter,
            start: subscription.start,
            cancel: true,
        };
        // req RCI-R7
        let told = self.cancel_recurring(&subscription.offer, &call, None).await;
        let _deciding = self.deciding.lock().await;
        let Some(subscription) = self.ports.store.subscription(row)? else { return Ok(()) };
        self.commit(&match told {
            Ok(_) => on_told(&subscription),
            Err(error) => {
                info!(label = %subscription.label, %error, "the issuer could not be told yet");
                on_setback(&subscription, &setback(error), self.now())
            }
        })
    }
}

/// What a call that did not end well means for a subscription.
fn setback(error: CallError) -> Setback {
    match error {
        CallError::Misuse(misuse) => misuse.into(),
        CallError::Refused(refusal) => {
            Setback::passing(format!("the issuer refuses: {}", refusal_reason(&refusal)))
        }
        CallError::Unreachable { .. }
        | CallError::NoAnswer { .. }
        | CallError::NotPaidYet { .. }
        | CallError::StillOpen
        | CallError::PaymentFailed { .. }
        | CallError::TooManyWaiting
        | CallError::Fault(_) => Setback::passing(error.to_string()),
    }
}
