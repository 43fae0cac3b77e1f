//! Why a transaction or a package is not taken.

use bitcoin::{Amount, OutPoint, Txid};

/// Why the mempool did not take a transaction. `Display` gives bitcoind's words where it
/// has any: nodes match them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MempoolRefusal {
    /// It is in the mempool already.
    #[error("txn-already-in-mempool")]
    AlreadyInMempool,
    /// The same transaction with another witness is in the mempool.
    #[error("txn-same-nonwitness-data-in-mempool")]
    OtherWitnessInMempool,
    /// It is in a block of the active chain.
    #[error("Transaction outputs already in utxo set")]
    AlreadyMined,
    /// Only a block may hold a coinbase.
    #[error("coinbase")]
    Coinbase,
    /// Its structure is unsound: no inputs or outputs, duplicate inputs, values out of range.
    #[error("bad-txns-malformed")]
    Malformed,
    /// It spends an output that does not exist or is spent on the chain.
    #[error("bad-txns-inputs-missingorspent")]
    MissingInput {
        /// The first such output.
        outpoint: OutPoint,
    },
    /// It spends a coinbase before 100 blocks have passed.
    #[error("bad-txns-premature-spend-of-coinbase")]
    ImmatureCoinbase {
        /// The first height at which a block may hold this transaction.
        spendable_at: u32,
    },
    /// Its outputs are worth more than its inputs.
    #[error("bad-txns-in-belowout")]
    OutputsAboveInputs,
    /// A script refuses the spend.
    #[error("mandatory-script-verify-flag-failed (input {input})")]
    Script {
        /// Index of the first input that fails.
        input: usize,
    },
    /// Its lock time has not passed.
    #[error("non-final")]
    NonFinal,
    /// A relative lock (BIP 68) has not passed.
    #[error("non-BIP68-final")]
    SequenceLocked {
        /// Index of the first input that is locked.
        input: usize,
    },
    /// Its version is not 1, 2 or 3.
    #[error("version")]
    Version,
    /// Smaller than 65 bytes without witness, which could be taken for an inner merkle node.
    #[error("tx-size-small")]
    TooSmall,
    /// Heavier than 400 000 weight units.
    #[error("tx-size")]
    TooLarge,
    /// More signature operations than a transaction may ask for.
    #[error("bad-txns-too-many-sigops")]
    TooManySigops,
    /// An output is worth less than it costs to spend. Only a transaction without fee may have
    /// one, and only together with a transaction that spends it.
    #[error("dust")]
    Dust {
        /// Index of the first such output.
        output: usize,
    },
    /// It, or its package, pays less than the minimum.
    #[error("min relay fee not met, {} < {}", fee.to_sat(), needed.to_sat())]
    FeeTooLow {
        /// What it pays.
        fee: Amount,
        /// What its size asks for.
        needed: Amount,
    },
    /// It would replace other transactions but does not pay enough more than they do.
    #[error("insufficient fee, rejecting replacement; {} < {}", fee.to_sat(), needed.to_sat())]
    ReplacementFee {
        /// What it, or its package, pays.
        fee: Amount,
        /// What would do.
        needed: Amount,
    },
    /// It would evict more than 100 transactions.
    #[error("too many potential replacements, rejecting replacement")]
    TooManyReplaced,
    /// It spends an output of a transaction that it would replace.
    #[error("bad-txns-spends-conflicting-tx")]
    SpendsReplaced {
        /// The transaction that would be replaced.
        txid: Txid,
    },
    /// More than 25 transactions would depend on one another.
    #[error("too-long-mempool-chain")]
    ChainTooLong,
    /// A rule for version 3 (TRUC, BIP 431) is broken.
    #[error("TRUC-violation, {0}")]
    Truc(&'static str),
    /// The mempool holds as much as it may.
    #[error("mempool full")]
    Full,
}

/// Why a package is not even looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackageRefusal {
    /// It has no transaction.
    #[error("package-empty")]
    Empty,
    /// It has more than 25 transactions.
    #[error("package-too-many-transactions")]
    TooMany,
    /// The same transaction is in it twice.
    #[error("package-contains-duplicates")]
    Duplicates,
    /// A child comes before its parent.
    #[error("package-not-sorted")]
    NotSorted,
    /// Two of its transactions spend the same output.
    #[error("conflict-in-package")]
    Conflict,
}
