//! Paying.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bolt1::{CltvDelta, Msat, Seconds};
use bolt11::is_bolt11;
use bolt12::{Bolt12String, Invoice, OfferId};
use offerd_core::fetch::{Allowance, FetchArguments, Limits, paid_once_key};
use offerd_core::payment::{
    FailedAttempt, OrderTerms, Ordered, OutgoingPayment, PaymentEnd, PaymentState, Purpose,
    decide_bolt11_order, decide_label, decide_order,
};
use offerd_core::port::{Bolt11Facts, PortError};
use offerd_core::{Misuse, PaymentId};
use tokio::time::Instant;

use super::renegotiate::Round;
use super::world::random;
use super::{Attempt, CallError, Driver, Step, deadline, progress};

/// What `pay` and `xpay` were asked.
#[derive(Clone, Debug, Default)]
pub struct PayCall {
    /// An `lni…` or `lno…`.
    pub string: String,
    /// What to pay, where the offer leaves it open or a tip is meant.
    pub amount: Option<Msat>,
    /// How many.
    pub quantity: Option<u64>,
    /// A word to the issuer.
    pub payer_note: Option<String>,
    /// The caller's name for the payment: the same call again is the same payment.
    pub label: Option<String>,
    /// Most that the invoice may ask.
    pub max_amount: Option<Msat>,
    /// For an offer priced in a currency: by so many millionths its invoice may ask more than by our own rate.
    pub max_rate_drift_ppm: Option<u32>,
    /// Most that routing may cost.
    pub max_fee: Option<Msat>,
    /// Most blocks the payment may be locked for.
    pub max_delay: Option<CltvDelta>,
    /// How long the call may take, fetching and paying together.
    pub retry_for: Duration,
    /// Whether a second invoice of a request may be paid while the payment of the first is pending, where the payee
    /// says over its signature that it takes one of them.
    pub trust_payee: bool,
}

/// A payment as far as it is known when the call returns: paid, or still pending.
#[derive(Clone, Debug)]
pub struct PayOutcome {
    /// The payment.
    pub payment: OutgoingPayment,
    /// Whether this call began it.
    pub begun_now: bool,
    /// What was tried, fetching the invoice included, in the order of time.
    pub attempts: Vec<Attempt>,
}

/// What is to be paid.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
pub(super) enum ToPay {
    Bolt12(Invoice),
    /// With the amount that the caller says.
    Bolt11(Bolt11Facts, Option<Msat>),
}

impl ToPay {
    /// Under which it is paid once.
    fn request_key(&self) -> [u8; 32] {
        match self {
            Self::Bolt12(invoice) => paid_once_key(invoice),
            Self::Bolt11(facts, _) => facts.request_key(),
        }
    }
}

/// What has become of a call so far.
pub(super) struct Course {
    /// When it ends.
    pub(super) deadline: Instant,
    /// What was tried.
    pub(super) attempts: Vec<Attempt>,
}

impl Course {
    fn until(deadline: Instant) -> Self {
        Self { deadline, attempts: Vec::new() }
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// How long the node may go on trying: a tenth less than is left, so that we hear what comes of the last attempt.
    fn for_the_node(&self) -> Seconds {
        let left = self.left();
        Seconds(left.saturating_sub(left / 10).as_secs())
    }
}

/// Refuses what an invoice has no use for.
fn goes_with_offers(call: &PayCall) -> Result<(), Misuse> {
    let given = [
        ("quantity", call.quantity.is_some()),
        ("payer_note", call.payer_note.is_some()),
        ("max_rate_drift_ppm", call.max_rate_drift_ppm.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(Misuse::parameter(name, "goes with an offer, this is an invoice")),
        None => Ok(()),
    }
}

/// Whoever finds a payment of before is told how it stands.
const NOT_AT_ALL: Duration = Duration::ZERO;

impl Driver {
    /// Pays an invoice, or fetches one for an offer and pays it, and waits until it has arrived or failed, or the time
    /// is over; then it is pending, and the same call under the same label tells later what became of it.
    ///
    /// # Errors
    /// [`CallError`]; after [`CallError::PaymentFailed`] nothing is in flight.
    pub async fn pay(&self, call: PayCall) -> Result<PayOutcome, CallError> {
        let course = Course::until(deadline(call.retry_for));
        if is_bolt11(&call.string) {
            return self.pay_bolt11(call, course).await;
        }
        let parsed = call.string.parse::<Bolt12String>();
        match parsed.map_err(|error| Misuse::parameter("invstring", error.to_string()))? {
            Bolt12String::Invoice(invoice) => self.pay_invoice(invoice, call, course).await,
            Bolt12String::Offer(offer) => Box::pin(self.pay_offer(offer, call, course)).await,
            Bolt12String::InvoiceRequest(_) => Err(Misuse::WrongString(
                "this code pays out: redeem it with sendinvoice".to_owned(),
            )
            .into()),
            Bolt12String::PayerProof(_) => Err(Misuse::WrongString(
                "this is a payer proof: it shows a payment and asks for none".to_owned(),
            )
            .into()),
        }
    }

    /// A proof of a payment of ours for others, `None` where it did not arrive. It shows the fields `shown`, as far as
    /// the invoice has them.
    ///
    /// # Errors
    /// [`Misuse`] where a field cannot be shown, or the invoice was requested with another node's key.
    pub fn prove(
        &self,
        payment: &OutgoingPayment,
        shown: &[u64],
        note: Option<&str>,
    ) -> Result<Option<bolt12::PayerProof>, Misuse> {
        offerd_core::payment::prove(payment, shown, note, &self.keys)
    }

    /// What an invoice of BOLT 11 says.
    ///
    /// # Errors
    /// [`Misuse`] says what is wrong with it.
    pub async fn read_bolt11(&self, string: &str) -> Result<Bolt11Facts, CallError> {
        let read = self.ports.payer.read_bolt11(string).await;
        Ok(read.map_err(|error| Misuse::parameter("invstring", error))?)
    }

    async fn pay_bolt11(&self, call: PayCall, course: Course) -> Result<PayOutcome, CallError> {
        goes_with_offers(&call)?;
        if call.trust_payee {
            let expected = "goes with BOLT 12: an invoice of BOLT 11 says nothing of another one";
            return Err(Misuse::parameter("trust_payee", expected).into());
        }
        let facts = self.read_bolt11(&call.string).await?;
        let amount = call.amount;
        let allowed = Allowance::up_to(call.max_amount);
        let (wanted, asked) = (facts.string.clone(), amount.or(facts.amount));
        let same = move |payment: &OutgoingPayment| {
            payment.invoice.bolt11().is_some_and(|paid| paid.string == wanted)
                && asked.is_none_or(|asked| payment.amount == asked)
        };
        self.order(ToPay::Bolt11(facts, amount), None, allowed, call, course, same).await
    }

    async fn pay_invoice(
        &self,
        invoice: Invoice,
        call: PayCall,
        course: Course,
    ) -> Result<PayOutcome, CallError> {
        goes_with_offers(&call)?;
        if call.amount.is_some_and(|amount| amount != invoice.amount()) {
            let asks = format!("the invoice asks exactly {}", invoice.amount());
            return Err(Misuse::parameter("amount_msat", asks).into());
        }
        let allowed = Allowance::up_to(call.max_amount);
        let (wanted, trust_payee) = (invoice.clone(), call.trust_payee);
        let same = move |payment: &OutgoingPayment| {
            let same_request = payment.request_key == paid_once_key(&wanted);
            payment.invoice.bolt12() == Some(&wanted) || trust_payee && same_request
        };
        self.order(ToPay::Bolt12(invoice), None, allowed, call, course, same).await
    }

    async fn pay_offer(
        &self,
        offer: bolt12::Offer,
        call: PayCall,
        course: Course,
    ) -> Result<PayOutcome, CallError> {
        if offer.recurrence().is_some_and(|schedule| schedule.compulsory) {
            let what = "this offer is paid again and again: use subscribe, or fetchinvoice with recurrence_counter";
            return Err(Misuse::WrongString(what.to_owned()).into());
        }
        let (offer_id, amount, quantity) = (offer.id(), call.amount, call.quantity);
        let same = |payment: &OutgoingPayment| {
            payment.invoice.bolt12().is_some_and(|invoice| {
                let request = invoice.request_view();
                invoice.offer_id() == offer_id
                    && request.amount() == amount
                    && request.quantity() == quantity
            })
        };
        if call.trust_payee && call.label.is_none() {
            let expected = "goes with the label of the payment that is pending";
            return Err(Misuse::parameter("trust_payee", expected).into());
        }
        if let Some(known) = self.known_by_label(call.label.as_deref(), same)? {
            if call.trust_payee && known.is_pending() {
                let instead = self.pay_in_place_of(known, &offer, call, course, same);
                return Box::pin(instead).await;
            }
            let known = PayOutcome { payment: known, begun_now: false, attempts: Vec::new() };
            return self.outcome(known, NOT_AT_ALL).await;
        }
        let arguments = FetchArguments {
            amount: call.amount,
            quantity: call.quantity,
            payer_note: call.payer_note.clone(),
            payer_metadata: None,
            bip_353_name: None,
            series: None,
        };
        let limits =
            Limits { max_amount: call.max_amount, max_rate_drift_ppm: call.max_rate_drift_ppm };
        // Fixed now: however often the price is asked again, the caller has allowed so much.
        let allowance = self.allowance(&offer, &arguments, limits).await?.to_pay()?;
        let mut round = Round::first();
        loop {
            let mut fetched = self.fetch_invoice(&offer, &arguments, course.left()).await?;
            let mut attempts = round.attempts();
            attempts.append(&mut fetched.attempts);
            let course = Course { deadline: course.deadline, attempts };
            let invoice = fetched.fetched.invoice;
            let asked = invoice.amount();
            if let Some(failed) = round.given_up(asked) {
                return Err(failed);
            }
            let (invoice, id) = (ToPay::Bolt12(invoice), Some(offer.id()));
            let paid = self.order(invoice, id, allowance.clone(), call.clone(), course, same).await;
            match paid {
                Err(failed) if allowance.priced.is_some() => round.go_on_after(failed, asked)?,
                paid => return paid,
            }
        }
    }

    fn known_by_label(
        &self,
        label: Option<&str>,
        is_same: impl Fn(&OutgoingPayment) -> bool,
    ) -> Result<Option<OutgoingPayment>, CallError> {
        let Some(label) = label else { return Ok(None) };
        Ok(decide_label(self.ports.store.payment_by_label(label)?, is_same)?)
    }

    /// Decides on an invoice, and waits for what comes of it. `is_same` tells whether a payment is one that this
    /// very call would have made.
    pub(super) async fn order(
        &self,
        invoice: ToPay,
        offer_id: Option<OfferId>,
        allowance: Allowance,
        call: PayCall,
        course: Course,
        is_same: impl Fn(&OutgoingPayment) -> bool,
    ) -> Result<PayOutcome, CallError> {
        let terms = OrderTerms {
            label: call.label,
            offer_id,
            max_amount: allowance.at_most,
            rate: self
                .rate_for_record(allowance.priced.as_ref().map(|priced| priced.price.currency())),
            priced: allowance.priced,
            max_fee: call.max_fee,
            max_delay: call.max_delay,
            retry_for: course.for_the_node(),
            trust_payee: call.trust_payee,
        };
        let (payment, begun_now) = {
            let _deciding = self.deciding.lock().await;
            // Looked at again, now that nobody else can begin a payment of this label.
            let known = self.known_by_label(terms.label.as_deref(), is_same)?;
            let request_key = invoice.request_key();
            let stuck = |known: &OutgoingPayment| {
                terms.trust_payee && known.is_pending() && known.request_key == request_key
            };
            match known.filter(|known| !stuck(known)) {
                Some(payment) => (payment, false),
                None => self.decide_and_commit(invoice, terms)?,
            }
        };
        let wait = if begun_now { course.left() } else { NOT_AT_ALL };
        let sofar = PayOutcome { payment, begun_now, attempts: course.attempts };
        self.outcome(sofar, wait).await
    }

    /// Begins a payment, or finds the one of before; `true` where it was begun. The caller holds `deciding`.
    fn decide_and_commit(
        &self,
        invoice: ToPay,
        terms: OrderTerms,
    ) -> Result<(OutgoingPayment, bool), CallError> {
        let store = &self.ports.store;
        let id = PaymentId(random(&*self.ports.entropy)?);
        let (keys, policy, now) = (&self.keys, &self.policy, self.now());
        let ordered = match invoice {
            ToPay::Bolt12(invoice) => {
                let history = store.payments_by_request(&paid_once_key(&invoice))?;
                decide_order(invoice, terms, &history, id, keys, policy, now)
            }
            ToPay::Bolt11(facts, amount) => {
                let history = store.payments_by_request(&facts.request_key())?;
                decide_bolt11_order((facts, amount), terms, &history, id, keys, policy, now)
            }
        };
        match ordered? {
            Ordered::Same(payment) => Ok((*payment, false)),
            Ordered::New(batch) => {
                self.commit(&batch)?;
                let lost = || PortError::corrupt("a payment was committed and is not there");
                Ok((store.payment(id)?.ok_or_else(lost)?, true))
            }
        }
    }

    /// Waits, at most so long, until a payment has arrived or failed, and with it those of other invoices for the same
    /// request: what has arrived of them counts.
    pub(super) async fn outcome(
        &self,
        mut sofar: PayOutcome,
        wait: Duration,
    ) -> Result<PayOutcome, CallError> {
        let (id, request_key) = (sofar.payment.id, sofar.payment.request_key);
        let payee = format!("payee {}", sofar.payment.invoice.node_id());
        let told = AtomicUsize::new(0);
        let look = || {
            let failed = self.failed_of(id, &payee)?;
            let news = failed.iter().skip(told.swap(failed.len(), Ordering::Relaxed));
            news.for_each(progress::tell);
            self.ended_of(id, &request_key)
        };
        if let Some(payment) = self.wait_for(wait, look).await? {
            sofar.payment = payment;
        }
        sofar.attempts.extend(self.failed_of(id, &payee)?);
        match &sofar.payment.state {
            PaymentState::Ended(PaymentEnd::Failed { reason, .. }) => {
                let reason = reason.clone();
                Err(CallError::PaymentFailed { reason, attempts: sofar.attempts })
            }
            PaymentState::Ended(PaymentEnd::Paid { .. })
            | PaymentState::Pending { .. }
            | PaymentState::Awaiting => Ok(sofar),
        }
    }

    /// The ways of a payment that did not lead to its payee.
    fn failed_of(&self, id: PaymentId, payee: &str) -> Result<Vec<Attempt>, PortError> {
        let failed = self.ports.store.failed_attempts(id)?.into_iter();
        let attempt = |failed: FailedAttempt| {
            let (at, to, outcome) = (failed.at, payee.to_owned(), failed.failure.text);
            Attempt { at, step: Step::Pay, to, outcome }
        };
        Ok(failed.map(attempt).collect())
    }

    /// The payment of a request that has arrived, or, where none has and none may, this one.
    fn ended_of(
        &self,
        id: PaymentId,
        request_key: &[u8; 32],
    ) -> Result<Option<OutgoingPayment>, PortError> {
        let all = self.ports.store.payments_by_request(request_key)?;
        let mut orders = all.into_iter().filter(|payment| payment.payout().is_none());
        let (mut ended, mut pending) = (None, false);
        for payment in &mut orders {
            if payment.is_paid() {
                return Ok(Some(payment));
            }
            pending |= payment.is_pending();
            if payment.id == id {
                ended = Some(payment);
            }
        }
        Ok(ended.filter(|_| !pending))
    }
}

impl PayOutcome {
    /// The caller's name for it.
    pub fn label(&self) -> Option<&str> {
        match &self.payment.purpose {
            Purpose::Order { label, .. } => label.as_deref(),
            Purpose::Claim { .. } => None,
        }
    }
}
