//! Following the chain by asking about single transactions.
//!
//! The wallet and the channels' part are asked for one after the other. Both have to stand at the same block before
//! anybody hears of it: whoever waits for a block finds all of its transactions in both.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::BlockHash;
use lightning::chain::BestBlock;
use tokio::sync::watch;
use tracing::{info, warn};

use super::{Asking, ChainError, ChainView, TransactionFeed};
use crate::tasks::stopped;
use crate::types::{Channels, Monitor, Sweeper};
use crate::wallet::OnchainWallet;

/// How often the two are asked for again when a block has come in between.
const MOST_ROUNDS: u32 = 20;
/// By how much the pause grows, at most, while the source does not answer.
const LONGEST_FACTOR: u32 = 16;
/// How long the last look may take once the node is to stop.
const LAST_LOOK: Duration = Duration::from_secs(10);
/// The longest pause while it does not.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Everybody who must know what became of transactions.
pub(crate) struct Parts {
    pub(crate) wallet: Arc<OnchainWallet>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) sweeper: Arc<Sweeper>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl Parts {
    /// Brings all parts to one and the same best block, and returns it.
    pub(crate) async fn catch_up(
        &self,
        feed: &dyn TransactionFeed,
    ) -> Result<BestBlock, ChainError> {
        let parts: [Asking; 3] = [
            Arc::clone(&self.channels) as _,
            Arc::clone(&self.monitor) as _,
            Arc::clone(&self.sweeper) as _,
        ];
        for _ in 0..MOST_ROUNDS {
            // The wallet first: what the channels then do must not take coins that the same block has spent.
            if self.wallet.best_block() != feed.best_block().await? {
                feed.update_wallet(&self.wallet).await?;
            }
            feed.confirm(&parts).await?;
            let best = self.channels.current_best_block();
            if self.wallet.best_block() == best.block_hash {
                return Ok(best);
            }
        }
        Err(ChainError("it shows another best block each time it is asked".to_owned()))
    }

    /// Keeps all parts at the best block until `stop`. `name` is the source's, for the log.
    pub(super) async fn follow(
        &self,
        feed: &dyn TransactionFeed,
        name: &str,
        view: &ChainView,
        pause: Duration,
        mut stop: watch::Receiver<bool>,
    ) {
        let (mut timed, mut failures) = (None, 0_u32);
        loop {
            view.set_in_step(false);
            let looked = tokio::select! {
                () = overdue(&mut stop) => return,
                looked = self.look(feed, view, &mut timed) => looked,
            };
            view.set_in_step(looked.is_ok());
            failures = match &looked {
                Ok(()) => 0,
                Err(_) => failures.saturating_add(1),
            };
            tell(name, view, looked);
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = tokio::time::sleep(patience(pause, failures)) => {}
            }
        }
    }

    /// One look at the chain. `timed` is the block whose time was told last.
    async fn look(
        &self,
        feed: &dyn TransactionFeed,
        view: &ChainView,
        timed: &mut Option<BlockHash>,
    ) -> Result<(), ChainError> {
        let best = self.catch_up(feed).await?;
        if *timed != Some(best.block_hash) {
            view.set_tip_time(feed.block_time(best).await?);
            *timed = Some(best.block_hash);
            view.set_best(best);
        }
        Ok(())
    }
}

/// Waits for the word to stop, and then for as long as a look that was begun may take to come to its end.
async fn overdue(stop: &mut watch::Receiver<bool>) {
    stopped(stop).await;
    tokio::time::sleep(LAST_LOOK).await;
}

/// Says when the source has gone, with the reason, and when it is back; each once.
fn tell(name: &str, view: &ChainView, looked: Result<(), ChainError>) {
    let reachable = looked.is_ok();
    let was_reachable = view.set_reachable(reachable);
    match looked {
        Err(error) if was_reachable => warn!(source = name, %error, "the chain cannot be followed"),
        Ok(()) if !was_reachable => info!(source = name, "the chain can be followed again"),
        Ok(()) | Err(_) => {}
    }
}

/// How long to wait before the next look: twice as long with each failure, up to a bound.
fn patience(pause: Duration, failures: u32) -> Duration {
    let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX).min(LONGEST_FACTOR);
    let grown = pause.saturating_mul(factor);
    grown.min(LONGEST_PAUSE).max(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_fails_is_asked_less_and_less_often_up_to_a_bound() {
        let pause = Duration::from_secs(5);
        let seconds = |failures| patience(pause, failures).as_secs();
        assert_eq!([0, 1, 2, 3, 4, 5, 40].map(seconds), [5, 10, 20, 40, 80, 80, 80]);
        assert_eq!(patience(Duration::from_secs(60), 9), LONGEST_PAUSE);
        assert_eq!(patience(Duration::from_secs(600), 9).as_secs(), 600);
    }
}
