//! How a recovery looks from outside.

use bitcoin::{Amount, Txid};

use super::file::ChannelEntry;
use super::scan::Recovery;
use super::state::{FoundOutput, LostChannel, Phase, State};

/// A recovery, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescueView {
    /// Whether everything is back.
    pub done: bool,
    /// Whether the channels are all that there were. If not, the recovery has no end.
    pub knows_channels: bool,
    /// Height of the last block that was looked through.
    pub scanned_height: u32,
    /// The channels.
    pub channels: Vec<RescuedChannel>,
    /// Found and not in the wallet yet.
    pub pending: Amount,
    /// Found and spent, fees not subtracted.
    pub recovered: Amount,
    /// Payments of ours of which it is not known what became of them.
    pub unknown_payments: usize,
}

/// A channel whose state was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescuedChannel {
    /// Which.
    pub entry: ChannelEntry,
    /// How it stands.
    pub state: RescueState,
    /// The transaction that closed it.
    pub closing_txid: Option<Txid>,
    /// What that pays to us; `None` until it is there.
    pub ours: Option<Amount>,
}

/// How a lost channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RescueState {
    /// The peer has not closed it yet.
    AwaitingClose,
    /// It is closed, and what is ours of it is on its way to the wallet.
    Sweeping,
    /// What is ours is in the wallet.
    Recovered,
    /// It is closed, and what is ours of it is less than it costs to fetch.
    NotWorthIt,
    /// It is closed, and there is nothing to sweep: nothing of it is ours, or the wallet has it already.
    NothingOurs,
}

impl Recovery {
    pub(crate) fn view(&self) -> RescueView {
        self.look(|state| RescueView {
            done: state.phase == Phase::Done,
            knows_channels: state.knows_channels,
            scanned_height: state.scanned.map_or(0, |block| block.height),
            channels: state.channels.iter().map(|channel| state.rescued(channel)).collect(),
            pending: sum(state.outputs.iter().filter(|output| output.spent.is_none())),
            recovered: sum(state.outputs.iter().filter(|output| output.spent.is_some())),
            unknown_payments: state.unknown_payments.len(),
        })
    }
}

impl State {
    fn rescued(&self, channel: &LostChannel) -> RescuedChannel {
        let entry = channel.entry.clone();
        let Some(closed) = channel.closed else {
            return RescuedChannel {
                entry,
                state: RescueState::AwaitingClose,
                closing_txid: None,
                ours: None,
            };
        };
        let outputs = || self.outputs.iter().filter(|output| output.outpoint.txid == closed.txid);
        let state = if outputs().next().is_none() {
            RescueState::NothingOurs
        } else if outputs().all(|output| output.spent.is_some()) {
            RescueState::Recovered
        } else if self.phase == Phase::Done {
            RescueState::NotWorthIt
        } else {
            RescueState::Sweeping
        };
        RescuedChannel { entry, state, closing_txid: Some(closed.txid), ours: Some(sum(outputs())) }
    }
}

fn sum<'a>(outputs: impl Iterator<Item = &'a FoundOutput>) -> Amount {
    outputs
        .map(|output| output.value)
        .try_fold(Amount::ZERO, Amount::checked_add)
        .unwrap_or(Amount::MAX_MONEY)
}
