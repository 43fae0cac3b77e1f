//! Server-sent events: what a page shows now, and again whenever that changes.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use bolt1::Timestamp;
use futures_util::stream::{Stream, unfold};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::live::{CROWDED, Live};
use super::{Missing, Pages};
use crate::driver::Touched;
use crate::shutdown::Shutdown;

/// How often a quiet stream says that it is alive: often enough for the usual proxies.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream looks by itself at least so often, for what ends by the clock.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);

/// One page that is followed.
struct Stage<L> {
    look: L,
    about: Touched,
    changes: Receiver<Touched>,
    shutdown: Shutdown,
    /// When it ends by itself, if it does.
    ends_at: Option<Timestamp>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    shown: Option<Live>,
    _place: OwnedSemaphorePermit,
}

/// Follows what `look` sees of `about`.
pub(super) fn follow<L>(
    pages: &Pages,
    about: Touched,
    ends_at: Option<Timestamp>,
    look: L,
) -> Response
where
    L: Fn() -> Result<Live, Missing> + Send + Sync + 'static,
{
    let Ok(place) = pages.streams.clone().try_acquire_owned() else {
        return CROWDED.into_response();
    };
    let driver = pages.driver.clone();
    let stage = Stage {
        look,
        about,
        // Before the first look, so that no change is missed.
        changes: pages.driver.touches(),
        shutdown: pages.shutdown.clone(),
        ends_at,
        now: Box::new(move || driver.now()),
        shown: None,
        _place: place,
    };
    Sse::new(stream(stage)).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

fn stream<L>(stage: Stage<L>) -> impl Stream<Item = Result<Event, Infallible>>
where
    L: Fn() -> Result<Live, Missing>,
{
    unfold(stage, |mut stage| async move {
        let live = stage.next().await?;
        let event = live.event();
        stage.shown = Some(live);
        Some((event, stage))
    })
}

impl<L: Fn() -> Result<Live, Missing>> Stage<L> {
    /// What is to be shown next, as soon as it differs from what is; `None` at the end.
    async fn next(&mut self) -> Option<Live> {
        if self.shown.as_ref().is_some_and(|shown| shown.ended) {
            return None;
        }
        loop {
            // The browser comes back when the store cannot be read.
            let live = (self.look)().ok()?;
            if self.shown.as_ref() != Some(&live) {
                return Some(live);
            }
            self.changed().await?;
        }
    }

    /// Returns when it may have changed; `None` when the daemon ends.
    async fn changed(&mut self) -> Option<()> {
        let sleep = self.ends_at.map_or(LONGEST_SLEEP, |ends_at| {
            Duration::from_secs(ends_at.since((self.now)()).0 + 1).min(LONGEST_SLEEP)
        });
        let about = self.about;
        let changes = &mut self.changes;
        let touched = async {
            loop {
                match changes.recv().await {
                    Ok(touched) if touched != about => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return Some(()),
                    Err(RecvError::Closed) => return None,
                }
            }
        };
        tokio::select! {
            touched = touched => touched,
            () = tokio::time::sleep(sleep) => Some(()),
            () = self.shutdown.requested() => None,
        }
    }
}
