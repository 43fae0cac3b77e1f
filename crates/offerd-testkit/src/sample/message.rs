//! Messages of BOLT 12, signed where they must be.

use std::num::NonZeroU32;

use bolt1::{ChainHash, Msat, NodeRef};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::{BlindedPath, blind};
use bolt12::{
    BlindedPayInfo, Invoice, InvoiceBuilder, InvoiceRequest, InvoiceRequestBuilder, Offer,
    OfferBuilder, Recurrence, TimeUnit,
};
use secp256k1::Keypair;

use super::{NOW, bytes, keypair, point, secp};

/// One more than any number that tests use: for keys that only these messages have.
const PAYER: u32 = 1_000_000;

/// An offer of 1 000 sat and `number` msat, by [`keypair`] `number`.
pub fn offer(number: u32) -> Offer {
    OfferBuilder::new()
        .amount(amount(number))
        .description(&format!("coffee {number}"))
        .issuer_id(&point(number))
        .build()
        .expect("a valid offer")
}

/// The same, to be paid every minute.
pub fn recurring_offer(number: u32) -> Offer {
    OfferBuilder::new()
        .amount(amount(number))
        .description(&format!("paper {number}"))
        .issuer_id(&point(number))
        .recurrence(Recurrence::every(NonZeroU32::MIN.saturating_add(59), TimeUnit::Seconds))
        .build()
        .expect("a valid offer")
}

/// A payout of the same amount as an offer with `offer_send_invoice`, by [`keypair`] `number`.
pub fn payout_offer(number: u32) -> Offer {
    OfferBuilder::new()
        .metadata(bytes::<16>("payout nonce", number))
        .amount(amount(number))
        .description(&format!("withdrawal {number}"))
        .issuer_id(&point(number))
        .send_invoice()
        .build()
        .expect("a valid payout")
}

/// The same payout as an unsigned invoice request.
pub fn payout_request(number: u32) -> InvoiceRequest {
    let builder = payout_request_builder(number);
    builder.payer_id(&point(number)).build_unsigned().expect("a valid payout request")
}

/// The same, signed.
pub fn payout_request_signed(number: u32) -> InvoiceRequest {
    let builder = payout_request_builder(number);
    builder.sign(&secp(), &keypair(number)).expect("a valid payout request")
}

fn payout_request_builder(number: u32) -> InvoiceRequestBuilder<bolt12::invoice_request::Payout> {
    InvoiceRequestBuilder::payout()
        .metadata(bytes::<16>("payout nonce", number))
        .amount(amount(number))
        .description(&format!("withdrawal {number}"))
}

/// A request for an invoice for `offer`, which must not have a currency or want an amount or quantity.
pub fn invoice_request(offer: &Offer, number: u32) -> InvoiceRequest {
    InvoiceRequestBuilder::for_offer(offer)
        .metadata(bytes::<16>("request metadata", number))
        .sign(&secp(), &keypair(number.wrapping_add(PAYER)))
        .expect("a valid request")
}

/// An invoice for a request for [`offer`] `number`, made [`NOW`].
pub fn invoice(number: u32) -> Invoice {
    invoice_for(&invoice_request(&offer(number), number), &keypair(number), number)
}

/// An invoice for `request`, which must say an amount or be for an offer with one in bitcoin; signed by `issuer`.
pub fn invoice_for(request: &InvoiceRequest, issuer: &Keypair, number: u32) -> Invoice {
    let builder = InvoiceBuilder::for_request(request);
    let builder = match request.amount() {
        Some(_) => builder,
        None => builder.amount(request.amount_due(None).expect("a price in bitcoin")),
    };
    finish(builder, issuer, number)
}

/// An invoice that redeems the payout `offer`, which must have an amount; signed by `payee`.
pub fn invoice_for_payout_offer(offer: &Offer, payee: &Keypair, number: u32) -> Invoice {
    let metadata = bytes("invoice metadata", number);
    let builder = InvoiceBuilder::for_payout_offer(offer, metadata, ChainHash::BITCOIN);
    finish(builder, payee, number)
}

fn finish(builder: InvoiceBuilder, key: &Keypair, number: u32) -> Invoice {
    builder
        .paths(vec![payment_path(number)])
        .created_at(NOW)
        .payment_hash(bytes("payment hash", number))
        .sign(&secp(), key)
        .expect("a valid invoice")
}

/// A payment path over [`point`] `number` to the next one, which costs 1 sat and 100 ppm.
pub fn payment_path(number: u32) -> (BlindedPath, BlindedPayInfo) {
    let pay_info = BlindedPayInfo {
        fee_base_msat: 1_000,
        fee_proportional_millionths: 100,
        cltv_expiry_delta: 144,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000_000_000,
        features: Vec::new(),
    };
    (message_path(number, None), pay_info)
}

/// A message path over [`point`] `number` to the next one that carries `path_id`.
pub fn message_path(number: u32, path_id: Option<Vec<u8>>) -> BlindedPath {
    let (first, last) = (point(number), point(number.wrapping_add(1)));
    let hops = [
        (first, EncryptedData::forward(NextHop::NodeId(last))),
        (last, EncryptedData::receive(path_id)),
    ];
    let secret = keypair(number.wrapping_add(2 * PAYER)).secret_key();
    blind(&secp(), secret, NodeRef::Id(first), &hops).expect("two hops make a path")
}

fn amount(number: u32) -> Msat {
    Msat::from_sat(1_000)
        .and_then(|sat| sat.plus(Msat::new(number.into())?))
        .expect("far below all bitcoin")
}
