//! Promises of ours to pay whoever sends an invoice, and who may redeem them.

mod make;
mod redeem;
mod state;

pub use make::{MadePayout, PayoutArguments, make_payout, payout_arguments_key};
pub use redeem::{Arrival, ClaimTerms, Recognised, Redemption, recognise, redeem};
pub use state::{Payout, PayoutAmount, PromiseState};
