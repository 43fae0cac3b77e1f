//! The JSON-RPC over drivers in memory: what a caller of each method gets, and that a wrong call changes nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "nothing outside is to reach a test")]

mod audit;
mod bad_input;
mod bolt11;
mod caller;
mod checkout;
mod codes;
mod lightning_cli;
mod node;
mod offers;
mod outlook;
mod payouts;
mod prices;
mod proofs;
mod shop;
mod subscriptions;
mod table;
mod waits;
#[path = "../driver/world.rs"]
#[allow(dead_code, reason = "shared with the tests of the driver")]
mod world;
