//! Whether the source of blocks answers, lets us in, and is for our network.

use std::io;

use bitcoin::constants::genesis_block;
use bitcoin::{BlockHash, Network};
use serde_json::Value;

use super::ChainError;
use super::electrum::ElectrumSource;
use super::esplora::EsploraSource;
use super::rpc::Rpc;
use crate::config::{BitcoindConfig, ChainConfig};
use crate::error::NodeError;

/// How a source of blocks stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainStatus {
    /// Height of its best block.
    pub height: u64,
    /// Whether it is still catching up with its own peers.
    pub syncing: bool,
}

/// Asks the source of the chain about itself.
///
/// # Errors
/// [`NodeError::Chain`]: it cannot be reached, refuses the login, or follows another chain.
pub async fn probe_chain(config: &ChainConfig, network: Network) -> Result<ChainStatus, NodeError> {
    let status = match config {
        ChainConfig::Bitcoind(config) => ask(config, network).await,
        ChainConfig::Esplora(url) => match EsploraSource::new(url) {
            Ok(source) => source.probe(network).await,
            Err(error) => Err(error),
        },
        ChainConfig::Electrum(url) => match ElectrumSource::connect(url).await {
            Ok(source) => source.probe(network).await,
            Err(error) => Err(error),
        },
    };
    status.map_err(|ChainError(why)| NodeError::Chain(format!("{config}: {why}")))
}

/// Refuses the first block of another chain.
pub(super) fn genesis_is_of(genesis: BlockHash, network: Network) -> Result<(), ChainError> {
    // `testnet` is either of the two.
    let wanted: &[Network] = match network {
        Network::Testnet | Network::Testnet4 => &[Network::Testnet, Network::Testnet4],
        Network::Bitcoin => &[Network::Bitcoin],
        Network::Signet => &[Network::Signet],
        Network::Regtest => &[Network::Regtest],
    };
    if wanted.iter().any(|network| genesis_block(*network).block_hash() == genesis) {
        return Ok(());
    }
    Err(ChainError(format!("it is for another chain, and should be for {network}")))
}

async fn ask(config: &BitcoindConfig, network: Network) -> Result<ChainStatus, ChainError> {
    let rpc = Rpc::new(config)?;
    let info = rpc.call("getblockchaininfo", &[]).await;
    let info = info.map_err(|error| ChainError(reason(&error)))?;
    status(&info, network)
}

/// Why it did not answer. bitcoind refuses a login with an empty page, which is told as one that cannot be read.
fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::InvalidData {
        return format!(
            "it refuses the login, or is no bitcoind ({error}): check user and password, or the cookie"
        );
    }
    error.to_string()
}

fn status(info: &Value, network: Network) -> Result<ChainStatus, ChainError> {
    let text = |name: &str| info.get(name).and_then(Value::as_str);
    let strange = || ChainError("its answer to getblockchaininfo has no chain".to_owned());
    let chain = text("chain").ok_or_else(strange)?;
    let wanted: &[&str] = match network {
        Network::Bitcoin => &["main"],
        Network::Testnet | Network::Testnet4 => &["test", "testnet4"],
        Network::Signet => &["signet"],
        Network::Regtest => &["regtest"],
    };
    if !wanted.contains(&chain) {
        let chain = chain.escape_debug().to_string();
        let wanted = wanted.join(" or ");
        return Err(ChainError(format!("it is for the chain {chain}, and should be for {wanted}")));
    }
    Ok(ChainStatus {
        height: info.get("blocks").and_then(Value::as_u64).unwrap_or(0),
        syncing: info.get("initialblockdownload").and_then(Value::as_bool).unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bitcoind_for_another_network_is_refused_by_name() {
        let info = json!({ "chain": "test", "blocks": 7, "initialblockdownload": true });
        let expected = ChainStatus { height: 7, syncing: true };
        assert_eq!(status(&info, Network::Testnet).unwrap(), expected);
        let refused = status(&info, Network::Bitcoin).unwrap_err().to_string();
        assert_eq!(refused, "it is for the chain test, and should be for main");
        assert!(status(&json!({}), Network::Regtest).is_err());
    }
}
