//! Telling a caller what is being tried, while his call goes on.
//!
//! Whoever carries out a call says who listens; deeper down, each attempt is told as it is made. Nothing hangs on it: a
//! call without a listener tells nobody.

use std::sync::Arc;

use super::Attempt;

/// Who is told of each attempt. Must not block.
pub(crate) type Listener = Arc<dyn Fn(&Attempt) + Send + Sync>;

tokio::task_local! {
    static LISTENER: Listener;
}

/// Carries out `call`, and tells `listener` of each attempt in it.
pub(crate) async fn heard_by<F: Future>(listener: Option<Listener>, call: F) -> F::Output {
    match listener {
        Some(listener) => LISTENER.scope(listener, call).await,
        None => call.await,
    }
}

/// Who listens to the call that this is part of: to go on with it in a task of its own.
pub(crate) fn listener() -> Option<Listener> {
    LISTENER.try_with(Clone::clone).ok()
}

/// Tells of an attempt, if somebody listens.
pub(super) fn tell(attempt: &Attempt) {
    // Nobody may.
    let _ = LISTENER.try_with(|listener| listener(attempt));
}
