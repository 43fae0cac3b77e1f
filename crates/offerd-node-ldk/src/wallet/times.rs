//! When the wallet saw a transaction, and when it was told that there is none.
//!
//! Which of the two holds is decided by their times. The clock may have been set back in between: each is noted as later
//! than all that was noted before.

use bdk_wallet::Wallet;
use bitcoin::{Transaction, Txid};

/// Notes that a transaction was sent at `now`, in seconds since 1970.
pub(super) fn see(wallet: &mut Wallet, tx: Transaction, now: u64) {
    let evicted = wallet.tx_graph().get_last_evicted(tx.compute_txid());
    let after = evicted.map_or(0, |at| at.saturating_add(1));
    wallet.apply_unconfirmed_txs([(tx, now.max(after))]);
}

/// Notes that from `now` on, in seconds since 1970, there is no such transaction.
pub(super) fn evict(wallet: &mut Wallet, txid: Txid, now: u64) {
    let seen = wallet.tx_graph().get_tx_node(txid).and_then(|node| node.last_seen);
    wallet.apply_evicted_txs([(txid, now.max(seen.unwrap_or(0)))]);
}

#[cfg(test)]
mod tests {
    use bdk_wallet::KeychainKind;
    use bdk_wallet::template::Bip84;
    use bitcoin::absolute::LockTime;
    use bitcoin::bip32::Xpriv;
    use bitcoin::hashes::Hash;
    use bitcoin::transaction::Version;
    use bitcoin::{Amount, Network, OutPoint, TxIn, TxOut};

    use super::*;

    /// A wallet, and a transaction that pays it.
    fn paid() -> (Wallet, Transaction) {
        let master = Xpriv::new_master(Network::Regtest, &[7; 32]).unwrap();
        let external = Bip84(master, KeychainKind::External);
        let internal = Bip84(master, KeychainKind::Internal);
        let wallet = Wallet::create(external, internal).network(Network::Regtest);
        let mut wallet = wallet.create_wallet_no_persist().unwrap();
        let script_pubkey = wallet.reveal_next_address(KeychainKind::External).script_pubkey();
        let previous_output = OutPoint { txid: Txid::all_zeros(), vout: 0 };
        let tx = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn { previous_output, ..TxIn::default() }],
            output: vec![TxOut { value: Amount::from_sat(5_000), script_pubkey }],
        };
        (wallet, tx)
    }

    #[test]
    fn what_was_noted_last_holds_whatever_the_clock_said() {
        let (mut wallet, tx) = paid();
        let txid = tx.compute_txid();
        for (seen, evicted) in [(1_000, 1_000), (2_000, 1_500), (1_600, 10)] {
            see(&mut wallet, tx.clone(), seen);
            assert!(wallet.get_tx(txid).is_some(), "seen at {seen}");
            evict(&mut wallet, txid, evicted);
            assert!(wallet.get_tx(txid).is_none(), "evicted at {evicted}");
        }
    }
}
