//! The daemon: the only crate that knows all the others. It builds the adapters from the configuration, drives
//! the core, and speaks to callers.

pub mod assemble;
pub mod backup;
pub mod check;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod driver;
mod event_json;
pub mod http;
pub mod instance;
pub mod ldk_control;
pub mod lock;
pub mod log;
pub mod metrics;
pub mod rapid_gossip;
pub mod recover;
#[cfg(feature = "demo")]
pub mod regtest;
pub mod restore;
pub mod rpc;
pub mod run;
pub mod screen;
pub mod shutdown;
pub mod supervisor;
pub mod web;
pub mod webhook;
