//! What bitcoin costs, from HTTP sources and files.
//!
//! A [`Source`] is a name, the template of an address and a JSON pointer to the number in the reply. [`HttpRates`]
//! asks the sources of each currency that matters again and again, backs off from those that fail, and keeps what
//! they said in a [`RateBook`](offerd_core::rates::RateBook), which judges whom to believe.
//!
//! | file | subject |
//! |---|---|
//! | `source` | a source as it is configured |
//! | `builtin` | the well-known public ones |
//! | `pointer` | finding the number in the reply |
//! | `client` | the HTTP client, which webhooks use too |
//! | `fetch` | one reply, within bounds of time and size |
//! | `read` | from reply to price, and all that can go wrong on the way |
//! | `schedule` | when to ask whom next |
//! | `service` | all of it together, behind the port |

mod builtin;
mod client;
mod fetch;
mod pointer;
mod read;
mod schedule;
mod service;
mod source;

pub use builtin::builtin_sources;
pub use client::{cause, client};
pub use fetch::{Proxy, ProxyError};
pub use read::ReadError;
pub use service::{Clock, HttpRates, Pace, Settings};
pub use source::{Source, SourceError};
