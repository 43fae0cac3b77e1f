//! What every adapter of a port must do: named behaviours, run against each of them.

pub mod store;
