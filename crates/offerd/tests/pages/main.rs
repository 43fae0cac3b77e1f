//! The pages over drivers in memory: what a visitor sees, when it changes, and what is refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "nothing outside is to reach a test")]

mod beside;
mod browser;
#[path = "../rpc/caller.rs"]
#[allow(dead_code, reason = "shared with the tests of the socket")]
mod caller;
mod guard;
mod live;
mod look;
#[path = "../rpc/node.rs"]
#[allow(dead_code, reason = "shared with the tests of the socket")]
mod node;
#[path = "../shared/python.rs"]
mod python;
mod visitor;
#[path = "../driver/world.rs"]
#[allow(dead_code, reason = "shared with the tests of the driver")]
mod world;
