//! Buying inbound liquidity from a provider (an LSP): which of its terms are taken, and what it may keep of a payment.
//!
//! A provider opens a channel to us at the moment when a first payment comes (bLIP-52, "LSPS2"), and keeps its price
//! for that out of the payment. So what arrives is less than what the payer has sent, and it arrives over a channel
//! whose funding is not mined yet. Both are allowed to this provider alone, for the payments that were agreed on, and
//! never beyond the price that was agreed on.
//!
//! A channel can be ordered for money beforehand as well ([`order`]; bLIP-51, "LSPS1").

pub mod order;
mod skim;
mod terms;

pub use skim::{KeptTooMuch, judge_kept};
pub use terms::{
    JustInTime, LONGEST_DELAY, OUR_TO_SELF_DELAY, OpeningTerms, TermsRefused, choose_terms,
};
