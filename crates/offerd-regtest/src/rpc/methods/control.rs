//! About the server itself.

use serde_json::{Value, json};

use super::METHODS;
use crate::chain::Chain;
use crate::mempool::MIN_RELAY_FEE_SAT_PER_KVB;
use crate::rpc::error::RpcError;
use crate::rpc::params::Params;
use crate::rpc::render::btc;

/// The bitcoind whose behaviour this follows. Core Lightning asks for 220000 at least.
const VERSION: u32 = 300_000;
const SUBVERSION: &str = "/offerd-regtest/";
const PROTOCOL_VERSION: u32 = 70_016;

pub(super) fn network_info(_: &Chain, _: &Params) -> Result<Value, RpcError> {
    let min_relay_fee = btc(bitcoin::Amount::from_sat(MIN_RELAY_FEE_SAT_PER_KVB));
    Ok(json!({
        "version": VERSION,
        "subversion": SUBVERSION,
        "protocolversion": PROTOCOL_VERSION,
        "localservices": "0000000000000009",
        "localservicesnames": ["NETWORK", "WITNESS"],
        "localrelay": true,
        "timeoffset": 0,
        "networkactive": false,
        "connections": 0,
        "connections_in": 0,
        "connections_out": 0,
        "networks": [],
        "relayfee": min_relay_fee.clone(),
        "incrementalfee": min_relay_fee,
        "localaddresses": [],
        "warnings": [],
    }))
}

pub(super) fn peer_info(_: &Chain, _: &Params) -> Result<Value, RpcError> {
    Ok(json!([]))
}

pub(super) fn uptime(chain: &Chain, _: &Params) -> Result<Value, RpcError> {
    Ok(chain.started().elapsed().as_secs().into())
}

pub(super) fn stop(_: &Chain, _: &Params) -> Result<Value, RpcError> {
    Ok("ignored: this chain stops with the program it is part of".into())
}

/// All methods with their parameters, or one.
pub(super) fn help(_: &Chain, params: &Params) -> Result<Value, RpcError> {
    let command = params.string_or(0, "")?;
    let lines: Vec<_> = METHODS
        .iter()
        .filter(|method| command.is_empty() || method.name == command)
        .map(|method| [&[method.name], method.params].concat().join(" "))
        .collect();
    Ok(if lines.is_empty() {
        format!("help: unknown command: {command}").into()
    } else {
        lines.join("\n").into()
    })
}
