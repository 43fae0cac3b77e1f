//! A regtest chain in process, for demos, tests and benches.
//!
//! Blocks are validated by Bitcoin Core's own engine (crate `bitcoinkernel`); around it stand a
//! mempool, a miner and a faucet of ours, and a server that answers the part of bitcoind's JSON-RPC
//! which Lightning nodes call. Any node that can attach to bitcoind can attach to this. The same chain can be served as
//! the parts of Esplora's HTTP interface and of the Electrum protocol that wallets and nodes without a bitcoind ask.
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use bitcoin::Amount;
//! use offerd_regtest::{Chain, RpcConfig, RpcServer};
//!
//! let chain = Chain::new(None)?;
//! let config = RpcConfig::loopback().with_password("user", "password");
//! let server = RpcServer::start(chain.clone(), config).await?;
//! let txid = chain.faucet(&chain.faucet_address(), Amount::from_sat(50_000))?;
//! chain.wait_for_tx(txid).await;
//! chain.mine(1, &chain.faucet_address().script_pubkey())?;
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What does not live here
//!
//! Any network but regtest: there is no parameter for it, and addresses of other networks are
//! refused. No peer-to-peer protocol, no wallet but the faucet's, and no state that outlives the
//! process.
//!
//! # Deviations from bitcoind
//!
//! - Scripts are checked under the consensus flags only: the engine exposes no policy flags.
//! - Blocks take transactions in order of arrival, not by feerate.
//! - The fee estimate is a constant, [`FEE_ESTIMATE_SAT_PER_KVB`].
//! - Packages may have any topology as long as parents precede children.

mod auto_miner;
mod blocks;
mod chain;
mod coins;
mod electrum;
mod error;
mod esplora;
mod history;
mod kernel;
mod ledger;
mod locks;
mod mempool;
mod merkle;
mod miner;
mod rpc;
mod wallet;

pub use auto_miner::AutoMiner;
pub use chain::{Chain, ChainUpdate, INITIAL_HEIGHT};
pub use electrum::ElectrumServer;
pub use error::{ChainError, FaucetError};
pub use esplora::EsploraServer;
pub use mempool::{
    MIN_RELAY_FEE_SAT_PER_KVB, MempoolRefusal, PackageMember, PackageRefusal, PackageReport,
};
pub use rpc::{FEE_ESTIMATE_SAT_PER_KVB, RpcConfig, RpcServer, RpcServerError};
