//! Lightning nodes in memory.
//!
//! A [`FakeNetwork`] carries onion messages and payments between its [`FakeNode`]s. The onions are real, so what
//! arrives went through every layer that is not the network itself; payments are entries in a ledger. Nothing
//! moves until the test says so ([`FakeNetwork::run`]), and then in one order on every run.
//!
//! Every two nodes are peers unless neither is announced, or the test parts them. No clock runs here: invoices never expire by
//! themselves.

mod delivery;
mod fault;
mod issuer;
mod ledger;
mod network;
mod onion;
mod payer;
mod recorder;
mod view;
mod weather;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bolt1::{Msat, PublicKey};
use offerd_core::port::{NodeEvents, PayRefused, PaymentFailure, PortError};
use secp256k1::SecretKey;

pub use fault::{Call, Moment};
pub use network::{FakeNetwork, Reach};
pub use recorder::Recorder;
pub use view::{Carried, CarriedEnd};
pub use weather::Weather;

use network::{State, Station};

/// One node of a [`FakeNetwork`]; copies are the same node.
#[derive(Clone)]
pub struct FakeNode {
    state: Arc<Mutex<State>>,
    id: PublicKey,
}

impl FakeNode {
    /// Its node id.
    pub fn id(&self) -> PublicKey {
        self.id
    }

    /// The secret of its node id.
    pub fn secret_key(&self) -> SecretKey {
        self.with(|station| station.secret_key)
    }

    /// Starts it, or starts it again after a crash: its events go to `events` from now on, and those that were not
    /// handled come again.
    pub fn start(&self, events: Arc<dyn NodeEvents>) {
        let mut state = self.lock();
        state.station(self.id).events = Some(events);
        state.offer_again();
    }

    /// It dies. Its calls fail and messages to it are lost until it is started again; events wait, payments too.
    pub fn crash(&self) {
        self.with(Station::crash);
    }

    /// It dies right before or after it carries out the next call of this sort. Its caller does not learn which.
    pub fn crash_at(&self, call: Call, moment: Moment) {
        self.with(|station| station.crash_at = Some((call, moment)));
    }

    /// As if it had died before it noted that its events were handled: all but messages come again, oldest first.
    pub fn forget_what_was_handled(&self) {
        let mut state = self.lock();
        let station = state.station(self.id);
        let handled = std::mem::take(&mut station.handled);
        station.waiting.splice(0..0, handled);
        state.offer_again();
    }

    /// Payments to it do not arrive, until they are released.
    pub fn hold_payments(&self) {
        self.with(|station| station.holds_payments = true);
    }

    /// Those that were held arrive now, and later ones at once.
    pub fn release_payments(&self) {
        let mut state = self.lock();
        state.station(self.id).holds_payments = false;
        state.release_held(self.id);
    }

    /// The payments that wait for its word have waited too long and go back.
    pub fn time_out_payments(&self) {
        self.lock().time_out(self.id);
    }

    /// The next payment that it begins fails for good.
    pub fn fail_next_payment(&self, failure: PaymentFailure) {
        self.with(|station| station.next_failure = Some(failure));
    }

    /// The next payment is not begun.
    pub fn refuse_next_pay(&self, refused: PayRefused) {
        self.with(|station| station.next_refusal = Some(refused));
    }

    /// It no longer remembers this payment, which has ended: another may be begun under the same id.
    pub fn forget_payment(&self, payment_id: [u8; 32]) {
        self.with(|station| station.known_payments.retain(|known| *known != payment_id));
    }

    /// What it has, and can send.
    pub fn balance(&self) -> Msat {
        self.with(|station| station.balance)
    }

    /// Gives it this much. It begins with [`FakeNetwork::BALANCE`].
    pub fn set_balance(&self, balance: Msat) {
        self.with(|station| station.balance = balance);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Station) -> T) -> T {
        change(self.lock().station(self.id))
    }

    /// What the node says, if it is up.
    fn ask<T>(&self, answer: impl FnOnce(&mut State) -> T) -> Result<T, PortError> {
        let mut state = self.lock();
        if state.station(self.id).is_up() { Ok(answer(&mut state)) } else { Err(is_down()) }
    }

    /// Does what a call asks, if the node is alive and does not die first; when it dies afterwards the caller
    /// learns as little.
    fn call<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let mut state = self.lock();
        if !state.station(self.id).survives(call, Moment::Before) {
            return Err(is_down());
        }
        let done = act(&mut state);
        if state.station(self.id).survives(call, Moment::After) { done } else { Err(is_down()) }
    }
}

fn is_down() -> PortError {
    PortError::unavailable("the node is down")
}

impl fmt::Debug for FakeNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeNode").field("id", &self.id).finish_non_exhaustive()
    }
}
