//! Paying an offer again and again by ourselves, within what was allowed once and for all.
//!
//! A [`Subscription`] is a record; [`look`] says what is to be done about it now, and every way it can change is a
//! function that gives what is to be committed. What a request of a series must say is `fetch`'s to know; whether one
//! of its payments was made already is told by the payments on record, never by the subscription alone.
//!
//! ```text
//!            remind            begin          paid
//!   Active ─────────▶ Active ─────────▶ Active, paying ─────────▶ Active (next period) ──▶ Ended
//!     │ ▲   a setback: later, or          │ failed
//!     ▼ │ resume                          ▼
//!   Paused ◀── too late, too dear      Active, with a trouble
//!
//!   where the issuer knows of more payments than we do: forward to its next one, see `catch_up`
//!   cancel, from anywhere: Cancelled, and the issuer is told once. What is on its way then may still arrive.
//! ```

mod catch_up;
mod judge;
mod make;
mod schedule;
mod state;
mod step;

pub use catch_up::on_caught_up;
pub use judge::{Setback, judge_invoice};
pub use make::{SubscribeArguments, subscribe};
pub use schedule::PeriodTimes;
pub use state::{Caps, Subscription, SubscriptionChange, SubscriptionState, Trouble};
pub use step::{
    Next, look, on_begun, on_cancel, on_ended, on_pause, on_resume, on_setback, on_told,
};
