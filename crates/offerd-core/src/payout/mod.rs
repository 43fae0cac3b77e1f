//! Promises of ours to pay whoever sends an invoice for them.

mod approve;
mod make;
mod redeem;
mod refund;
mod state;
mod turn;
mod uses;

pub use approve::{
    MOST_CANDIDATES, approve, deny, drop_expired, turn_down_all, turn_down_the_rest,
};
pub use make::{Allowance, MadePayout, PayoutArguments, make_payout, payout_arguments_key};
pub use redeem::{Arrival, ClaimTerms, Recognised, Redemption, recognise, redeem};
pub use refund::{
    Refund, RefundFor, RefundSoFar, claimed_refunds, decide_refund, may_open_again,
    promised_refunds,
};
pub use state::{Payout, PayoutAmount, PromiseState};
pub use turn::redeem_window;
pub use uses::Uses;
