//! Another string of an offer, over other peers.

use bolt1::{NodeRef, Timestamp};
use bolt4::BlindedPath;
use bolt12::{Offer, OfferBuilder};

use super::OfferEntry;
use crate::misuse::Misuse;

/// Whether the newest string of an offer is to be followed by one over `paths`, the ones that lead to us now: the offer
/// can still be paid, and its string has paths, none of which begins where one of those does. A string with one good path
/// is left alone, and so is one without paths: it leads to our node id.
pub fn wants_new_string(entry: &OfferEntry, paths: &[BlindedPath], now: Timestamp) -> bool {
    let newest = &entry.newest().offer;
    if !entry.is_open() || newest.is_expired_at(now) {
        return false;
    }
    let first = |path: &BlindedPath| path.first_node_id;
    let now_over: Vec<NodeRef> = paths.iter().map(first).collect();
    let still_good = newest.paths().iter().any(|path| now_over.contains(&first(path)));
    !newest.paths().is_empty() && !still_good
}

/// The same offer over other paths: another string, and so another offer_id, for the same entry.
///
/// # Errors
/// [`Misuse::WrongString`] when the paths do not fit into an offer.
pub fn renew_offer(offer: &Offer, paths: &[BlindedPath]) -> Result<Offer, Misuse> {
    let renewed = OfferBuilder::like(offer).paths(paths).build();
    renewed.map_err(|error| Misuse::WrongString(error.to_string()))
}
