//! The store ports in one SQLite file.
//!
//! [`SqliteStore`] keeps the offer book, payouts, payments, invoices and receipts, the log of events, the outbox,
//! and the Lightning node's own state. One commit is one transaction: the events, the rows they change and the
//! outbox entries are there together or not at all.
//!
//! # How it is kept
//! * Write-ahead log with `synchronous = FULL`: a commit is one `fsync`, and on disk when it returns. Beside the
//!   file stands its log, `<file>-wal`; a copy needs both, or a daemon that was stopped.
//! * An exclusive lock from opening to the end. A second process is told so at once.
//! * Mode 0600: the file holds strings that pay out and keys of channels.
//! * The schema's version is in `PRAGMA user_version`; `migrations/` brings older files forward, and newer ones
//!   are refused.
//!
//! # What fails how
//! * `Conflict`: a row that must be unique is there already, or the row to be changed is no longer in the state
//!   that the event leaves (a payment that has ended cannot end again).
//! * `Rejected`: an event about a row that does not exist, or a number that no column can hold.
//! * `Corrupt`: what was read back makes no sense; the message names table, row and column.
//! * `Unavailable`: the disk is full or cannot be reached, or another process holds the file.
//!
//! No decision is made here: the rules in the schema are a second fence behind those of the core.
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

mod attempts;
mod backup;
mod changes;
mod convert;
mod error;
mod events;
mod invoices;
mod kv;
mod log;
mod offers;
mod outbox;
mod payments;
mod payouts;
mod port;
mod priced;
mod receipts;
mod record;
mod schema;
mod statement;
mod store;
mod subscribers;
mod subscriptions;

pub use store::SqliteStore;
