//! What an offers business decides: answering, paying, payouts. No I/O.

pub mod port;
