//! Following the coins of a channel through its end.

use std::collections::HashSet;
use std::time::Duration;

use bitcoin::{Amount, OutPoint, Transaction};
use offerd_node_ldk::{Node, OutputStatus};

use super::{Member, PATIENCE, World};

/// An output that lets either side of a channel add a fee, when nobody took it.
const ANCHOR: Amount = Amount::from_sat(330);

/// Confirmed coins of the wallet.
pub(crate) fn confirmed(node: &Node) -> Amount {
    let outputs = node.list_funds().outputs;
    let confirmed =
        outputs.iter().filter(|output| matches!(output.status, OutputStatus::Confirmed { .. }));
    confirmed.map(|output| output.amount).sum()
}

/// Confirmed coins and what is ours in channels, rounded down to whole satoshis.
pub(crate) fn wealth(node: &Node) -> Amount {
    let channels = node.list_peer_channels();
    let ours: u64 = channels.iter().map(|channel| channel.to_us.as_u64()).sum();
    confirmed(node) + Amount::from_sat(ours / 1_000)
}

impl World {
    /// Mines a few blocks at a time until `done`; all nodes see them before the next ones come.
    pub(crate) async fn mine_until(&self, nodes: &[&Member], what: &str, done: impl Fn() -> bool) {
        let mining = async {
            while !done() {
                self.mine(6);
                self.all_see_the_tip(nodes).await;
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(PATIENCE, mining).await {
            Ok(()) => {}
            Err(_) => panic!("mined in vain for {what}"),
        }
    }

    /// Mines a block at a time until `done`, each only when no transaction has come for a moment: nobody is late.
    pub(crate) async fn mine_slowly_until(
        &self,
        nodes: &[&Member],
        what: &str,
        done: impl Fn() -> bool,
    ) {
        let mining = async {
            let mut updates = self.chain.subscribe();
            while !done() {
                let quiet = Duration::from_millis(100);
                while tokio::time::timeout(quiet, updates.changed()).await.is_ok() {}
                self.mine(1);
                self.all_see_the_tip(nodes).await;
                updates.mark_unchanged();
            }
        };
        match tokio::time::timeout(PATIENCE, mining).await {
            Ok(()) => {}
            Err(_) => panic!("mined in vain for {what}"),
        }
    }

    /// What all transactions in blocks above `height` paid in fees, and left behind in anchors that nobody took.
    pub(crate) fn costs_since(&self, height: u32) -> Amount {
        let txs = self.txs_since(height);
        let inputs = txs.iter().flat_map(|tx| &tx.input).map(|input| input.previous_output);
        let spent: HashSet<OutPoint> = inputs.collect();
        let fees: Amount = txs.iter().map(|tx| self.fee(tx)).sum();
        let outputs = txs.iter().flat_map(|tx| {
            let txid = tx.compute_txid();
            (0..).zip(&tx.output).map(move |(vout, output)| (OutPoint { txid, vout }, output))
        });
        let left = outputs
            .filter(|(outpoint, output)| output.value == ANCHOR && !spent.contains(outpoint));
        fees + left.map(|(_, output)| output.value).sum::<Amount>()
    }

    /// All transactions in blocks above `height`, but those that pay the miner.
    pub(crate) fn txs_since(&self, height: u32) -> Vec<Transaction> {
        let blocks = (height + 1..=self.chain.height()).filter_map(|at| self.chain.block(at));
        blocks.flat_map(|block| block.txdata.into_iter().skip(1)).collect()
    }

    fn fee(&self, tx: &Transaction) -> Amount {
        let value = |outpoint: OutPoint| {
            let parent =
                self.chain.transaction(&outpoint.txid).expect("a transaction that was spent");
            parent.output[outpoint.vout as usize].value
        };
        let inputs: Amount = tx.input.iter().map(|input| value(input.previous_output)).sum();
        inputs - tx.output.iter().map(|output| output.value).sum::<Amount>()
    }
}
