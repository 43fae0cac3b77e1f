//! Nodes that get their funds back.

use std::path::Path;

use bitcoin::Network;
use offerd_node_ldk::{RecoveryPlan, SeedWords, begin_recovery, restore_seed};

use super::{Member, MemoryStore, PATIENCE, World};

/// Writes the seed and asks for a recovery.
pub(crate) fn recover(words: &SeedWords, plan: RecoveryPlan) -> impl FnOnce(&Path, &MemoryStore) {
    move |dir, store| {
        let id = restore_seed(dir, Network::Regtest, words).unwrap();
        begin_recovery(id, Network::Regtest, store, plan).unwrap();
    }
}

/// Mines block after block until the recovery is over.
pub(crate) async fn mine_until_done(world: &World, node: &Member, others: &[&Member]) {
    let mining = async {
        while !node.rescue().unwrap().done {
            world.mine(1);
            world.all_see_the_tip(&[node]).await;
            world.all_see_the_tip(others).await;
            tokio::task::yield_now().await;
        }
    };
    if tokio::time::timeout(PATIENCE, mining).await.is_err() {
        panic!("mined in vain: {:?}", node.rescue());
    }
}
