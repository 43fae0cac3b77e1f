//! What a call is to a rune: its method, its parameters by name and by position, and what it may cost.

mod facts;
mod outlay;
mod shown;

pub use facts::Facts;
pub(super) use shown::show;
