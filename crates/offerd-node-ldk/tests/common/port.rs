//! Ports for nodes that die and come back.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// A port that stays free while whoever is to listen at it is dead: below those that the system gives to whoever asks
/// for any, and another one for each process that runs tests.
pub(crate) fn own_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id() * 16 + TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + u16::try_from(number % 20_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
