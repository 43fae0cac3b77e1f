//! Making a request for an invoice.

use bolt1::{Msat, Timestamp};
use bolt12::invoice_request::ForOffer;
use bolt12::{
    Bip353Name, Invoice, InvoiceRequest, InvoiceRequestBuilder, Offer, Price, QuantityMax, field,
};
use secp256k1::Keypair;

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
}

/// A request, ready to be sent, and where to.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// What is asked for.
    pub offer: Offer,
    /// The signed request.
    pub request: InvoiceRequest,
    /// Whom to ask: over each of the offer's paths, or the issuer's node.
    pub destinations: Vec<Destination>,
}

/// Checks the call against the offer and makes the request. `metadata` is 32 random bytes, fresh for each
/// request: the payer's key is derived from it, and no issuer can tell two requests of ours apart.
///
/// # Errors
/// [`Misuse`] names what does not fit.
pub fn prepare(
    offer: &Offer,
    arguments: &FetchArguments,
    metadata: [u8; 32],
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<Fetch, Misuse> {
    if offer.is_send_invoice() {
        return Err(Misuse::WrongString(
            "this offer pays: it wants an invoice, not an invoice_request (use sendinvoice)".into(),
        ));
    }
    if offer.recurrence().is_some() {
        return Err(Misuse::NotYet { parameter: "offer", what: "recurring offers" });
    }
    // req OR-03
    if !offer.supports_chain(policy.chain) {
        return Err(Misuse::parameter("offer", "is for another chain"));
    }
    // req OR-10
    if offer.is_expired_at(now) {
        return Err(Misuse::OfferExpired);
    }
    if offer.issuer_id() == Some(keys.node_id()) {
        return Err(Misuse::PaysOurselves);
    }
    check_quantity(offer.quantity_max(), arguments.quantity)?;
    check_amount(offer, arguments)?;
    let metadata = arguments.payer_metadata.clone().unwrap_or_else(|| metadata.to_vec());
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
    finish(offer, builder, &payer, keys)
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
    Ok(Fetch { offer: offer.clone(), request, destinations })
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

fn check_amount(offer: &Offer, arguments: &FetchArguments) -> Result<(), Misuse> {
    let quantity = arguments.quantity.and_then(std::num::NonZeroU64::new);
    let quantity = quantity.unwrap_or(std::num::NonZeroU64::MIN);
    // req RW-04
    match (offer.price(), arguments.amount) {
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
