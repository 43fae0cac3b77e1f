//! How far a receiver has got, across restarts.

use bolt1::Timestamp;
use offerd_core::port::{PortError, Store};
use offerd_core::webhook::{Delivery, PutAside, Span};
use serde::{Deserialize, Serialize};

/// Where it is kept, by the receiver's key.
const SPACE: &str = "webhooks";

#[derive(Serialize, Deserialize)]
struct Record {
    through: u64,
    again: Vec<(u64, u64)>,
    aside: Vec<(u64, u64, String)>,
    failures: u32,
    not_before_unix: Option<u64>,
    away_since_unix: Option<u64>,
    last_error: Option<String>,
}

/// What is on record of a receiver; `None` for one that is new.
pub(super) fn load(store: &dyn Store, key: &str) -> Result<Option<Delivery>, PortError> {
    let Some(bytes) = store.read(SPACE, "", key)? else { return Ok(None) };
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| {
        PortError::rejected("the record of a webhook is garbled").because(error)
    })?;
    let span = |(first, last)| Span { first, last };
    let aside = |(first, last, why)| PutAside { span: span((first, last)), why };
    Ok(Some(Delivery {
        through: record.through,
        again: record.again.into_iter().map(span).collect(),
        aside: record.aside.into_iter().map(aside).collect(),
        failures: record.failures,
        not_before: record.not_before_unix.map(Timestamp),
        away_since: record.away_since_unix.map(Timestamp),
        last_error: record.last_error,
    }))
}

/// Takes it down, durably.
pub(super) fn keep(store: &dyn Store, key: &str, delivery: &Delivery) -> Result<(), PortError> {
    let span = |span: &Span| (span.first, span.last);
    let aside = |aside: &PutAside| (aside.span.first, aside.span.last, aside.why.clone());
    let record = Record {
        through: delivery.through,
        again: delivery.again.iter().map(span).collect(),
        aside: delivery.aside.iter().map(aside).collect(),
        failures: delivery.failures,
        not_before_unix: delivery.not_before.map(|at| at.0),
        away_since_unix: delivery.away_since.map(|at| at.0),
        last_error: delivery.last_error.clone(),
    };
    let bytes = serde_json::to_vec(&record)
        .map_err(|error| PortError::rejected("the record of a webhook").because(error))?;
    store.write(SPACE, "", key, &bytes)
}
