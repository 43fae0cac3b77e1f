//! The part of the Electrum protocol that wallets and Lightning nodes ask: a line of JSON-RPC each way, over TCP on the
//! loopback interface. New tips are told to whoever has asked for headers.
//!
//! Nobody logs in: what can be asked and sent here is public on a real chain, and the faucet is not served.

mod headers;
mod methods;
mod scripts;
mod server;
mod transactions;

pub use server::ElectrumServer;
