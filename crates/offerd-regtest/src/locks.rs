//! When a transaction may be in the next block: absolute (nLockTime, BIP 113) and relative
//! (BIP 68) locks.

use bitcoin::absolute::LockTime;
use bitcoin::{Sequence, Transaction, relative};

use crate::coins::Coin;
use crate::ledger::Ledger;

/// The moment a lock is measured against: the block to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NextBlock {
    /// Its height.
    pub(crate) height: u32,
    /// Median time past of the block before it, in seconds since 1970.
    pub(crate) median_time: u32,
}

impl NextBlock {
    pub(crate) fn after(ledger: &Ledger) -> Self {
        Self { height: ledger.next_height(), median_time: ledger.median_time_past() }
    }

    /// Whether nLockTime lets `tx` into this block.
    pub(crate) fn satisfies_lock_time(&self, tx: &Transaction) -> bool {
        let passed = match tx.lock_time {
            LockTime::Blocks(height) => height.to_consensus_u32() < self.height,
            LockTime::Seconds(time) => time.to_consensus_u32() < self.median_time,
        };
        passed || tx.input.iter().all(|input| input.sequence == Sequence::MAX)
    }

    /// Whether the relative lock of one input lets it into this block. `coin_time` gives the
    /// median time past of the block before the one with the coin.
    pub(crate) fn satisfies_sequence(
        &self,
        sequence: Sequence,
        coin: &Coin,
        coin_time: impl FnOnce() -> u32,
    ) -> bool {
        match sequence.to_relative_lock_time() {
            None => true,
            Some(relative::LockTime::Blocks(blocks)) => {
                coin.height.saturating_add(blocks.value().into()) <= self.height
            }
            Some(relative::LockTime::Time(time)) => {
                let wait = u32::from(time.value()).saturating_mul(512);
                coin_time().saturating_add(wait) <= self.median_time
            }
        }
    }
}

/// Whether BIP 68 applies to a transaction at all. Versions are compared without a sign.
pub(crate) fn has_relative_locks(tx: &Transaction) -> bool {
    tx.version.0.cast_unsigned() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::{Amount, ScriptBuf, TxIn, TxOut, transaction};

    const NEXT: NextBlock = NextBlock { height: 200, median_time: 1_700_000_000 };

    fn locked(lock_time: u32, sequence: Sequence) -> Transaction {
        Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::from_consensus(lock_time),
            input: vec![TxIn { sequence, ..TxIn::default() }],
            output: Vec::new(),
        }
    }

    fn coin_at(height: u32) -> Coin {
        let output = TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new() };
        Coin { output, height, coinbase: false }
    }

    #[test]
    fn a_height_lock_opens_one_block_after_its_height() {
        let sequence = Sequence::ENABLE_LOCKTIME_NO_RBF;
        assert!(NEXT.satisfies_lock_time(&locked(199, sequence)));
        assert!(!NEXT.satisfies_lock_time(&locked(200, sequence)));
    }

    #[test]
    fn a_time_lock_opens_when_the_median_time_is_past_it() {
        let sequence = Sequence::ENABLE_LOCKTIME_NO_RBF;
        assert!(NEXT.satisfies_lock_time(&locked(1_699_999_999, sequence)));
        assert!(!NEXT.satisfies_lock_time(&locked(1_700_000_000, sequence)));
    }

    #[test]
    fn final_sequences_switch_the_lock_time_off() {
        assert!(NEXT.satisfies_lock_time(&locked(100_000, Sequence::MAX)));
    }

    #[test]
    fn a_relative_height_lock_counts_from_the_block_of_the_coin() {
        let sequence = Sequence::from_height(10);
        assert!(NEXT.satisfies_sequence(sequence, &coin_at(190), || 0));
        assert!(!NEXT.satisfies_sequence(sequence, &coin_at(191), || 0));
    }

    #[test]
    fn a_relative_time_lock_counts_in_steps_of_512_seconds() {
        let sequence = Sequence::from_512_second_intervals(2);
        assert!(NEXT.satisfies_sequence(sequence, &coin_at(1), || 1_700_000_000 - 1_024));
        assert!(!NEXT.satisfies_sequence(sequence, &coin_at(1), || 1_700_000_000 - 1_023));
    }

    #[test]
    fn the_disable_bit_switches_a_relative_lock_off() {
        let sequence = Sequence::from_consensus(0x8000_0000 | 500);
        assert!(NEXT.satisfies_sequence(sequence, &coin_at(199), || 0));
    }

    #[test]
    fn version_one_knows_no_relative_locks_and_negative_versions_do() {
        let mut tx = locked(0, Sequence::from_height(10));
        assert!(has_relative_locks(&tx));
        tx.version = transaction::Version::ONE;
        assert!(!has_relative_locks(&tx));
        tx.version = transaction::Version(-1);
        assert!(has_relative_locks(&tx));
    }
}
