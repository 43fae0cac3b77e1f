//! Invoices of BOLT 11 beside offers, for the wallets that know no offers.

use bolt12::Price;
use offerd_core::PaymentHash;
use offerd_core::offer_book::OfferEntry;
use offerd_core::port::{Bolt11Order, Bolt11Refused, Hints, PortError};
use offerd_core::receipt::{Beside, SHOWN_FOR};
use tracing::warn;

use super::Driver;

/// Invoices that are shown at a time: a megabyte of memory.
pub(super) const MOST_BESIDE: usize = 1_000;
/// The longest description that such an invoice can hold, in bytes; of a longer one it has the hash.
const LONGEST_DESCRIPTION: usize = 639;

impl Driver {
    /// The invoice that is shown beside an order now, if one is.
    pub fn shown_beside(&self, entry: &OfferEntry) -> Option<String> {
        let now = self.now();
        let memory = self.memory();
        memory.beside.of_offer(entry.row, now).map(|beside| beside.string.clone())
    }

    /// An invoice of BOLT 11 for one payment of an open offer: of an order the one that is shown already, else a fresh
    /// one, so that no two viewers share it. `None` where there can be none: the offer recurs, counts items, is in a
    /// currency without a rate, or too many are shown already.
    ///
    /// # Errors
    /// When the node cannot make one.
    pub async fn beside(&self, entry: &OfferEntry) -> Result<Option<String>, PortError> {
        if entry.single_use
            && let Some(shown) = self.shown_beside(entry)
        {
            return Ok(Some(shown));
        }
        let offer = &entry.newest().offer;
        if entry.recurrence().is_some() || offer.quantity_max().is_some() {
            return Ok(None);
        }
        let amount = match (offer.price(), self.costs(entry)) {
            (Price::PayerDecides, _) => None,
            (Price::Msat(_) | Price::Fiat { .. }, Some(amount)) => Some(amount),
            (Price::Msat(_) | Price::Fiat { .. }, None) => return Ok(None),
        };
        let now = self.now();
        if !self.memory().beside.has_room(now) {
            warn!("no more invoices are shown beside offers: too many are shown already");
            return Ok(None);
        }
        let description = offer.description().map_or("", bolt12::PeerText::as_str).to_owned();
        let minted = self.ports.issuer.mint_bolt11(Bolt11Order {
            amount,
            description_as_hash: description.len() > LONGEST_DESCRIPTION,
            description,
            expiry: SHOWN_FOR,
            final_delay: None,
            fallbacks: Vec::new(),
            preimage: None,
            hints: Hints::Automatic,
        });
        let minted = match minted.await {
            Ok(minted) => minted,
            Err(Bolt11Refused::Fault(fault)) => return Err(fault),
            Err(refused) => return Err(PortError::unavailable(refused.to_string())),
        };
        let (offer, string, created_at) = (entry.row, minted.string, minted.created_at);
        let beside = Beside { offer, string: string.clone(), amount, created_at };
        let kept = self.memory().beside.insert(PaymentHash(minted.payment_hash), beside, now);
        Ok(kept.then_some(string))
    }
}
