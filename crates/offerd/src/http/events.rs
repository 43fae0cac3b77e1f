//! `GET /v1/events`: what happens, as it happens, by server-sent events.
//!
//! Each has the place in the store's log as its id. Whoever comes back with `Last-Event-ID` gets what he has missed,
//! however long he was away, and after a restart of ours too.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use offerd_api::ErrorObject;
use offerd_core::port::LogEntry;

use super::Seat;
use super::api::Door;
use super::authority::{Shown, allow};
use super::reply::Refused;
use super::seats::Hold;
use crate::event_json;
use crate::rpc::fault_object;
use crate::rpc::rune::Facts;

/// A word now and then, so that both sides notice when the other is gone.
const STILL_HERE: Duration = Duration::from_secs(15);
/// The method that a rune must allow to follow everything.
const METHOD: &str = "wait";

/// Follows the log behind `Last-Event-ID`, or `?after=ID`, or from now on.
pub(super) async fn follow(
    State(door): State<Door>,
    Extension(seat): Extension<Seat>,
    shown: Shown,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refused> {
    allow(&door, &shown, &Facts::of_unknown(METHOD))?;
    let last = door.driver.last_logged();
    let last = last.map_err(|error| Refused::of(fault_object(&error)))?;
    // Beyond the end is nothing that could be missed.
    let after = place(&headers, query.as_deref())?.map_or(last, |after| after.min(last));
    let follower = Follower { hold: seat.hold(), door, shown, after, lines: VecDeque::new() };
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(STILL_HERE)))
}

/// Where to go on.
fn place(headers: &HeaderMap, query: Option<&str>) -> Result<Option<u64>, Refused> {
    let refuse = |name: &str| {
        Refused::of(ErrorObject::parameter(name, "should be the id of an event, a whole number"))
    };
    if let Some(id) = headers.get("last-event-id") {
        let id = id.to_str().ok().and_then(|id| id.trim().parse().ok());
        return id.map(Some).ok_or_else(|| refuse("Last-Event-ID"));
    }
    match query {
        None | Some("") => Ok(None),
        Some(query) => {
            let id = query.strip_prefix("after=").and_then(|id| id.parse().ok());
            id.map(Some).ok_or_else(|| refuse("after"))
        }
    }
}

/// Somebody who follows.
struct Follower {
    #[expect(dead_code, reason = "keeps the seat as long as the stream lasts")]
    hold: Hold,
    door: Door,
    shown: Shown,
    after: u64,
    lines: VecDeque<LogEntry>,
}

impl Follower {
    /// The next event; `None` when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        if self.lines.is_empty() {
            self.lines = self.wait().await?.into();
        }
        let line = self.lines.pop_front()?;
        self.after = line.id;
        Some(shown(&line))
    }

    async fn wait(&self) -> Option<Vec<LogEntry>> {
        let lines = tokio::select! {
            lines = self.door.driver.wait_for_log(self.after) => lines,
            () = self.door.shutdown.requested() => return None,
        };
        let lines = lines.inspect_err(|error| tracing::warn!(%error, "the log cannot be followed"));
        // A rune that is no longer honoured ends the stream.
        let honoured = self.door.driver.authentic(&self.shown.0);
        lines.ok().filter(|_| matches!(honoured, Ok(Ok(()))))
    }
}

/// One line of the log: its kind as the event's type, its place as the id.
fn shown(line: &LogEntry) -> Event {
    let data = event_json::of(line).to_string();
    Event::default().id(line.id.to_string()).event(&line.kind).data(data)
}
