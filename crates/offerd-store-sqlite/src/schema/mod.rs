//! The schema and its versions.

mod migrate;

pub(crate) use migrate::{is_known, migrate};
