//! The part of bitcoind's JSON-RPC that Lightning nodes call, over HTTP on the loopback interface.

mod auth;
mod error;
mod message;
mod methods;
mod params;
mod render;
mod server;

pub(crate) use error::RpcError;
pub use methods::FEE_ESTIMATE_SAT_PER_KVB;
pub use server::{RpcConfig, RpcServer, RpcServerError};
