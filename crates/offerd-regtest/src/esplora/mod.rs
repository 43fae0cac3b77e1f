//! The part of Esplora's HTTP interface that wallets and Lightning nodes ask, on the loopback interface.
//!
//! Nobody logs in: what can be asked and sent here is public on a real chain, and the faucet is not served.

mod answer;
mod blocks;
mod render;
mod routes;
mod scripts;
mod server;
mod submit;
mod transactions;

pub use server::EsploraServer;
