//! Calls that were begun at the screen and take their time: payments and redemptions.
//!
//! They go on when nobody looks, and are remembered for as long as there is room, so that a page can show how they
//! stand. What has become of money is on record; this is only the way there.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bolt1::Timestamp;
use offerd_api::ErrorObject;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Screen;
use super::complaint::Complaint;
use super::session::{Session, SessionId};

/// Errands that are remembered.
const MOST: usize = 256;
/// Errands of one session that may be under way.
const MOST_UNDER_WAY: usize = 16;
/// So long a form waits for a refusal before it leads on.
const MOMENT: Duration = Duration::from_millis(400);

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `pay`.
    Payment,
    /// `sendinvoice`.
    Collection,
}

/// How it stands.
#[derive(Clone, Debug, Default)]
pub(super) enum Progress {
    /// Under way.
    #[default]
    UnderWay,
    /// Over, with what came of it.
    Over {
        /// When.
        at: Timestamp,
        /// The result of the call.
        outcome: Result<Value, ErrorObject>,
        /// The payer proof, where there is one.
        proof: Option<String>,
    },
}

/// One of them.
#[derive(Clone)]
pub(super) struct Errand {
    owner: SessionId,
    pub(super) label: String,
    pub(super) kind: Kind,
    /// What it is about, in words.
    pub(super) about: String,
    /// The code that it was begun with.
    pub(super) code: String,
    pub(super) progress: watch::Receiver<Progress>,
}

/// All that are remembered, oldest first.
#[derive(Default)]
pub(super) struct Errands(Mutex<VecDeque<Errand>>);

impl Errand {
    /// Whether it is still under way.
    pub(super) fn is_under_way(&self) -> bool {
        matches!(*self.progress.borrow(), Progress::UnderWay)
    }

    /// Waits a moment; what it was refused with, if it was refused at once.
    async fn refused_at_once(&self) -> Option<ErrorObject> {
        let mut progress = self.progress.clone();
        let over = progress.wait_for(|progress| matches!(progress, Progress::Over { .. }));
        match &*timeout(MOMENT, over).await.ok()?.ok()? {
            Progress::Over { outcome: Err(error), .. } => Some(error.clone()),
            Progress::Over { outcome: Ok(_), .. } | Progress::UnderWay => None,
        }
    }
}

impl Errands {
    /// An errand of this session.
    pub(super) fn find(&self, owner: SessionId, label: &str) -> Option<Errand> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_label = |errand: &&Errand| errand.owner == owner && errand.label == label;
        held.iter().rev().find(of_label).cloned()
    }

    /// Remembers one; `false` when its session has too many under way.
    fn remember(&self, errand: Errand) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = |it: &&Errand| it.owner == errand.owner && it.is_under_way();
        if held.iter().filter(under_way).count() >= MOST_UNDER_WAY {
            return false;
        }
        held.retain(|it| it.owner != errand.owner || it.label != errand.label);
        if held.len() >= MOST {
            let over = held.iter().position(|it| !it.is_under_way());
            held.remove(over.unwrap_or_default());
        }
        held.push_back(errand);
        true
    }
}

impl Screen {
    /// Begins an errand and waits a moment: what is wrong with it may show at once, and is then said at one of `fields`.
    pub(super) async fn begin(
        &self,
        session: &Session,
        kind: Kind,
        what: (&str, &str, String),
        params: Value,
        fields: &[&str],
    ) -> Result<(), Complaint> {
        let too_much = || Complaint::about_all("Too much is under way: wait for some of it.");
        let errand = self.set_out(session, kind, what, params).ok_or_else(too_much)?;
        match errand.refused_at_once().await {
            Some(error) => Err(Complaint::of(&error, fields)),
            None => Ok(()),
        }
    }

    /// Begins an errand, or finds the one that is under way under its label; `None` when there are too many.
    fn set_out(
        &self,
        session: &Session,
        kind: Kind,
        (label, code, about): (&str, &str, String),
        params: Value,
    ) -> Option<Errand> {
        if let Some(known) = self.errands.find(session.id, label).filter(Errand::is_under_way) {
            return Some(known);
        }
        let (tell, progress) = watch::channel(Progress::UnderWay);
        let (owner, label, code) = (session.id, label.to_owned(), code.to_owned());
        let errand = Errand { owner, label, kind, about, code, progress };
        if !self.errands.remember(errand.clone()) {
            return None;
        }
        let (screen, rune) = (self.clone(), session.rune.clone());
        tokio::spawn(async move {
            let method = match kind {
                Kind::Payment => "pay",
                Kind::Collection => "sendinvoice",
            };
            let outcome = screen.call(&rune, method, params).await;
            let proof = match (&outcome, kind) {
                (Ok(result), Kind::Payment) => screen.proof_of(&rune, result).await,
                (Ok(_), Kind::Collection) | (Err(_), _) => None,
            };
            let at = screen.door.driver.now();
            // Nobody may be looking.
            tell.send_replace(Progress::Over { at, outcome, proof });
        });
        Some(errand)
    }

    /// The payer proof of a payment, where it has one and the rune allows it.
    pub(super) async fn proof_of(
        &self,
        rune: &offerd_core::rune::Rune,
        payment: &Value,
    ) -> Option<String> {
        let arrived = payment.get("status").and_then(Value::as_str) == Some("complete");
        let invoice = payment.get("bolt12").filter(|_| arrived)?;
        let proofs = self.call(rune, "createproof", json!({ "invstring": invoice })).await.ok()?;
        proofs.pointer("/proofs/0/bolt12").and_then(Value::as_str).map(str::to_owned)
    }
}
