//! Sending transactions, and asking whether they could be sent.

use bitcoin::{Amount, Transaction};
use serde_json::{Map, Value, json};

use crate::chain::Chain;
use crate::mempool::{MempoolRefusal, PackageMember};
use crate::rpc::error::RpcError;
use crate::rpc::params::Params;
use crate::rpc::render::btc;

/// Feerate above which a transaction is taken for a mistake, per 1000 vbytes, as in bitcoind.
const DEFAULT_MAX_FEERATE: Amount = Amount::from_sat(10_000_000);

/// Virtual size by which feerates are told, in vbytes.
const KVB: u64 = 1_000;

pub(super) fn send_raw(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let tx = params.transaction(0)?;
    let max_feerate = params.amount_or(1, DEFAULT_MAX_FEERATE)?;
    let txid = tx.compute_txid();
    check_feerates(chain, std::slice::from_ref(&tx), max_feerate)?;
    match chain.submit(tx) {
        Ok(_) | Err(MempoolRefusal::AlreadyInMempool | MempoolRefusal::OtherWitnessInMempool) => {
            Ok(json!(txid))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

pub(super) fn package(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let package = params.transactions(0)?;
    let max_feerate = params.amount_or(1, DEFAULT_MAX_FEERATE)?;
    check_feerates(chain, &package, max_feerate)?;
    let report = chain.submit_package(package)?;
    let message = if report.is_success() { "success" } else { "transaction failed" };
    let results: Map<_, _> = report
        .members
        .iter()
        .map(|member| (member.wtxid.to_string(), package_result(member)))
        .collect();
    Ok(json!({
        "package_msg": message,
        "tx-results": results,
        "replaced-transactions": report.replaced,
    }))
}

fn package_result(member: &PackageMember) -> Value {
    match &member.refusal {
        None => json!({
            "txid": member.txid,
            "vsize": member.vsize,
            "fees": fees(member),
        }),
        Some(refusal) => json!({ "txid": member.txid, "error": refusal.to_string() }),
    }
}

pub(super) fn test_accept(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let max_feerate = params.amount_or(1, DEFAULT_MAX_FEERATE)?;
    let report = chain.test_package(params.transactions(0)?)?;
    Ok(report.members.iter().map(|member| test_result(member, max_feerate)).collect())
}

fn test_result(member: &PackageMember, max_feerate: Amount) -> Value {
    let verdict = match &member.refusal {
        None if is_excessive(member, max_feerate) => {
            json!({ "allowed": false, "reject-reason": "max-fee-exceeded" })
        }
        None => json!({ "allowed": true, "vsize": member.vsize, "fees": fees(member) }),
        Some(refusal) => json!({ "allowed": false, "reject-reason": refusal.to_string() }),
    };
    let mut fields = json!({ "txid": member.txid, "wtxid": member.wtxid });
    if let (Value::Object(fields), Value::Object(verdict)) = (&mut fields, verdict) {
        fields.extend(verdict);
    }
    fields
}

fn fees(member: &PackageMember) -> Value {
    json!({
        "base": btc(member.fee),
        "effective-feerate": btc(feerate(member)),
        "effective-includes": member.paid_with,
    })
}

/// What a member and those it is counted with pay, per 1000 vbytes.
fn feerate(member: &PackageMember) -> Amount {
    let per_kvb = member.joint_fee.to_sat().saturating_mul(KVB) / member.joint_vsize.max(1);
    Amount::from_sat(per_kvb)
}

/// Zero switches the limit off.
fn is_excessive(member: &PackageMember, max_feerate: Amount) -> bool {
    max_feerate > Amount::ZERO && feerate(member) > max_feerate
}

fn check_feerates(
    chain: &Chain,
    package: &[Transaction],
    max_feerate: Amount,
) -> Result<(), RpcError> {
    let report = chain.test_package(package.to_vec())?;
    if report.members.iter().any(|member| is_excessive(member, max_feerate)) {
        let message = "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)";
        return Err(RpcError::new(RpcError::VERIFY, message));
    }
    Ok(())
}
