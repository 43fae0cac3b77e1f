//! What wallets and we do with each other.

pub(crate) mod hours;
pub(crate) mod our_offers;
pub(crate) mod payouts;
pub(crate) mod periods;
pub(crate) mod refunds;
pub(crate) mod their_offers;
