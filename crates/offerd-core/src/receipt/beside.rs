//! Invoices of BOLT 11 that are shown beside offers, for wallets that know no offers.
//!
//! Such an invoice carries nothing of ours that would come back with its payment, so what it is for must be remembered.
//! It is remembered in memory alone: strangers can have them made by looking at a page. A payment for one that is
//! forgotten, after a restart, goes back to its payer; one that was accepted is on record as a payment for its offer.

use std::collections::BTreeMap;

use bolt1::{Msat, Seconds, Timestamp};

use super::{ReceiptKey, Sealed, Source, request_mac};
use crate::id::{OfferRow, PaymentHash};
use crate::keys::Keys;

/// How long such an invoice may be paid: as long as somebody looks at a page.
pub const SHOWN_FOR: Seconds = Seconds(900);

/// An invoice of BOLT 11 for an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The offer.
    pub offer: OfferRow,
    /// The string.
    pub string: String,
    /// What it asks; `None` where the payer chooses.
    pub amount: Option<Msat>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Those that can be paid now, bounded in number.
#[derive(Debug)]
pub struct BesideWindow {
    most: usize,
    by_hash: BTreeMap<PaymentHash, Beside>,
}

impl Beside {
    /// Whether it can no longer be paid.
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        now > self.created_at.plus(SHOWN_FOR)
    }

    /// What an invoice of BOLT 12 would carry: its payment is one for the offer, like any other. Where the payer
    /// chooses, what has `arrived` is what is asked.
    pub fn sealed(&self, payment_hash: PaymentHash, arrived: Msat, keys: &Keys) -> Sealed {
        let source = Source::Offer(self.offer);
        Sealed {
            key: ReceiptKey { source, request_mac: request_mac(keys, source, &payment_hash.0) },
            amount: self.amount.unwrap_or(arrived),
            created_at: self.created_at,
            expiry: SHOWN_FOR,
            counter: 0,
        }
    }
}

impl BesideWindow {
    /// An empty window for so many.
    pub fn new(most: usize) -> Self {
        Self { most, by_hash: BTreeMap::new() }
    }

    /// Whether there is room for one more, now that those are dropped which have expired. What somebody is shown stays
    /// payable: nothing makes way for a newcomer.
    pub fn has_room(&mut self, now: Timestamp) -> bool {
        self.by_hash.retain(|_, beside| !beside.is_expired_at(now));
        self.by_hash.len() < self.most
    }

    /// Remembers one, unless there is no room.
    pub fn insert(&mut self, payment_hash: PaymentHash, beside: Beside, now: Timestamp) -> bool {
        let room = self.has_room(now);
        if room {
            self.by_hash.insert(payment_hash, beside);
        }
        room
    }

    /// The one of this payment hash.
    pub fn by_hash(&self, payment_hash: &PaymentHash) -> Option<&Beside> {
        self.by_hash.get(payment_hash)
    }

    /// One for this offer that lasts for half of its life at least.
    pub fn of_offer(&self, offer: OfferRow, now: Timestamp) -> Option<&Beside> {
        let half = Seconds(SHOWN_FOR.0 / 2);
        let of_it = self.by_hash.values().filter(|beside| beside.offer == offer);
        of_it.filter(|beside| now <= beside.created_at.plus(half)).max_by_key(|it| it.created_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(row: u32, created_at: u64) -> Beside {
        let (offer, created_at) = (OfferRow(row), Timestamp(created_at));
        Beside { offer, string: format!("lnbc{row}"), amount: Msat::from_sat(5), created_at }
    }

    #[test]
    fn a_full_window_keeps_what_is_shown_until_it_has_expired() {
        let mut window = BesideWindow::new(2);
        let now = Timestamp(1_000);
        assert!(window.insert(PaymentHash([1; 32]), beside(1, 1_000), now));
        assert!(window.insert(PaymentHash([2; 32]), beside(2, 1_001), now));
        assert!(!window.insert(PaymentHash([3; 32]), beside(3, 1_001), now));
        assert!(window.by_hash(&PaymentHash([1; 32])).is_some());
        let later = Timestamp(1_000 + SHOWN_FOR.0 + 1);
        assert!(window.insert(PaymentHash([3; 32]), beside(3, later.0), later));
        assert!(window.by_hash(&PaymentHash([1; 32])).is_none());
    }

    #[test]
    fn the_one_of_an_order_is_shown_again_while_it_lasts() {
        let mut window = BesideWindow::new(2);
        let now = Timestamp(1_000);
        window.insert(PaymentHash([1; 32]), beside(1, 1_000), now);
        assert_eq!(window.of_offer(OfferRow(1), now), Some(&beside(1, 1_000)));
        assert_eq!(window.of_offer(OfferRow(2), now), None);
        assert_eq!(window.of_offer(OfferRow(1), Timestamp(1_000 + SHOWN_FOR.0 / 2 + 1)), None);
    }
}
