//! What only a regtest chain can do: mine, pay from nowhere, and undo.

use serde_json::{Value, json};

use crate::chain::Chain;
use crate::rpc::error::RpcError;
use crate::rpc::params::Params;

/// Blocks one call may mine.
const MAX_BLOCKS: u32 = 10_000;

pub(super) fn generate_to_address(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let count = params.count(0, MAX_BLOCKS)?;
    let address = params.address(1)?;
    Ok(json!(chain.mine(count, &address.script_pubkey())?))
}

/// The faucet's address, always the same: coins mined to it feed the faucet.
pub(super) fn new_address(chain: &Chain, _: &Params) -> Result<Value, RpcError> {
    Ok(chain.faucet_address().to_string().into())
}

pub(super) fn send_to_address(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    Ok(json!(chain.faucet(&params.address(0)?, params.amount(1)?)?))
}

pub(super) fn reorg(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let transactions = params.transactions_or_none(1)?;
    Ok(json!(chain.reorg_with(params.count(0, MAX_BLOCKS)?, transactions)?))
}
