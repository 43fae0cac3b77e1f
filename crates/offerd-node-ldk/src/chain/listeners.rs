//! Everybody who must see each block.

use std::fmt;
use std::sync::Arc;

use bitcoin::Block;
use bitcoin::block::Header;
use lightning::chain::transaction::TransactionData;
use lightning::chain::{BestBlock, Listen};

use crate::recovery::{OldChannels, Recovery};
use crate::types::{Channels, Monitor, Sweeper};
use crate::wallet::OnchainWallet;

/// The listeners, told one after the other. The channels come before their monitors, as the crate wants it.
pub(crate) struct Listeners {
    pub(crate) wallet: Arc<OnchainWallet>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) sweeper: Arc<Sweeper>,
    pub(crate) recovery: Option<Arc<Recovery>>,
    pub(crate) old: Option<Arc<OldChannels>>,
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}

impl Listeners {
    fn each(&self) -> impl Iterator<Item = &dyn Listen> {
        let always: [&dyn Listen; 4] =
            [&*self.wallet, &*self.channels, &*self.monitor, &*self.sweeper];
        let recovery = self.recovery.iter().map(|recovery| &**recovery as &dyn Listen);
        let old = self.old.iter().map(|old| &**old as &dyn Listen);
        always.into_iter().chain(recovery).chain(old)
    }
}

impl Listen for Listeners {
    fn filtered_block_connected(&self, header: &Header, txdata: &TransactionData<'_>, height: u32) {
        for listener in self.each() {
            listener.filtered_block_connected(header, txdata, height);
        }
    }

    fn block_connected(&self, block: &Block, height: u32) {
        for listener in self.each() {
            listener.block_connected(block, height);
        }
    }

    fn blocks_disconnected(&self, fork_point: BestBlock) {
        for listener in self.each() {
            listener.blocks_disconnected(fork_point);
        }
    }
}
