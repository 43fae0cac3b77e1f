//! An offer in the book.

use bolt1::Timestamp;
use bolt12::{Offer, OfferId, Price, Recurrence};

use crate::id::OfferRow;
use crate::port::Fronts;
use crate::rates::FiatAmount;

/// One standing offer: what it says, and every string that was ever handed out for it. All of them are
/// answered as long as the offer lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferEntry {
    /// Its number.
    pub row: OfferRow,
    /// SHA-256 over the normalised arguments, by which a repeated call finds it; `None` for single-use offers,
    /// which are never merged.
    pub arguments_key: Option<[u8; 32]>,
    /// The maker's own name for it.
    pub label: Option<String>,
    /// The shop's order number or the like.
    pub external_id: Option<String>,
    /// Free words to sort by.
    pub tags: Vec<String>,
    /// Where its page sends the payer once it is paid: an http or https address of the maker's.
    pub return_url: Option<String>,
    /// At most one payment of it is ever accepted.
    pub single_use: bool,
    /// Whether requests are answered.
    pub active: bool,
    /// Whether it was ever paid.
    pub used: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The peers that stand in front of us in its strings and in the invoices for it.
    pub fronts: Fronts,
    /// Its strings, oldest first; never empty.
    pub encodings: Vec<OfferEncoding>,
}

/// One string of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferEncoding {
    /// The offer as handed out.
    pub offer: Offer,
    /// The secret at the end of its `offer_paths`; `None` when it has no paths.
    pub path_id: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl OfferEncoding {
    /// The offer_id of this string.
    pub fn offer_id(&self) -> OfferId {
        self.offer.id()
    }
}

impl OfferEntry {
    /// The newest string.
    pub fn newest(&self) -> &OfferEncoding {
        self.encodings.last().expect("an entry is made with an encoding and never loses one")
    }

    /// The string of this offer_id.
    pub fn encoding(&self, id: &OfferId) -> Option<&OfferEncoding> {
        self.encodings.iter().find(|encoding| encoding.offer_id() == *id)
    }

    /// By which schedule it is paid again and again, where it is. All strings of an offer say the same.
    pub fn recurrence(&self) -> Option<&Recurrence> {
        self.newest().offer.recurrence()
    }

    /// What one item costs, where that is in a currency. All strings of an offer say the same.
    pub fn fiat_price(&self) -> Option<FiatAmount> {
        match self.newest().offer.price() {
            Price::Fiat { currency, minor_units } => FiatAmount::new(currency, minor_units).ok(),
            Price::Msat(_) | Price::PayerDecides => None,
        }
    }

    /// Whether a payment may still be accepted.
    pub fn is_open(&self) -> bool {
        self.active && !(self.single_use && self.used)
    }
}
