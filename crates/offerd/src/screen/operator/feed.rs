//! What happens, as it happens: the last lines of the log, and a stream that tells pages to look again.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use bolt1::Timestamp;
use futures_util::stream;
use offerd_api::ErrorObject;
use offerd_core::port::LogEntry;
use offerd_core::rune::Rune;

use crate::http::Door;
use crate::http::call::may;
use crate::http::seats::Hold;
use crate::rpc::fault_object;
use crate::screen::Screen;
use crate::screen::visitor::Visitor;
use crate::web::words;

/// The method that a rune must allow to follow everything, as for the stream of events.
const METHOD: &str = "wait";
/// Lines that are shown.
const SHOWN: u64 = 12;
/// Pages are told no more often than this, however much happens.
const PAUSE: Duration = Duration::from_millis(500);
/// A word now and then, so that both sides notice when the other is gone.
const STILL_HERE: Duration = Duration::from_secs(15);

/// One line of the log, in words.
pub(super) struct Line {
    pub(super) what: String,
    pub(super) about: String,
    pub(super) when: Option<String>,
}

/// The last lines, the latest first.
///
/// # Errors
/// Where the rune does not allow it, or the store cannot be read.
pub(super) fn lately(screen: &Screen, visitor: &Visitor) -> Result<Vec<Line>, ErrorObject> {
    may(&screen.door, &visitor.session.rune, METHOD)?;
    let driver = &screen.door.driver;
    let read = || {
        let after = driver.last_logged()?.saturating_sub(SHOWN);
        driver.store().log_after(after, usize::try_from(SHOWN).unwrap_or(usize::MAX))
    };
    let lines = read().map_err(|error| fault_object(&error))?;
    Ok(lines.iter().rev().map(line).collect())
}

fn line(entry: &LogEntry) -> Line {
    Line {
        what: entry.kind.replace('_', " "),
        about: entry.subject.chars().take(40).collect(),
        when: entry.at.map(|Timestamp(at)| words::moment(Timestamp(at))),
    }
}

/// Where the log ends now; 0 where it cannot be read, so that the page looks again.
pub(super) fn logged(screen: &Screen) -> u64 {
    screen.door.driver.last_logged().unwrap_or_default()
}

/// Tells a page that something has happened since `?after=`, the place in the log that it was made at, each time that
/// something has.
pub(super) async fn follow(
    State(screen): State<Screen>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    if may(&screen.door, &visitor.session.rune, METHOD).is_err() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Ok(after) = screen.door.driver.last_logged() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let asked = query.as_deref().and_then(|query| query.strip_prefix("after=")?.parse().ok());
    let after = asked.map_or(after, |asked: u64| asked.min(after));
    let Visitor { session, hold } = visitor;
    let follower = Follower { door: screen.door, rune: session.rune, after, hold };
    let ticks = stream::unfold(follower, |mut follower| async move {
        follower.next().await?;
        // Browsers pass on no event without data.
        let tick = Event::default().event("changed").data(follower.after.to_string());
        Some((Ok::<_, Infallible>(tick), follower))
    });
    Sse::new(ticks).keep_alive(KeepAlive::new().interval(STILL_HERE)).into_response()
}

/// A page that is followed.
struct Follower {
    door: Door,
    rune: Rune,
    after: u64,
    #[expect(dead_code, reason = "keeps the seat as long as the stream lasts")]
    hold: Hold,
}

impl Follower {
    /// Waits for more; `None` when the stream is over.
    async fn next(&mut self) -> Option<()> {
        let lines = tokio::select! {
            lines = self.door.driver.wait_for_log(self.after) => lines.ok()?,
            () = self.door.shutdown.requested() => return None,
        };
        tokio::time::sleep(PAUSE).await;
        self.after = self.door.driver.last_logged().ok()?.max(lines.last()?.id);
        // A rune that is no longer honoured ends the stream.
        matches!(self.door.driver.authentic(&self.rune), Ok(Ok(()))).then_some(())
    }
}
