//! Which promises were withdrawn when a claim on them was decided.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use offerd_core::payment::Purpose;
use offerd_core::payout::{Payout, PromiseState};
use offerd_core::{Batch, Event, PaymentId, PayoutRow};

/// Follows what a daemon commits. Copies follow the same daemon.
#[derive(Clone, Debug, Default)]
pub(crate) struct Withdrawals {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// What is being written.
    writing: Vec<Deed>,
    withdrawn: BTreeSet<PayoutRow>,
    awaiting: BTreeMap<PaymentId, PayoutRow>,
    /// Claims that were decided too late.
    late: BTreeSet<PaymentId>,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Withdrawn(PayoutRow),
    Renewed(PayoutRow),
    Awaits(PayoutRow, PaymentId),
    Claimed(PayoutRow, PaymentId),
    Approved(PaymentId),
}

impl Withdrawals {
    /// A daemon starts with these promises on record.
    pub(crate) fn start(&self, payouts: &[Payout]) {
        let mut state = self.state.lock().unwrap();
        let withdrawn = payouts.iter().filter(|payout| payout.state == PromiseState::Disabled);
        state.withdrawn = withdrawn.map(|payout| payout.row).collect();
        state.writing.clear();
    }

    /// A batch is about to be written.
    pub(crate) fn write(&self, batch: &Batch) {
        self.state.lock().unwrap().writing = batch.events.iter().filter_map(deed).collect();
    }

    /// It was.
    pub(crate) fn written(&self) {
        let state = &mut *self.state.lock().unwrap();
        for deed in std::mem::take(&mut state.writing) {
            let claimed = match deed {
                Deed::Withdrawn(row) => {
                    state.withdrawn.insert(row);
                    None
                }
                Deed::Renewed(row) => {
                    state.withdrawn.remove(&row);
                    None
                }
                Deed::Awaits(row, id) => {
                    state.awaiting.insert(id, row);
                    None
                }
                Deed::Claimed(row, id) => Some((row, id)),
                Deed::Approved(id) => state.awaiting.get(&id).map(|row| (*row, id)),
            };
            if let Some((row, id)) = claimed
                && state.withdrawn.contains(&row)
            {
                state.late.insert(id);
            }
        }
    }

    /// Whether this claim was decided on when its promise was withdrawn.
    pub(crate) fn forbid(&self, id: PaymentId) -> bool {
        self.state.lock().unwrap().late.contains(&id)
    }
}

fn deed(event: &Event) -> Option<Deed> {
    match event {
        Event::PayoutDisabled { row, at: _ } => Some(Deed::Withdrawn(*row)),
        Event::PayoutEnabled { row, at: _ } => Some(Deed::Renewed(*row)),
        Event::PaymentApproved { id, at: _ } => Some(Deed::Approved(*id)),
        Event::PaymentStarted(payment) => match payment.purpose {
            Purpose::Claim { payout, .. } if payment.is_awaiting() => {
                Some(Deed::Awaits(payout, payment.id))
            }
            Purpose::Claim { payout, .. } => Some(Deed::Claimed(payout, payment.id)),
            Purpose::Order { .. } => None,
        },
        _ => None,
    }
}
