//! Ending well: one signal that everything listens to.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The exit code of a process that was asked twice.
const AT_ONCE: i32 = 130;

/// Tells everybody that the daemon ends. Clones are the same signal.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// A signal that was not given yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Gives it. A second time does nothing more.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was given.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it was given.
    pub async fn requested(&self) {
        let mut seen = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = seen.wait_for(|requested| *requested).await;
    }

    /// Gives it when the terminal that the process was started from is closed: SIGHUP.
    ///
    /// # Errors
    /// When the signal cannot be listened to.
    pub fn on_hangup(&self) -> std::io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            hangup.recv().await;
            tracing::info!(signal = "SIGHUP", "shutting down");
            shutdown.request();
        });
        Ok(())
    }

    /// Gives it when the process is asked to end: SIGTERM, or Ctrl-C. Asked again, the process ends at once, which
    /// loses nothing: what matters is on disk before it is told.
    ///
    /// # Errors
    /// When the signals cannot be listened to.
    pub fn on_signals(&self) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            for first in [true, false] {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                };
                if first {
                    tracing::info!(signal = name, "shutting down");
                    shutdown.request();
                } else {
                    tracing::warn!(signal = name, "asked again: ending at once");
                    std::process::exit(AT_ONCE);
                }
            }
        });
        Ok(())
    }
}
