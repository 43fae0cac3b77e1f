//! The HTTP client, as everything of ours that asks others over HTTP uses it.

use std::time::Duration;

use reqwest::{Client, ClientBuilder};

/// One that gives each exchange `timeout` from beginning to end, and that takes nothing from the environment.
pub fn client(timeout: Duration) -> ClientBuilder {
    // When somebody else in the process has chosen one already, theirs will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .timeout(timeout)
        .user_agent(concat!("offerd/", env!("CARGO_PKG_VERSION")))
        // A proxy is what the configuration says it is.
        .no_proxy()
}

/// Why something failed: the last cause, which says what happened; those above it say where. Without the address, which
/// may hold a key of the operator's.
pub fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
