//! Making a request for an invoice.

use bolt1::{Msat, Timestamp};
use bolt12::invoice_request::ForOffer;
use bolt12::{
    Bip353Name, Invoice, InvoiceRequest, InvoiceRequestBuilder, Offer, Price, QuantityMax, field,
};
use secp256k1::Keypair;

use super::series::{SeriesArguments, check_series};
use crate::keys::Keys;
use crate::misuse::Misuse;
use crate::policy::Policy;
use crate::port::Destination;

/// What the caller wants of an offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchArguments {
    /// What to pay; required where the offer has no price, else at least its price (a tip on top is fine).
    pub amount: Option<Msat>,
    /// How many; required where the offer has `offer_quantity_max`.
    pub quantity: Option<u64>,
    /// A word to the issuer.
    pub payer_note: Option<String>,
    /// Instead of random `invreq_metadata`, so that the same payer key comes out again.
    pub payer_metadata: Option<Vec<u8>>,
    /// The name that the offer was found under.
    pub bip_353_name: Option<Bip353Name>,
    /// Which payment of a series; required where the offer recurs, unless it may be paid once.
    pub series: Option<SeriesArguments>,
}

/// A request, ready to be sent, and where to.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// What is asked for.
    pub offer: Offer,
    /// The signed request.
    pub request: InvoiceRequest,
    /// The start of period 0 of the series that it belongs to, where that is known already.
    pub basetime: Option<Timestamp>,
    /// Whom to ask: over each of the offer's paths, or the issuer's node.
    pub destinations: Vec<Destination>,
}

/// Checks the call against the offer and makes the request. `metadata_of_one` is 32 random bytes, fresh for each
/// request that belongs to no series: the payer's key is derived from it, and no issuer can tell that two of them are
/// ours.
///
/// # Errors
/// [`Misuse`] names what does not fit.
pub fn prepare(
    offer: &Offer,
    arguments: &FetchArguments,
    metadata_of_one: [u8; 32],
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<Fetch, Misuse> {
    if offer.is_send_invoice() {
        return Err(Misuse::WrongString(
            "this offer pays: it wants an invoice, not an invoice_request (use sendinvoice)".into(),
        ));
    }
    // req OR-03
    if !offer.supports_chain(policy.chain) {
        return Err(Misuse::parameter("offer", "is for another chain"));
    }
    let later = arguments.series.as_ref().is_some_and(|series| series.counter > 0);
    // req OR-10, RCO-R5
    if offer.is_expired_at(now) && !later {
        return Err(Misuse::OfferExpired);
    }
    if offer.issuer_id() == Some(keys.node_id()) {
        return Err(Misuse::PaysOurselves);
    }
    let recurring = recurring(offer, arguments, now)?;
    if !recurring.cancel {
        check_quantity(offer.quantity_max(), arguments.quantity)?;
        check_amount(offer, arguments.amount, arguments.quantity)?;
    }
    let given = arguments.series.as_ref().map(|series| series.metadata.to_vec());
    let metadata = given.or_else(|| arguments.payer_metadata.clone());
    let metadata = metadata.unwrap_or_else(|| metadata_of_one.to_vec());
    // req RW-05, RW-06
    let payer = keys.payer(&metadata);
    let mut builder =
        InvoiceRequestBuilder::for_offer(offer).metadata(metadata).payer_id(&payer.public_key());
    if policy.chain != bolt1::ChainHash::BITCOIN {
        builder = builder.chain(policy.chain);
    }
    if let Some(amount) = arguments.amount {
        builder = builder.amount(amount);
    }
    if let Some(quantity) = arguments.quantity {
        builder = builder.quantity(quantity);
    }
    if let Some(note) = &arguments.payer_note {
        builder = builder.payer_note(note);
    }
    if let Some(name) = &arguments.bip_353_name {
        // req RW-44
        builder = builder.bip_353_name(name);
    }
    if let Some(counter) = recurring.counter {
        builder = builder.recurrence_counter(counter);
    }
    if let Some(start) = recurring.start {
        builder = builder.recurrence_start(start);
    }
    if recurring.cancel {
        builder = builder.recurrence_cancel();
    }
    let basetime = recurring.basetime;
    Ok(Fetch { basetime, ..finish(offer, builder, &payer, keys)? })
}

/// What a request says of recurrence.
#[derive(Default)]
struct Recurring {
    counter: Option<u32>,
    start: Option<u32>,
    cancel: bool,
    basetime: Option<Timestamp>,
}

fn recurring(
    offer: &Offer,
    arguments: &FetchArguments,
    now: Timestamp,
) -> Result<Recurring, Misuse> {
    let refuse = |name, expected| Err(Misuse::parameter(name, expected));
    match (offer.recurrence(), &arguments.series) {
        (None, None) => Ok(Recurring::default()),
        (None, Some(_)) => refuse("recurrence_counter", "unnecessary: the offer does not recur"),
        (Some(schedule), None) if schedule.compulsory => {
            refuse("recurrence_counter", "is required: the offer is paid again and again")
        }
        // A series of one, under a key of its own.
        (Some(_), None) => Ok(Recurring { counter: Some(0), ..Recurring::default() }),
        (Some(_), Some(_)) if arguments.payer_metadata.is_some() => {
            refuse("payer_metadata", "cannot be set: the key of a series follows from its label")
        }
        (Some(schedule), Some(asked)) => {
            let basetime = check_series(schedule, asked, now)?;
            let counter = Some(asked.counter);
            Ok(Recurring { counter, start: asked.start, cancel: asked.cancel, basetime })
        }
    }
}

/// The request that `invoice`, one for `offer`, was the answer to, once more: the same bytes, so that the issuer knows
/// it for the same request. Of all its invoices an honest issuer takes one payment.
///
/// # Errors
/// [`Misuse::WrongString`] when it was not a request of ours.
pub fn repeat(offer: &Offer, invoice: &Invoice, keys: &Keys) -> Result<Fetch, Misuse> {
    let payer = keys.payer(invoice.request_view().metadata());
    let own = invoice.invreq_records().filter(|record| !field::in_offer(record.typ));
    let builder = own.fold(InvoiceRequestBuilder::for_offer(offer), |builder, record| {
        builder.raw(record.typ, record.value)
    });
    finish(offer, builder, &payer, keys)
}

fn finish(
    offer: &Offer,
    builder: InvoiceRequestBuilder<ForOffer>,
    payer: &Keypair,
    keys: &Keys,
) -> Result<Fetch, Misuse> {
    let request =
        builder.sign(keys.secp(), payer).map_err(|error| Misuse::WrongString(error.to_string()))?;
    // req OR-11
    let destinations = match (offer.paths(), offer.issuer_id()) {
        ([], Some(issuer)) => vec![Destination::Node(issuer)],
        (paths, _) => paths.iter().cloned().map(Destination::Path).collect(),
    };
    Ok(Fetch { offer: offer.clone(), request, basetime: None, destinations })
}

/// Whether a caller may ask for so many of what an offer counts, or does not count.
pub(crate) fn check_quantity(
    counted: Option<QuantityMax>,
    quantity: Option<u64>,
) -> Result<(), Misuse> {
    // req RW-07, RW-08
    match (counted, quantity) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Misuse::parameter("quantity", "quantity parameter unnecessary")),
        (Some(_), None) => {
            Err(Misuse::parameter("quantity", "is required: the offer is by the piece"))
        }
        (Some(_), Some(0)) => Err(Misuse::parameter("quantity", "must be non-zero")),
        (Some(QuantityMax::Bounded(max)), Some(asked)) if asked > max.get() => {
            Err(Misuse::parameter("quantity", format!("must be <= {max}")))
        }
        (Some(_), Some(_)) => Ok(()),
    }
}

/// Whether a caller may pay this amount for so many of what an offer counts, or does not count.
pub(crate) fn check_amount(
    offer: &Offer,
    amount: Option<Msat>,
    quantity: Option<u64>,
) -> Result<(), Misuse> {
    let quantity = quantity.and_then(std::num::NonZeroU64::new);
    let quantity = quantity.unwrap_or(std::num::NonZeroU64::MIN);
    // req RW-04
    match (offer.price(), amount) {
        (Price::PayerDecides, None) => {
            Err(Misuse::parameter("amount_msat", "is required: the offer leaves it to the payer"))
        }
        (_, Some(Msat::ZERO)) => Err(Misuse::parameter("amount_msat", "must be non-zero")),
        // What the price comes to is the issuer's to say, and ours to judge when its invoice is here.
        (Price::Fiat { .. }, _) => Ok(()),
        (Price::Msat(each), amount) => {
            let least = each.times(quantity).ok_or_else(|| {
                Misuse::parameter("quantity", "price times quantity is too large")
            })?;
            match amount {
                Some(amount) if amount < least => Err(Misuse::parameter(
                    "amount_msat",
                    format!("the offer asks at least {least}"),
                )),
                Some(_) | None => Ok(()),
            }
        }
        (Price::PayerDecides, Some(_)) => Ok(()),
    }
}
