//! Which method is about what.

use std::str::FromStr;

use serde_json::{Value, json};

use super::{headers, scripts, transactions};
use crate::chain::Chain;
use crate::rpc::RpcError;

/// Calls a method with parameters by position.
pub(super) fn call(chain: &Chain, method: &str, params: &Value) -> Result<Value, RpcError> {
    match method {
        "server.version" => Ok(json!(["offerd-regtest", "1.4"])),
        "server.ping" => Ok(Value::Null),
        "server.features" => Ok(headers::features()),
        "blockchain.headers.subscribe" => Ok(headers::tip(chain)),
        "blockchain.block.header" => headers::one(chain, number(params, 0)?),
        "blockchain.block.headers" => {
            headers::several(chain, number(params, 0)?, number(params, 1)?)
        }
        "blockchain.scripthash.get_history" => scripts::history(chain, text(params, 0)?),
        "blockchain.transaction.get" => transactions::raw(chain, parsed(params, 0)?),
        "blockchain.transaction.get_merkle" => transactions::proof(chain, parsed(params, 0)?),
        "blockchain.transaction.id_from_pos" => {
            transactions::at(chain, number(params, 0)?, number(params, 1)?)
        }
        "blockchain.transaction.broadcast" => transactions::send(chain, text(params, 0)?),
        "blockchain.estimatefee" => Ok(transactions::estimate()),
        "blockchain.relayfee" => Ok(transactions::relay_fee()),
        _ => Err(RpcError::new(RpcError::METHOD_NOT_FOUND, format!("unknown method {method}"))),
    }
}

fn text(params: &Value, index: usize) -> Result<&str, RpcError> {
    let text = params.get(index).and_then(Value::as_str);
    text.ok_or_else(|| wrong(index, "a string"))
}

fn number(params: &Value, index: usize) -> Result<u32, RpcError> {
    let number = params.get(index).and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
    number.ok_or_else(|| wrong(index, "a whole number"))
}

fn parsed<T: FromStr>(params: &Value, index: usize) -> Result<T, RpcError> {
    text(params, index)?.parse().map_err(|_| wrong(index, "64 hexadecimal digits"))
}

fn wrong(index: usize, expected: &str) -> RpcError {
    RpcError::new(RpcError::INVALID_PARAMETER, format!("parameter {index} must be {expected}"))
}
