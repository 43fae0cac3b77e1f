//! The methods: one table, one function each.

mod blocks;
mod control;
mod mempool;
mod mining;
mod submit;

pub use mempool::FEE_ESTIMATE_SAT_PER_KVB;

use serde_json::Value;

use super::error::RpcError;
use super::params::Params;
use crate::chain::Chain;

/// A method as the table lists it.
struct Method {
    name: &'static str,
    params: &'static [&'static str],
    call: fn(&Chain, &Params) -> Result<Value, RpcError>,
}

const fn method(
    name: &'static str,
    params: &'static [&'static str],
    call: fn(&Chain, &Params) -> Result<Value, RpcError>,
) -> Method {
    Method { name, params, call }
}

/// Everything there is, in alphabetical order.
static METHODS: &[Method] = &[
    method("estimatesmartfee", &["conf_target", "estimate_mode"], mempool::estimate_smart_fee),
    method("generatetoaddress", &["nblocks", "address", "maxtries"], mining::generate_to_address),
    method("getbestblockhash", &[], blocks::best_block_hash),
    method("getblock", &["blockhash", "verbosity"], blocks::block),
    method("getblockchaininfo", &[], blocks::blockchain_info),
    method("getblockcount", &[], blocks::block_count),
    method("getblockhash", &["height"], blocks::block_hash),
    method("getblockheader", &["blockhash", "verbose"], blocks::block_header),
    method("getmempoolentry", &["txid"], mempool::entry),
    method("getmempoolinfo", &[], mempool::info),
    method("getnetworkinfo", &[], control::network_info),
    method("getnewaddress", &["label", "address_type"], mining::new_address),
    method("getpeerinfo", &[], control::peer_info),
    method("getrawmempool", &["verbose"], mempool::raw),
    method("getrawtransaction", &["txid", "verbosity", "blockhash"], blocks::raw_transaction),
    method("gettxout", &["txid", "n", "include_mempool"], blocks::tx_out),
    method("help", &["command"], control::help),
    method("reorg", &["depth", "rawtxs"], mining::reorg),
    method("sendrawtransaction", &["hexstring", "maxfeerate", "maxburnamount"], submit::send_raw),
    method("sendtoaddress", &["address", "amount", "comment"], mining::send_to_address),
    method("stop", &[], control::stop),
    method("submitpackage", &["package", "maxfeerate", "maxburnamount"], submit::package),
    method("testmempoolaccept", &["rawtxs", "maxfeerate"], submit::test_accept),
    method("uptime", &[], control::uptime),
];

/// Calls a method with the `params` of a request.
pub(super) fn call(chain: &Chain, name: &str, params: Value) -> Result<Value, RpcError> {
    if name == "echo" {
        return Ok(Params::new(params, &[])?.into_values().into());
    }
    let Some(method) = METHODS.iter().find(|method| method.name == name) else {
        return Err(RpcError::new(RpcError::METHOD_NOT_FOUND, "method not found"));
    };
    let params = Params::new(params, method.params)?;
    params.check_count()?;
    (method.call)(chain, &params)
}
