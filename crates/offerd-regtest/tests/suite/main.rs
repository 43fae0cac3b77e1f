//! The chain as its users see it: through the library and over HTTP.

mod electrum;
mod esplora;
mod faucet;
mod mempool;
mod mining;
mod packages;
mod reorg;
mod rpc;
mod rpc_transport;
mod support;
