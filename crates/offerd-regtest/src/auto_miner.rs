//! Mining without being asked: on a timer, or soon after a transaction has come.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::chain::Chain;

/// The shortest time between two blocks, so that a failing miner does not spin.
const SHORTEST: Duration = Duration::from_millis(1);

/// Mines to the faucet in the background until dropped. Needs a tokio runtime with timers.
#[derive(Debug)]
#[must_use = "mining stops when this is dropped"]
pub struct AutoMiner {
    task: JoinHandle<()>,
}

impl AutoMiner {
    /// Mines one block every `period`, with or without transactions.
    pub fn start(chain: Arc<Chain>, period: Duration) -> Self {
        let task = tokio::spawn(async move {
            let mut ticks = interval(period.max(SHORTEST));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.tick().await; // the first tick comes at once
            loop {
                ticks.tick().await;
                mine_one(&chain).await;
            }
        });
        Self { task }
    }

    /// Mines one block `delay` after a transaction has come to the mempool, and again while some
    /// are left. Transactions that come within the delay share the block.
    pub fn start_on_demand(chain: Arc<Chain>, delay: Duration) -> Self {
        let task = tokio::spawn(async move {
            let mut updates = chain.subscribe();
            while updates.wait_for(|update| update.mempool_len > 0).await.is_ok() {
                sleep(delay.max(SHORTEST)).await;
                mine_one(&chain).await;
            }
        });
        Self { task }
    }
}

impl Drop for AutoMiner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn mine_one(chain: &Arc<Chain>) {
    let chain = Arc::clone(chain);
    let mined = tokio::task::spawn_blocking(move || {
        let payout = chain.faucet_address().script_pubkey();
        chain.mine(1, &payout)
    });
    match mined.await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(%error, "no block mined"),
        Err(error) => tracing::error!(%error, "the miner failed"),
    }
}
