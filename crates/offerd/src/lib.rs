//! The daemon: the only crate that knows all the others. It builds the adapters from the configuration, drives
//! the core, and speaks to callers.

pub mod driver;
pub mod rpc;
pub mod shutdown;
