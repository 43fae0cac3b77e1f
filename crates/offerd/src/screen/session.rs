//! Who is signed in at the screens: a rune, kept for one browser.
//!
//! A browser holds 32 random bytes in a cookie that no script can read; here is only their hash, so that neither
//! memory nor the time that looking takes tells a cookie. What somebody may do is the rune's business, asked anew for
//! each call. Sessions are in memory alone: a restart signs everybody out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bitcoin::hashes::cmp::fixed_time_eq;
use bitcoin::hashes::{Hash as _, sha256};
use offerd_core::port::PortError;
use offerd_core::rune::Rune;
use tokio::time::Instant;

use crate::driver::{Entropy as _, OsEntropy};

/// Sessions at a time; for one more, the one that was idle longest ends.
pub const MOST_SESSIONS: usize = 64;
/// A session that is not used for so long ends.
pub const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends after so long in any case.
pub const LONGEST: Duration = Duration::from_secs(12 * 3_600);

/// A session's number: the hash of its cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionId([u8; 32]);

/// One browser that is signed in.
#[derive(Clone)]
pub(crate) struct Session {
    /// Its number.
    pub(crate) id: SessionId,
    /// What it was signed in with.
    pub(crate) rune: Rune,
    /// Goes with each form, so that no other site can send one: 32 hexadecimal digits.
    token: String,
    began: Instant,
    seen: Instant,
}

/// All that are signed in.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<SessionId, Session>>);

impl SessionId {
    fn of(cookie: &str) -> Self {
        Self(sha256::Hash::hash(cookie.as_bytes()).to_byte_array())
    }
}

impl Session {
    /// What a form of this session has to bring back.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Whether a form was one of this session.
    pub(crate) fn admits(&self, token: &str) -> bool {
        token.len() == self.token.len() && fixed_time_eq(token.as_bytes(), self.token.as_bytes())
    }

    fn is_over_at(&self, now: Instant) -> bool {
        now.duration_since(self.seen) >= IDLE || now.duration_since(self.began) >= LONGEST
    }
}

impl Sessions {
    /// Signs a browser in. The cookie that it is to keep.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub(crate) fn open(&self, rune: Rune) -> Result<String, PortError> {
        let (mut cookie, mut token) = ([0; 32], [0; 16]);
        OsEntropy.fill(&mut cookie)?;
        OsEntropy.fill(&mut token)?;
        let (cookie, token) = (hex::encode(cookie), hex::encode(token));
        let (id, now) = (SessionId::of(&cookie), Instant::now());
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, session| !session.is_over_at(now));
        if held.len() >= MOST_SESSIONS
            && let Some(idle) = held.values().min_by_key(|session| session.seen).map(|it| it.id)
        {
            held.remove(&idle);
        }
        held.insert(id, Session { id, rune, token, began: now, seen: now });
        Ok(cookie)
    }

    /// The session that a cookie is of, which counts as used now.
    pub(crate) fn find(&self, cookie: &str) -> Option<Session> {
        let (id, now) = (SessionId::of(cookie), Instant::now());
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, session| !session.is_over_at(now));
        let session = held.get_mut(&id)?;
        session.seen = now;
        Some(session.clone())
    }

    /// Signs a browser out.
    pub(crate) fn close(&self, id: SessionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use offerd_core::rune::MasterRune;
    use tokio::time::advance;

    use super::*;

    fn rune() -> Rune {
        MasterRune::new(&[7; 32]).rune(Vec::new())
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_when_it_is_idle_and_after_half_a_day() {
        let sessions = Sessions::default();
        let idle = sessions.open(rune()).unwrap();
        advance(IDLE).await;
        assert!(sessions.find(&idle).is_none());
        let busy = sessions.open(rune()).unwrap();
        for _ in 0..(LONGEST.as_secs() / 600 - 1) {
            advance(Duration::from_secs(600)).await;
            assert!(sessions.find(&busy).is_some());
        }
        advance(Duration::from_secs(600)).await;
        assert!(sessions.find(&busy).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_was_idle_longest_makes_room() {
        let sessions = Sessions::default();
        let first = sessions.open(rune()).unwrap();
        advance(Duration::from_secs(1)).await;
        let second = sessions.open(rune()).unwrap();
        advance(Duration::from_secs(1)).await;
        assert!(sessions.find(&first).is_some());
        for _ in 2..=MOST_SESSIONS {
            advance(Duration::from_secs(1)).await;
            sessions.open(rune()).unwrap();
        }
        assert!(sessions.find(&second).is_none(), "it was idle longest");
        assert!(sessions.find(&first).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn only_forms_of_the_session_are_admitted_and_only_until_it_is_closed() {
        let sessions = Sessions::default();
        let (one, other) = (sessions.open(rune()).unwrap(), sessions.open(rune()).unwrap());
        let (one, other) = (sessions.find(&one).unwrap(), sessions.find(&other).unwrap());
        assert!(one.admits(one.token()));
        assert!(!one.admits(other.token()) && !one.admits(""));
        sessions.close(one.id);
        assert!(sessions.0.lock().unwrap().len() == 1);
    }
}
