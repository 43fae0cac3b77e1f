//! Paying.

use std::time::Duration;

use bolt1::{CltvDelta, Msat, Seconds};
use bolt12::{Bolt12String, Invoice, OfferId, Price};
use offerd_core::fetch::FetchArguments;
use offerd_core::payment::{
    OrderTerms, Ordered, OutgoingPayment, PaymentEnd, PaymentState, Purpose, decide_bolt11_order,
    decide_label, decide_order,
};
use offerd_core::port::{Bolt11Facts, PortError};
use offerd_core::{Misuse, PaymentId};

use super::world::random;
use super::{CallError, Driver};

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
    /// Most that routing may cost.
    pub max_fee: Option<Msat>,
    /// Most blocks the payment may be locked for.
    pub max_delay: Option<CltvDelta>,
    /// How long to try, for fetching and for paying each.
    pub retry_for: Duration,
}

/// A payment as far as it is known when the call returns: paid, or still pending.
#[derive(Clone, Debug)]
pub struct PayOutcome {
    /// The payment.
    pub payment: OutgoingPayment,
    /// Whether this call began it.
    pub begun_now: bool,
}

/// What is to be paid.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
enum ToPay {
    Bolt12(Invoice),
    /// With the amount that the caller says.
    Bolt11(Bolt11Facts, Option<Msat>),
}

/// Whether a string looks like an invoice of BOLT 11 and not like one of BOLT 12.
pub fn is_bolt11(string: &str) -> bool {
    let lower: String = string.trim().chars().take(24).collect::<String>().to_ascii_lowercase();
    let bare = lower.strip_prefix("lightning:").unwrap_or(&lower);
    ["lnbc", "lntb", "lnsb"].into_iter().any(|prefix| bare.starts_with(prefix))
}

/// Refuses what an invoice has no use for.
fn goes_with_offers(call: &PayCall) -> Result<(), Misuse> {
    let given = [("quantity", call.quantity.is_some()), ("payer_note", call.payer_note.is_some())];
    match given.into_iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(Misuse::parameter(name, "goes with an offer, this is an invoice")),
        None => Ok(()),
    }
}

/// How much longer than the node tries we wait for it to say so.
const GRACE: Duration = Duration::from_secs(10);
/// Whoever finds a payment of before is told how it stands.
const NOT_AT_ALL: Duration = Duration::ZERO;

impl Driver {
    /// Pays an invoice, or fetches one for an offer and pays it, and waits until it has arrived or failed.
    ///
    /// # Errors
    /// [`CallError`]; after [`CallError::PaymentFailed`] nothing is in flight.
    pub async fn pay(&self, call: PayCall) -> Result<PayOutcome, CallError> {
        if is_bolt11(&call.string) {
            return self.pay_bolt11(call).await;
        }
        let parsed = call.string.parse::<Bolt12String>();
        match parsed.map_err(|error| Misuse::parameter("invstring", error.to_string()))? {
            Bolt12String::Invoice(invoice) => self.pay_invoice(invoice, call).await,
            Bolt12String::Offer(offer) => self.pay_offer(offer, call).await,
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

    async fn pay_bolt11(&self, call: PayCall) -> Result<PayOutcome, CallError> {
        goes_with_offers(&call)?;
        let facts = self.read_bolt11(&call.string).await?;
        let (max_amount, amount) = (call.max_amount, call.amount);
        let (wanted, asked) = (facts.string.clone(), amount.or(facts.amount));
        let same = move |payment: &OutgoingPayment| {
            payment.invoice.bolt11().is_some_and(|paid| paid.string == wanted)
                && asked.is_none_or(|asked| payment.amount == asked)
        };
        self.order(ToPay::Bolt11(facts, amount), None, max_amount, call, same).await
    }

    async fn pay_invoice(&self, invoice: Invoice, call: PayCall) -> Result<PayOutcome, CallError> {
        goes_with_offers(&call)?;
        if call.amount.is_some_and(|amount| amount != invoice.amount()) {
            let asks = format!("the invoice asks exactly {}", invoice.amount());
            return Err(Misuse::parameter("amount_msat", asks).into());
        }
        let max_amount = call.max_amount;
        let wanted = invoice.clone();
        let same = move |payment: &OutgoingPayment| payment.invoice.bolt12() == Some(&wanted);
        self.order(ToPay::Bolt12(invoice), None, max_amount, call, same).await
    }

    async fn pay_offer(
        &self,
        offer: bolt12::Offer,
        call: PayCall,
    ) -> Result<PayOutcome, CallError> {
        let (offer_id, amount, quantity) = (offer.id(), call.amount, call.quantity);
        let same = move |payment: &OutgoingPayment| {
            payment.invoice.bolt12().is_some_and(|invoice| {
                let request = invoice.request_view();
                invoice.offer_id() == offer_id
                    && request.amount() == amount
                    && request.quantity() == quantity
            })
        };
        if let Some(known) = self.known_by_label(call.label.as_deref(), same)? {
            return self.outcome(PayOutcome { payment: known, begun_now: false }, NOT_AT_ALL).await;
        }
        let arguments = FetchArguments {
            amount: call.amount,
            quantity: call.quantity,
            payer_note: call.payer_note.clone(),
            payer_metadata: None,
            bip_353_name: None,
        };
        let fetched = self.fetch_invoice(&offer, &arguments, call.retry_for).await?;
        let expected = match (call.amount, offer.price()) {
            (Some(amount), _) => Some(amount),
            (None, Price::Msat(each)) => {
                fetched.request.checked_quantity().ok().and_then(|quantity| each.times(quantity))
            }
            (None, Price::PayerDecides | Price::Fiat { .. }) => None,
        };
        let max_amount = call.max_amount.or(expected);
        let invoice = ToPay::Bolt12(fetched.fetched.invoice);
        self.order(invoice, Some(offer.id()), max_amount, call, same).await
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
    async fn order(
        &self,
        invoice: ToPay,
        offer_id: Option<OfferId>,
        max_amount: Option<Msat>,
        call: PayCall,
        is_same: impl Fn(&OutgoingPayment) -> bool,
    ) -> Result<PayOutcome, CallError> {
        let terms = OrderTerms {
            label: call.label,
            offer_id,
            max_amount,
            max_fee: call.max_fee,
            max_delay: call.max_delay,
            retry_for: Seconds(call.retry_for.as_secs()),
        };
        let sofar = {
            let _deciding = self.deciding.lock().await;
            // Looked at again, now that nobody else can begin a payment of this label.
            match self.known_by_label(terms.label.as_deref(), is_same)? {
                Some(payment) => PayOutcome { payment, begun_now: false },
                None => self.decide_and_commit(invoice, terms)?,
            }
        };
        let wait = if sofar.begun_now { call.retry_for.saturating_add(GRACE) } else { NOT_AT_ALL };
        self.outcome(sofar, wait).await
    }

    /// Begins a payment, or finds the one of before. The caller holds `deciding`.
    fn decide_and_commit(
        &self,
        invoice: ToPay,
        terms: OrderTerms,
    ) -> Result<PayOutcome, CallError> {
        let store = &self.ports.store;
        let id = PaymentId(random(&*self.ports.entropy)?);
        let (keys, policy, now) = (&self.keys, &self.policy, self.now());
        let ordered = match invoice {
            ToPay::Bolt12(invoice) => {
                let history = store.payments_by_request(&invoice.request_key())?;
                decide_order(invoice, terms, &history, id, keys, policy, now)
            }
            ToPay::Bolt11(facts, amount) => {
                let history = store.payments_by_request(&facts.request_key())?;
                decide_bolt11_order((facts, amount), terms, &history, id, keys, policy, now)
            }
        };
        match ordered? {
            Ordered::Same(payment) => Ok(PayOutcome { payment: *payment, begun_now: false }),
            Ordered::New(batch) => {
                self.commit(&batch)?;
                let lost = || PortError::corrupt("a payment was committed and is not there");
                let payment = store.payment(id)?.ok_or_else(lost)?;
                Ok(PayOutcome { payment, begun_now: true })
            }
        }
    }

    /// Waits for the end of a payment, at most so long.
    async fn outcome(&self, sofar: PayOutcome, wait: Duration) -> Result<PayOutcome, CallError> {
        let id = sofar.payment.id;
        let ended = self
            .wait_for(wait, || {
                let payment = self.ports.store.payment(id)?;
                Ok(payment.filter(|payment| !payment.is_pending()))
            })
            .await?;
        let payment = ended.unwrap_or(sofar.payment);
        match &payment.state {
            PaymentState::Ended(PaymentEnd::Failed { reason, .. }) => {
                let attempts = self.ports.store.failed_attempts(id)?;
                Err(CallError::PaymentFailed { reason: reason.clone(), attempts })
            }
            PaymentState::Ended(PaymentEnd::Paid { .. })
            | PaymentState::Pending { .. }
            | PaymentState::Awaiting => Ok(PayOutcome { payment, ..sofar }),
        }
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
