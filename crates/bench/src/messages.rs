//! The messages.

use bolt1::{Msat, NodeRef, PublicKey, Timestamp};
use bolt12::{
    BlindedHop, BlindedPath, BlindedPayInfo, Invoice, InvoiceBuilder, InvoiceRequest,
    InvoiceRequestBuilder, Offer, OfferBuilder,
};
use secp256k1::{Keypair, Secp256k1};

/// The key whose secret is 32 times `byte`, which is not zero.
pub fn keypair(byte: u8) -> Keypair {
    Keypair::from_seckey_slice(&Secp256k1::new(), &[byte; 32]).expect("a secret key")
}

/// One of each, as wallets exchange them.
#[derive(Clone, Debug)]
pub struct Messages {
    /// Price, description, issuer's key: what fits on a sticker.
    pub short_offer: Offer,
    /// For that offer.
    pub short_request: InvoiceRequest,
    /// The same offer with two paths of two hops.
    pub offer: Offer,
    /// For that offer, with a note.
    pub request: InvoiceRequest,
    /// For that request, with three payment paths.
    pub invoice: Invoice,
}

impl Messages {
    /// Makes them; the same each time.
    pub fn new() -> Self {
        let secp = Secp256k1::new();
        let offers = || {
            OfferBuilder::new()
                .amount(Msat::new(10_000_000).expect("not more than there is"))
                .description("two coffees, one cake")
                .issuer_id(&keypair(0x41).public_key())
        };
        let short_offer = offers().build().expect("valid");
        let short_request = InvoiceRequestBuilder::for_offer(&short_offer)
            .metadata([9; 32])
            .sign(&secp, &keypair(0x42))
            .expect("valid");
        let offer = offers().issuer("kiosk@example.com").paths(&[path(0x51), path(0x61)]);
        let offer = offer.build().expect("valid");
        let request = InvoiceRequestBuilder::for_offer(&offer)
            .metadata([9; 32])
            .payer_note("see you at noon")
            .sign(&secp, &keypair(0x42))
            .expect("valid");
        let paths = [0x71, 0x81, 0x91].map(|byte| (path(byte), pay_info())).to_vec();
        let invoice = InvoiceBuilder::for_request(&request)
            .amount(Msat::new(10_000_000).expect("not more than there is"))
            .created_at(Timestamp(1_700_000_000))
            .payment_hash([3; 32])
            .paths(paths)
            .basic_mpp()
            .sign(&secp, &keypair(0x41))
            .expect("valid");
        Self { short_offer, short_request, offer, request, invoice }
    }
}

impl Default for Messages {
    fn default() -> Self {
        Self::new()
    }
}

fn path(byte: u8) -> BlindedPath {
    let id = |step: u8| -> PublicKey { keypair(byte.wrapping_add(step)).public_key() };
    let hop =
        |step| BlindedHop { blinded_node_id: id(step), encrypted_recipient_data: vec![byte; 50] };
    BlindedPath {
        first_node_id: NodeRef::Id(id(0)),
        first_path_key: id(1),
        hops: vec![hop(2), hop(3)],
    }
}

fn pay_info() -> BlindedPayInfo {
    BlindedPayInfo {
        fee_base_msat: 1_000,
        fee_proportional_millionths: 100,
        cltv_expiry_delta: 100,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000_000,
        features: Vec::new(),
    }
}
