//! The HTTP door over a driver in memory: calls with runes, the screens, what strangers get, and clients that misbehave.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "nothing outside is to reach a test")]

mod bad_input;
#[path = "../rpc/caller.rs"]
#[allow(dead_code, reason = "shared with the tests of the socket")]
mod caller;
mod calls;
mod client;
mod crowds;
mod deliveries;
mod events;
mod metrics;
#[path = "../rpc/node.rs"]
#[allow(dead_code, reason = "shared with the tests of the socket")]
mod node;
mod operator;
mod recipe;
mod runes;
mod screen;
mod tls;
mod webhooks;
#[path = "../driver/world.rs"]
#[allow(dead_code, reason = "shared with the tests of the driver")]
mod world;
