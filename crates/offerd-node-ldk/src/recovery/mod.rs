//! Getting funds back when channel state is lost or old.
//!
//! What a channel holds can be had back without its state as long as its peer closes it: the peer's commitment
//! transaction pays our balance to a key that follows from the seed. So a node that recovers
//!
//! 1. puts aside every channel state there may be ([`set_aside`]): old state is never used and never sent;
//! 2. answers its peers as one who knows no channel, which makes them close (`lightning` does that);
//! 3. looks in every block for outputs to those keys ([`scan`], [`keys`]);
//! 4. sends them to its wallet ([`sweep`], [`rescue`]);
//! 5. lets the state that was put aside fetch what only such state can, once a channel is closed ([`old_channels`]);
//! 6. tells of payments of unknown outcome whose preimage the chain shows ([`proofs`]).
//!
//! What there is to wait for it knows from the recovery file ([`RecoveryFile`]), which [`keeper`] keeps up to date
//! as long as all is well. How things stand is in the store ([`state`]), so a restart goes on where it was.
//!
//! # What this does not bring back
//! Without any state: HTLCs on their way when it was lost, and outputs of channels that this node itself had closed and
//! that were still waiting out their delay. With old state: those of them that it does not know.

mod begin;
mod book;
mod file;
mod keeper;
mod keys;
mod live;
mod old_channels;
mod proofs;
mod rescue;
mod scan;
mod set_aside;
mod state;
mod sweep;
mod view;

pub use begin::{RecoveryPlan, begin_recovery, recovery_is_possible};
pub use file::{
    AddressCounts, ChannelEntry, PeerEntry, RecoveryFile, RecoveryFileError, SeedWords,
};
pub use view::{RescueState, RescueView, RescuedChannel};

pub(crate) use keeper::Keeper;
pub(crate) use live::LiveOutputs;
pub(crate) use old_channels::{Behind as OldBehind, Harvester, OldChannels, Tools};
pub(crate) use rescue::Rescuer;
pub(crate) use scan::Recovery;
