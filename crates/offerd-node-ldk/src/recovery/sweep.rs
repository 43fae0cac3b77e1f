//! The transaction that takes found outputs to the wallet.

use bitcoin::absolute::LockTime;
use bitcoin::transaction::Version;
use bitcoin::{Amount, FeeRate, ScriptBuf, Transaction, TxIn, TxOut};

use super::keys::RescueKeys;
use super::state::FoundOutput;
use crate::error::NodeError;

/// What signatures may differ in size from those of the first try, in weight units for each input.
const SIGNATURE_MARGIN: u64 = 1;

/// A signed transaction that sends all of `outputs` to `script`. `None` when the fee would leave nothing worth
/// having.
pub(super) fn build(
    keys: &RescueKeys,
    outputs: &[FoundOutput],
    script: &ScriptBuf,
    fee_rate: FeeRate,
    height: u32,
) -> Result<Option<Transaction>, NodeError> {
    let total: Option<Amount> =
        outputs.iter().map(|output| output.value).try_fold(Amount::ZERO, Amount::checked_add);
    let Some(total) = total else { return Ok(None) };
    let mut tx = Transaction {
        version: Version::TWO,
        lock_time: LockTime::from_height(height).unwrap_or(LockTime::ZERO),
        input: outputs.iter().map(input).collect(),
        output: vec![TxOut { value: total, script_pubkey: script.clone() }],
    };
    // Signed twice: the first time to know its weight.
    sign(keys, outputs, &mut tx)?;
    let margin = u64::try_from(outputs.len()).unwrap_or(u64::MAX).saturating_mul(SIGNATURE_MARGIN);
    let weight = tx.weight() + bitcoin::Weight::from_wu(margin);
    let rest = fee_rate.fee_wu(weight).and_then(|fee| total.checked_sub(fee));
    let Some(rest) = rest.filter(|rest| *rest >= script.minimal_non_dust()) else {
        return Ok(None);
    };
    for output in &mut tx.output {
        output.value = rest;
    }
    sign(keys, outputs, &mut tx)?;
    Ok(Some(tx))
}

fn input(output: &FoundOutput) -> TxIn {
    TxIn { previous_output: output.outpoint, sequence: output.key.sequence(), ..TxIn::default() }
}

fn sign(keys: &RescueKeys, outputs: &[FoundOutput], tx: &mut Transaction) -> Result<(), NodeError> {
    let witnesses = outputs
        .iter()
        .enumerate()
        .map(|(index, output)| keys.sign(tx, index, output.key, output.value))
        .collect::<Result<Vec<_>, _>>()?;
    for (input, witness) in tx.input.iter_mut().zip(witnesses) {
        input.witness = witness;
    }
    Ok(())
}
