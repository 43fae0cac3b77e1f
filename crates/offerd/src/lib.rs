//! The daemon: the only crate that knows all the others. It builds the adapters from the configuration, drives
//! the core, and speaks to callers.

pub mod config;
pub mod driver;
pub mod lock;
pub mod log;
pub mod rpc;
pub mod shutdown;
pub mod assemble;
pub mod instance;
pub mod ldk_control;
