//! Answering a request for an invoice.
//!
//! The ladder: bytes → [`authenticate`] (is it for an offer of ours, by the right way? else silence) →
//! [`Quote`] (what will it cost? else a refusal) → [`Draft`] (what the node must mint) → the signed invoice.
//! Each rung can only be reached from the one below.

use std::num::NonZeroU64;

use bolt1::{Msat, PublicKey, Seconds, Timestamp};
use bolt12::{
    Bolt12Error, Currency, InvalidReason, Invoice, InvoiceBuilder, InvoiceRequest, Price, Problem,
    Recurrence, field,
};

use super::{OfferEncoding, OfferEntry};
use crate::event::Batch;
use crate::id::OfferRow;
use crate::keys::{Keys, digest};
use crate::policy::Policy;
use crate::port::{Fronts, MintOrder, Minted};
use crate::rates::{FiatAmount, Priced, Rate, RateStamp, Rounding};
use crate::receipt::{ReceiptKey, Sealed, Source, request_mac};
use crate::refusal::{Ignored, Refusal};
use crate::subscriber::{Granted, Subscriber, Turn, judge, on_cancel};
use crate::way::came_by;

/// Bytes of text that come back with the payment.
const MEMO_BYTES: usize = 128;

/// A request that is for an offer of ours and came by the way that this offer names.
#[derive(Debug)]
pub struct Authenticated<'a> {
    entry: &'a OfferEntry,
    encoding: &'a OfferEncoding,
    request: &'a InvoiceRequest,
}

/// Finds out whether we may answer at all. `entry` is the offer whose string has the request's offer_id.
///
/// # Errors
/// [`Ignored`]: say nothing.
pub fn authenticate<'a>(
    entry: &'a OfferEntry,
    request: &'a InvoiceRequest,
    path_id: Option<&[u8]>,
    policy: &Policy,
) -> Result<Authenticated<'a>, Ignored> {
    // req RR-10
    let encoding = entry.encoding(&request.offer_id()).ok_or(Ignored::NotOurs)?;
    // req RR-11, BP-D5
    if !came_by(encoding.path_id.as_deref(), path_id) {
        return Err(Ignored::WrongPath);
    }
    // req RR-30
    if request.chain() != policy.chain {
        return Err(Ignored::OtherChain);
    }
    Ok(Authenticated { entry, encoding, request })
}

/// A request that will be answered, and what it costs.
#[derive(Debug)]
pub struct Quote<'a> {
    entry: &'a OfferEntry,
    request: &'a InvoiceRequest,
    amount: Msat,
    priced: Option<Priced>,
    granted: Option<Granted>,
}

impl<'a> Authenticated<'a> {
    /// Ends the series that the request belongs to, if it asks for that; `None` where it asks for an invoice. There is
    /// no answer to that.
    ///
    /// # Errors
    /// [`Refusal`], to be sent back: nothing has changed.
    pub fn cancel(
        &self,
        series: Option<&Subscriber>,
        keys: &Keys,
        now: Timestamp,
    ) -> Result<Option<Batch>, Refusal> {
        let Some(schedule) = self.encoding.offer.recurrence() else { return Ok(None) };
        let asked = self.request.checked_recurrence().map_err(|error| blamed(&error))?;
        let Some(asked) = asked.filter(|asked| asked.cancel) else { return Ok(None) };
        // req RR-04, RCR-R11
        self.request.verify_signature(keys.secp()).map_err(|_| Refusal::BadSignature)?;
        on_cancel(series, schedule, asked, now).map(Some)
    }

    /// The offer that it is for, and the payer: by them a series is known.
    pub fn series(&self) -> (OfferRow, PublicKey) {
        (self.entry.row, self.request.payer_id())
    }

    /// The currency that the offer has its price in; `None` where that is bitcoin, or the payer decides.
    pub fn currency(&self) -> Option<Currency> {
        match self.encoding.offer.price() {
            Price::Fiat { currency, .. } => Some(currency),
            Price::Msat(_) | Price::PayerDecides => None,
        }
    }

    /// Prices the request. `rate` is the current one of [`Authenticated::currency`], if there is one; `series` what is
    /// on record of the payer's series, if the offer is recurring.
    ///
    /// # Errors
    /// [`Refusal`], to be sent back.
    pub fn quote(
        self,
        rate: Option<&Rate>,
        series: Option<&Subscriber>,
        keys: &Keys,
        now: Timestamp,
    ) -> Result<Quote<'a>, Refusal> {
        let offer = &self.encoding.offer;
        // req RR-04
        self.request.verify_signature(keys.secp()).map_err(|_| Refusal::BadSignature)?;
        if !self.entry.is_open() {
            return Err(Refusal::NoLongerAvailable);
        }
        // req RCR-R5, RCR-R6, RCR-R8, RCR-R12
        let asked = self.request.checked_recurrence().map_err(|error| blamed(&error))?;
        // req RR-10, RCR-R4
        if offer.is_expired_at(now) && asked.is_none_or(|asked| asked.is_initial()) {
            return Err(Refusal::Expired);
        }
        let granted = match offer.recurrence().zip(asked) {
            Some((schedule, asked)) => Some(judge(schedule, asked, series, now)?),
            None => None,
        };
        let Self { entry, request, .. } = self;
        let share = |whole: Msat| match granted {
            Some(Granted { period, .. })
                if offer.recurrence().is_some_and(Recurrence::is_proportional) =>
            {
                // req RCR-R3
                period.share_left(whole, now)
            }
            _ => whole,
        };
        let (amount, priced) = match offer.price() {
            Price::Fiat { currency, minor_units } => {
                let each = FiatAmount::new(currency, minor_units);
                let each = each.map_err(|_| Refusal::NoRate { currency })?;
                let rate = rate.filter(|rate| rate.currency == currency);
                due_in_currency(request, each, rate.ok_or(Refusal::NoRate { currency })?, share)?
            }
            Price::Msat(_) | Price::PayerDecides => (due(request, granted.as_ref(), now)?, None),
        };
        Ok(Quote { entry, request, amount, priced, granted })
    }
}

/// The amount due where the price is in a currency: the price of all items is converted, and rounded up to the msat
/// once.
fn due_in_currency(
    request: &InvoiceRequest,
    each: FiatAmount,
    rate: &Rate,
    share: impl Fn(Msat) -> Msat,
) -> Result<(Msat, Option<Priced>), Refusal> {
    let quantity = request.checked_quantity().map_err(|error| blamed(&error))?;
    // req RR-13
    let price = each.times(quantity).ok_or(Refusal::AmountOverflow)?;
    let whole = rate.price.to_msat(price, Rounding::Up).filter(|whole| !whole.is_zero());
    let whole = whole.ok_or(Refusal::AmountOverflow)?;
    let least = share(whole);
    let amount = match request.amount() {
        None => least,
        // req RR-14
        Some(amount) if amount < least => return Err(Refusal::AmountBelow { least }),
        Some(amount) => not_far_above(amount, whole)?,
    };
    Ok((amount, Some(Priced { price, rate: Some(RateStamp::from(rate)) })))
}

fn not_far_above(amount: Msat, expected: Msat) -> Result<Msat, Refusal> {
    if amount.as_u64() / 5 > expected.as_u64() {
        return Err(Refusal::AmountFarAbove { expected });
    }
    Ok(amount)
}

/// The amount due, or the refusal that fits what is wrong with quantity or amount.
fn due(
    request: &InvoiceRequest,
    granted: Option<&Granted>,
    now: Timestamp,
) -> Result<Msat, Refusal> {
    // req RR-12, RR-14, RR-15
    let amount = match granted {
        Some(granted) => request.amount_due_in(&granted.period, now, None),
        None => request.amount_due(None),
    };
    let amount = amount.map_err(|error| blamed(&error))?;
    if amount.is_zero() {
        return Err(Refusal::AmountMissing);
    }
    if let Price::Msat(each) = request.offer_view().price() {
        let quantity = request.checked_quantity().unwrap_or(NonZeroU64::MIN);
        let expected = each.times(quantity).ok_or(Refusal::AmountOverflow)?;
        return not_far_above(amount, expected);
    }
    Ok(amount)
}

fn blamed(error: &Bolt12Error) -> Refusal {
    let Problem::Invalid { field, reason } = error.problem() else {
        return Refusal::AmountOverflow;
    };
    match (field, reason) {
        (field::INVREQ_QUANTITY, InvalidReason::Missing) => Refusal::QuantityMissing,
        (field::INVREQ_QUANTITY, InvalidReason::NotAllowed) => Refusal::QuantityUnexpected,
        (field::INVREQ_QUANTITY, InvalidReason::Zero) => Refusal::QuantityZero,
        (field::INVREQ_QUANTITY, InvalidReason::Above { max }) => Refusal::QuantityAbove { max },
        (field::INVREQ_AMOUNT, InvalidReason::Missing) => Refusal::AmountMissing,
        (field::INVREQ_AMOUNT, InvalidReason::Below { min }) => {
            Refusal::AmountBelow { least: Msat::new(min).unwrap_or(Msat::MAX) }
        }
        (field, _) => Refusal::FieldInvalid { field },
    }
}

/// What names one payment of a series, among those of one offer: at most one payment is accepted for it, whatever else
/// the requests for it say.
fn period_key(payer_id: &PublicKey, counter: u32) -> [u8; 32] {
    digest(&[b"payment of a series", &payer_id.serialize(), &counter.to_be_bytes()])
}

/// What is sealed into the invoice and asked of the node.
#[derive(Debug)]
pub struct Draft<'a> {
    request: &'a InvoiceRequest,
    fronts: &'a Fronts,
    amount: Msat,
    priced: Option<Priced>,
    granted: Option<Granted>,
    recurs: bool,
    sealed: Sealed,
    expiry: Seconds,
    /// Payment hashes of earlier invoices for the same request, the oldest first.
    replaces: Vec<[u8; 32]>,
}

/// Earlier invoices that an invoice of ours says to replace; of more, the oldest are left out.
const MOST_REPLACED: usize = 16;

impl<'a> Quote<'a> {
    /// What the payer will be asked.
    pub fn amount(&self) -> Msat {
        self.amount
    }

    /// Whether an invoice that this request, or another one for the same payment of a series, was answered with before
    /// may be given again: it says what was asked, and its amount still does for the price.
    pub fn is_met_by(&self, invoice: &Invoice, policy: &Policy) -> bool {
        let tolerated = || self.amount.ppm(policy.price_tolerance_ppm);
        if self.granted.is_some() && invoice.mirrors(self.request).is_err() {
            return false;
        }
        self.priced.is_none()
            || self.amount.minus(tolerated()).is_none_or(|least| invoice.amount() >= least)
    }

    /// The key under which at most one payment for this request is accepted.
    pub fn receipt_key(&self, keys: &Keys) -> ReceiptKey {
        let source = Source::Offer(self.entry.row);
        let request_key = match self.granted {
            // req RCR-R1
            Some(granted) => period_key(&self.request.payer_id(), granted.turn.counter),
            None => self.request.request_key(),
        };
        ReceiptKey { source, request_mac: request_mac(keys, source, &request_key) }
    }

    /// Prepares the invoice. One for a price in a currency has a short life, and an offer that ends sooner than the
    /// invoice would shortens it.
    pub fn draft(self, keys: &Keys, policy: &Policy, now: Timestamp) -> Draft<'a> {
        let offer = &self.entry.newest().offer;
        let initial = self.granted.is_none_or(|granted| granted.turn.counter == 0);
        let end = offer.absolute_expiry().filter(|_| initial).map(|end| end.since(now));
        // req RCI-W2
        let window = self.granted.map(|granted| granted.closes.since(now.plus(Seconds(1))));
        let left = end.into_iter().chain(window).min();
        let usual = match self.priced {
            Some(_) => policy.priced_invoice_expiry.min(policy.invoice_expiry),
            None => policy.invoice_expiry,
        };
        let expiry = left.map_or(usual, |left| left.min(usual));
        let sealed = Sealed {
            key: self.receipt_key(keys),
            amount: self.amount,
            created_at: now,
            expiry,
            counter: self.granted.map_or(0, |granted| granted.turn.counter),
        };
        let recurs = offer.recurrence().is_some();
        let Self { entry, request, amount, priced, granted } = self;
        let fronts = &entry.fronts;
        Draft {
            request,
            fronts,
            amount,
            priced,
            granted,
            recurs,
            sealed,
            expiry,
            replaces: Vec::new(),
        }
    }
}

impl Draft<'_> {
    /// Says in the invoice that it takes the place of `previous`, the last one made for the same request, and of those
    /// that `previous` took the place of: of all of them we take one payment. It is signed, so that whoever pays
    /// although `previous` may still be on its way can show that we said so.
    #[must_use]
    pub fn in_place_of(mut self, previous: &Invoice) -> Self {
        let hashes = previous.replaces().iter().copied().chain([previous.payment_hash()]);
        let hashes: Vec<_> = hashes.collect();
        let too_many = hashes.len().saturating_sub(MOST_REPLACED);
        self.replaces = hashes.into_iter().skip(too_many).collect();
        self
    }

    /// What the node must provide.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when amount or expiry exceed what an invoice of ours can seal.
    pub fn mint_order(&self) -> Result<MintOrder, Refusal> {
        Ok(MintOrder {
            amount: self.amount,
            expiry: self.expiry,
            context: self.sealed.seal().ok_or(Refusal::Unavailable)?,
            payer_id: self.request.payer_id(),
            quantity: self.request.quantity(),
            memo: self.memo(),
            fronts: self.fronts.clone(),
        })
    }

    /// The start of a series, the rate by which the price was converted, where it is in a currency, and the payer's note: as much of them as
    /// comes back with the payment.
    fn memo(&self) -> Option<String> {
        let note = self.request.payer_note().map(bolt12::PeerText::as_str);
        let memo = match self.priced.as_ref().and_then(|priced| priced.rate.as_ref()) {
            Some(rate) => Some(Priced::memo(rate, note.unwrap_or_default())),
            None => note.map(str::to_owned),
        };
        let turn = self.granted.map(|granted| granted.turn);
        let memo = if self.recurs {
            Some(Turn::memo(turn, memo.as_deref().unwrap_or_default()))
        } else {
            memo
        };
        memo.map(|memo| first_bytes(&memo))
    }

    /// What is to be kept beside the invoice: its price in a currency, where it has one.
    pub fn priced(&self) -> Option<&Priced> {
        self.priced.as_ref()
    }

    /// The signed invoice, around what the node minted.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when the pieces do not make an invoice, which is our fault, not the payer's.
    pub fn finish(self, minted: Minted, keys: &Keys) -> Result<Invoice, Refusal> {
        let created_at = self.sealed.created_at;
        let builder = InvoiceBuilder::for_request(self.request);
        let builder = match self.granted {
            // req RCI-W1
            Some(granted) => builder.recurrence_basetime(granted.basetime.unwrap_or(created_at)),
            None => builder,
        };
        let builder = builder
            .amount(self.amount)
            // req IW-01, IW-02, IW-04
            .created_at(created_at)
            // req IW-06
            .node_id(&keys.node_id())
            .replaces(&self.replaces);
        finish_invoice(builder, minted, self.expiry, keys).map_err(|_| Refusal::Unavailable)
    }
}

/// As much of a text as travels with the payment, whole characters only.
fn first_bytes(memo: &str) -> String {
    let fits = |(at, character): &(usize, char)| {
        at.checked_add(character.len_utf8()).is_some_and(|end| end <= MEMO_BYTES)
    };
    memo.char_indices().take_while(fits).map(|(_, character)| character).collect()
}

/// What every invoice of ours has in common: the node's part, the expiry where it is not the default, our
/// signature.
pub(crate) fn finish_invoice(
    builder: InvoiceBuilder,
    minted: Minted,
    expiry: Seconds,
    keys: &Keys,
) -> Result<Invoice, bolt12::BuildError> {
    let paths = minted.paths.into_iter().map(|path| (path.path, path.pay_info)).collect();
    let mut builder = builder.payment_hash(minted.payment_hash).paths(paths);
    // req IW-09
    if expiry != Seconds(7200) {
        builder = builder.relative_expiry(expiry);
    }
    // req IW-08
    if minted.accepts_mpp {
        builder = builder.basic_mpp();
    }
    builder.sign(keys.secp(), keys.node())
}
