//! The driver between a store in memory and nodes in memory: what is promised about money, event by event.
//!
//! Time is tokio's and stands still while anything moves, so nothing here waits for real and every run is the same.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bounds;
mod catching_up;
mod clocks;
mod crashes;
mod flood;
mod hostile;
mod offers;
mod paying;
mod payouts;
mod pieces;
mod prices;
mod probing;
mod reach;
mod recurring;
mod redeeming;
mod spans;
mod stipends;
mod stuck;
mod subscribing;
mod world;
