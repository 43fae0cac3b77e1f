//! Making an invoice for somebody's promise.

use std::num::NonZeroU64;

use bolt1::{Msat, Seconds, Timestamp};
use bolt12::{
    Bolt12String, Invoice, InvoiceBuilder, InvoiceError, InvoiceRequest, InvoiceRequestKind, Offer,
    Price, field,
};

use secp256k1::Keypair;

use super::{OwnContent, OwnInvoice};
use crate::fetch::check_quantity;
use crate::id::{InvoiceRow, PaymentHash};
use crate::keys::{Keys, digest};
use crate::misuse::Misuse;
use crate::offer_book::finish_invoice;
use crate::payment::OutgoingPayment;
use crate::payout::redeem_window;
use crate::policy::Policy;
use crate::port::{Destination, Fronts, MintOrder, Minted};
use crate::rates::FiatAmount;
use crate::receipt::{ReceiptKey, Sealed, Source, request_mac};

/// What the caller of `sendinvoice` said.
#[derive(Clone, PartialEq, Eq)]
pub struct RedeemArguments {
    /// The string, as given.
    pub string: String,
    /// The caller's name for the invoice.
    pub label: String,
    /// What to ask for; required where the promise is of any amount.
    pub amount: Option<Msat>,
    /// How many items; required where the promise counts them.
    pub quantity: Option<u64>,
    /// The period to redeem, where the promise recurs; the one that runs where it is left out.
    pub period: Option<u32>,
    /// How long we wait. The invoice may be paid for longer: at least as long as invoices of ours usually may.
    pub timeout: Seconds,
}

impl std::fmt::Debug for RedeemArguments {
    /// Without the string: whoever reads it may redeem it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedeemArguments")
            .field("label", &self.label)
            .field("amount", &self.amount)
            .field("quantity", &self.quantity)
            .field("period", &self.period)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Somebody's promise to pay.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// An `lno1…` with `offer_send_invoice`.
    Offer(Offer),
    /// An `lnr1…` without an offer behind it.
    Request(InvoiceRequest),
}

impl Promise {
    /// Reads the string.
    ///
    /// # Errors
    /// [`Misuse::WrongString`] for anything else.
    pub fn read(string: &str) -> Result<Self, Misuse> {
        let parsed = string.parse::<Bolt12String>();
        match parsed.map_err(|error| Misuse::parameter("invreq", error.to_string()))? {
            Bolt12String::Offer(offer) if offer.is_send_invoice() => Ok(Self::Offer(offer)),
            Bolt12String::InvoiceRequest(request)
                if request.kind() == InvoiceRequestKind::Payout =>
            {
                Ok(Self::Request(request))
            }
            Bolt12String::Offer(_) => Err(Misuse::WrongString(
                "this offer wants an invoice_request, not an invoice (use pay or fetchinvoice)"
                    .into(),
            )),
            Bolt12String::InvoiceRequest(_) => Err(Misuse::WrongString(
                "this invoice_request is an answer to an offer: nobody promises to pay".into(),
            )),
            Bolt12String::PayerProof(_) => Err(Misuse::WrongString(
                "this is a payer proof, not a promise to pay (use verifyproof)".into(),
            )),
            Bolt12String::Invoice(_) => {
                Err(Misuse::WrongString("this is an invoice, not a promise to pay".into()))
            }
        }
    }

    fn is_expired_at(&self, now: Timestamp) -> bool {
        match self {
            Self::Offer(offer) => offer.is_expired_at(now),
            Self::Request(request) => request.offer_view().is_expired_at(now),
        }
    }

    /// What it pays for so many items, 1 where it counts none; `None` where the redeemer says how much.
    fn promised(&self, quantity: NonZeroU64) -> Result<Option<Msat>, Misuse> {
        match self {
            Self::Offer(offer) => match offer.price() {
                Price::Msat(each) => each.times(quantity).map(Some).ok_or_else(|| {
                    Misuse::parameter("quantity", "amount times quantity is too large")
                }),
                Price::PayerDecides | Price::Fiat { .. } => Ok(None),
            },
            Self::Request(request) => Ok(request.amount()),
        }
    }

    /// The period that the caller asks for; `None` where the promise has none.
    fn period(&self, asked: Option<u32>, now: Timestamp) -> Result<Option<u32>, Misuse> {
        let refuse = |expected: String| Err(Misuse::parameter("recurrence_counter", expected));
        let schedule = match self {
            Self::Offer(offer) => offer.recurrence(),
            Self::Request(_) => None,
        };
        let Some((schedule, base)) = schedule.and_then(|it| Some((it, it.base?))) else {
            return match asked {
                Some(_) => refuse("unnecessary: the code does not recur".to_owned()),
                None => Ok(None),
            };
        };
        let running = || schedule.index_at(base.basetime, now).unwrap_or(0);
        let period = asked.unwrap_or_else(running);
        let last = schedule.limit.map_or(u32::MAX, std::num::NonZeroU32::get);
        if period > last {
            return refuse(format!("the last period of this code is {last}"));
        }
        match redeem_window(schedule, period) {
            Some(window) if now < window.opens => {
                refuse(format!("too early: can be redeemed from time {} on", window.opens))
            }
            Some(window) if now >= window.closes => {
                refuse(format!("too late: could be redeemed until time {}", window.closes))
            }
            Some(_) => Ok(Some(period)),
            None => refuse("the period is beyond the year 9999".to_owned()),
        }
    }

    /// The items that the caller asks for, 1 where the promise counts none.
    fn items(&self, quantity: Option<u64>) -> Result<NonZeroU64, Misuse> {
        let counted = match self {
            Self::Offer(offer) => offer.quantity_max(),
            Self::Request(_) => None,
        };
        check_quantity(counted, quantity)?;
        Ok(quantity.and_then(NonZeroU64::new).unwrap_or(NonZeroU64::MIN))
    }

    /// The amount of a currency that it pays the worth of, where it is in one.
    pub fn fiat(&self) -> Option<FiatAmount> {
        let Self::Offer(offer) = self else { return None };
        match offer.price() {
            Price::Fiat { currency, minor_units } => FiatAmount::new(currency, minor_units).ok(),
            Price::Msat(_) | Price::PayerDecides => None,
        }
    }

    /// What a refusal offers instead of what was `asked` for a promise in a currency, where that is no farther below
    /// than rates may drift.
    pub fn offered_instead(
        &self,
        refusal: &InvoiceError,
        asked: Option<Msat>,
        policy: &Policy,
    ) -> Option<Msat> {
        self.fiat()?;
        if refusal.erroneous_field != Some(field::INVOICE_AMOUNT) {
            return None;
        }
        let mut reader = bolt1::Reader::new(refusal.suggested_value.as_deref()?);
        let offered = reader.read_tu64().ok().and_then(Msat::new)?;
        let asked = asked?;
        let least = asked.minus(asked.ppm(policy.pay_rate_drift_ppm))?;
        (least <= offered && offered < asked && !offered.is_zero()).then_some(offered)
    }

    /// The payment hash of the invoice that it refunds.
    pub fn refund_for(&self) -> Option<PaymentHash> {
        match self {
            Self::Offer(offer) => offer.refund_for().map(PaymentHash),
            Self::Request(_) => None,
        }
    }

    /// Whom to send the invoice to: over each path, or to the promiser's node.
    pub fn destinations(&self) -> Vec<Destination> {
        let (paths, node) = match self {
            Self::Offer(offer) => (offer.paths(), offer.issuer_id()),
            Self::Request(request) => (request.paths(), Some(request.payer_id())),
        };
        // req RR-23
        match (paths, node) {
            ([], Some(node)) => vec![Destination::Node(node)],
            (paths, _) => paths.iter().cloned().map(Destination::Path).collect(),
        }
    }
}

/// An invoice in the making.
#[derive(Debug)]
pub struct Redeeming {
    promise: Promise,
    arguments: RedeemArguments,
    row: InvoiceRow,
    metadata: [u8; 32],
    amount: Msat,
    period: Option<u32>,
    sealed: Sealed,
    refund_key: Option<Keypair>,
}

impl Redeeming {
    /// Checks the call against the promise. `metadata` is 32 random bytes; `paid` are our payments of the invoice that
    /// the promise refunds ([`Promise::refund_for`]).
    ///
    /// # Errors
    /// [`Misuse`] names what does not fit.
    pub fn prepare(
        promise: Promise,
        arguments: RedeemArguments,
        (row, metadata): (InvoiceRow, [u8; 32]),
        paid: &[OutgoingPayment],
        keys: &Keys,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Self, Misuse> {
        // req RR-30
        let chain_fits = match &promise {
            Promise::Offer(offer) => offer.supports_chain(policy.chain),
            Promise::Request(request) => request.chain() == policy.chain,
        };
        if !chain_fits {
            return Err(Misuse::parameter("invreq", "is for another chain"));
        }
        if let Promise::Request(request) = &promise
            && request.has_signature()
            // req RR-04
            && request.verify_signature(keys.secp()).is_err()
        {
            return Err(Misuse::parameter("invreq", "its signature does not verify"));
        }
        if promise.is_expired_at(now) {
            return Err(Misuse::OfferExpired);
        }
        let payer = match &promise {
            Promise::Offer(offer) => offer.issuer_id(),
            Promise::Request(request) => Some(request.payer_id()),
        };
        if payer == Some(keys.node_id()) {
            return Err(Misuse::PaysOurselves);
        }
        let refund_key = match promise.refund_for() {
            Some(_) => Some(refund_key(paid, keys)?),
            None => None,
        };
        let items = promise.items(arguments.quantity)?;
        let amount = amount(promise.promised(items)?, arguments.amount)?;
        let period = promise.period(arguments.period, now)?;
        let request_key = digest(&[&metadata, arguments.string.as_bytes()]);
        let source = Source::Invoice(row);
        let sealed = Sealed {
            key: ReceiptKey { source, request_mac: request_mac(keys, source, &request_key) },
            amount,
            created_at: now,
            expiry: policy.invoice_expiry.max(arguments.timeout),
            counter: 0,
        };
        Ok(Self { promise, arguments, row, metadata, amount, period, sealed, refund_key })
    }

    /// What the node must provide.
    ///
    /// # Errors
    /// [`Misuse`] when amount or timeout exceed what an invoice of ours can seal.
    pub fn mint_order(&self, keys: &Keys) -> Result<MintOrder, Misuse> {
        let context = self
            .sealed
            .seal()
            .ok_or_else(|| Misuse::parameter("timeout", "amount or timeout is too large"))?;
        let (payer_id, quantity) = match &self.promise {
            Promise::Offer(offer) => {
                (offer.issuer_id().unwrap_or(keys.node_id()), self.arguments.quantity)
            }
            Promise::Request(request) => (request.payer_id(), request.quantity()),
        };
        Ok(MintOrder {
            amount: self.amount,
            expiry: self.sealed.expiry,
            context,
            payer_id,
            quantity,
            memo: None,
            fronts: Fronts::Usual,
        })
    }

    /// The signed invoice with its record.
    ///
    /// # Errors
    /// [`Misuse::WrongString`] when the promise does not make an invoice.
    pub fn finish(
        self,
        minted: Minted,
        keys: &Keys,
        policy: &Policy,
    ) -> Result<OwnInvoice, Misuse> {
        let builder = match &self.promise {
            Promise::Offer(offer) => {
                InvoiceBuilder::for_payout_offer(offer, self.metadata, policy.chain)
            }
            Promise::Request(request) => InvoiceBuilder::for_request(request),
        };
        let builder = match self.arguments.quantity.and_then(NonZeroU64::new) {
            Some(items) => builder.quantity(items),
            None => builder,
        };
        let builder = match self.period {
            Some(period) => builder.period(period),
            None => builder,
        };
        let builder = match &self.refund_key {
            Some(payer) => builder.refund_key(payer),
            None => builder,
        };
        let builder =
            builder.amount(self.amount).created_at(self.sealed.created_at).node_id(&keys.node_id());
        let invoice: Invoice = finish_invoice(builder, minted, self.sealed.expiry, keys)
            .map_err(|error| Misuse::WrongString(error.to_string()))?;
        Ok(OwnInvoice {
            row: self.row,
            label: self.arguments.label,
            content: OwnContent::Redemption { redeems: self.arguments.string, invoice },
            created_at: self.sealed.created_at,
            refused_at: None,
        })
    }
}

/// The key that the refunded invoice was paid under: that of its `invreq_payer_id`.
fn refund_key(paid: &[OutgoingPayment], keys: &Keys) -> Result<Keypair, Misuse> {
    let key_of = |payment: &OutgoingPayment| {
        let request = payment.invoice.bolt12()?.request_view();
        let candidates = [keys.payer(request.metadata()), *keys.node()];
        candidates.into_iter().find(|key| key.public_key() == request.payer_id())
    };
    paid.iter().filter(|payment| payment.is_paid()).find_map(key_of).ok_or_else(|| {
        let expected = "is a refund of an invoice that this node has not paid: only its payer can \
                        collect it";
        Misuse::parameter("invreq", expected)
    })
}

fn amount(promised: Option<Msat>, asked: Option<Msat>) -> Result<Msat, Misuse> {
    match (promised, asked) {
        (None, None) => Err(Misuse::parameter(
            "amount_msat",
            "is required: the payout leaves it to the redeemer",
        )),
        (_, Some(Msat::ZERO)) => Err(Misuse::parameter("amount_msat", "must be non-zero")),
        (Some(promised), Some(asked)) if asked != promised => {
            Err(Misuse::parameter("amount_msat", format!("the code pays exactly {promised}")))
        }
        (Some(promised), _) => Ok(promised),
        (None, Some(asked)) => Ok(asked),
    }
}
