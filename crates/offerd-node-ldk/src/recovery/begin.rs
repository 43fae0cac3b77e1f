//! Asking for a recovery, before a node is started.

use std::fmt;

use bitcoin::Network;
use bitcoin::hex::DisplayHex;
use bolt1::PublicKey;
use offerd_core::port::KeyValueStore;

use super::book::Book;
use super::file::{AddressCounts, ChannelEntry, PeerEntry, RecoveryFile};
use super::state::{LostChannel, Phase, State};
use crate::config::ChainConfig;
use crate::error::NodeError;
use crate::peers::PeerBook;

/// What is known of what is to be recovered.
#[derive(Clone, Debug, Default)]
pub struct RecoveryPlan {
    /// The newest recovery file, where there is one.
    pub file: Option<RecoveryFile>,
    /// Payments of ours whose outcome the lost state knew: the node will not say of them that it does not know
    /// them, so that nobody begins them again.
    pub unknown_payments: Vec<[u8; 32]>,
    /// Payment hashes of payments to us that were accepted, and of which the copy does not know whether they became
    /// ours: the node will not say of them that they are lost.
    pub unknown_receipts: Vec<[u8; 32]>,
}

/// Whether a recovery can see what it needs of the chain. To be asked before one is begun, for it gives up all state.
///
/// # Errors
/// [`NodeError::Chain`] where there are no whole blocks, with what to do.
pub fn recovery_is_possible(chain: &ChainConfig) -> Result<(), NodeError> {
    match chain {
        ChainConfig::Bitcoind(_) => Ok(()),
        ChainConfig::Esplora(_) | ChainConfig::Electrum(_) => Err(no_whole_blocks(chain)),
    }
}

pub(super) fn no_whole_blocks(source: impl fmt::Display) -> NodeError {
    NodeError::Chain(format!(
        "{source} has no whole blocks, which a recovery looks through: use bitcoind until it is over"
    ))
}

/// Makes the node `node_id`, whose state is in `values`, recover at its next start: no channel state that is there
/// will be used. Asked again, it begins again.
///
/// # Errors
/// When the file is that of another node, or the store fails.
pub fn begin_recovery<V: KeyValueStore + ?Sized>(
    node_id: PublicKey,
    network: Network,
    values: &V,
    plan: RecoveryPlan,
) -> Result<(), NodeError> {
    let before = State::read(values)?;
    let book = Book::read(values)?;
    let known = plan.file.is_some() || book.exists || before.as_ref().is_some_and(knows);
    let mut merged = Merged::default();
    if let Some(file) = plan.file {
        if (file.node_id, file.network) != (node_id, network) {
            let why = format!("is that of {} on {}", file.node_id, file.network);
            return Err(NodeError::RecoveryFile(format!(
                "{why}; this node is {node_id} on {network}"
            )));
        }
        merged.birth_height = Some(file.birth_height);
        merged.addresses = Some(file.addresses);
        merged.add(file.channels);
        remember(values, file.peers)?;
    }
    merged.add(book.current);
    let mut unknown_payments = hex(&plan.unknown_payments);
    let mut unknown_receipts = hex(&plan.unknown_receipts);
    if let Some(before) = before {
        merged.birth_height = merged.birth_height.or(before.birth_height);
        merged.addresses = merged.addresses.or(before.addresses);
        merged.add(before.channels.into_iter().map(|channel| channel.entry).collect());
        unknown_payments.extend(before.unknown_payments);
        unknown_receipts.extend(before.unknown_receipts);
    }
    let state = State {
        node_id: node_id.to_string(),
        phase: Phase::Begun,
        birth_height: merged.birth_height,
        addresses: merged.addresses,
        knows_channels: known,
        channels: merged.channels,
        scanned: None,
        outputs: Vec::new(),
        sweep: None,
        script: None,
        unknown_payments: once(unknown_payments),
        proofs: Vec::new(),
        unknown_receipts: once(unknown_receipts),
    };
    Ok(state.write(values)?)
}

fn hex(names: &[[u8; 32]]) -> Vec<String> {
    names.iter().map(|name| name.to_lower_hex_string()).collect()
}

fn once(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}

fn knows(state: &State) -> bool {
    state.knows_channels
}

fn remember<V: KeyValueStore + ?Sized>(values: &V, peers: Vec<PeerEntry>) -> Result<(), NodeError> {
    for peer in peers {
        PeerBook::put(values, &peer.id, peer.addresses)?;
    }
    Ok(())
}

/// What several sources say together.
#[derive(Default)]
struct Merged {
    birth_height: Option<u32>,
    addresses: Option<AddressCounts>,
    channels: Vec<LostChannel>,
}

impl Merged {
    fn add(&mut self, entries: Vec<ChannelEntry>) {
        for entry in entries {
            if !self.channels.iter().any(|known| known.entry.funding() == entry.funding()) {
                self.channels.push(LostChannel { entry, closed: None });
            }
        }
    }
}
