//! The connection to bitcoind's RPC server, with a login that may change.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bitcoin::BlockHash;
use lightning_block_sync::http::HttpEndpoint;
use lightning_block_sync::rpc::RpcClient;
use lightning_block_sync::{
    AsyncBlockSourceResult, BlockData, BlockHeaderData, BlockSource, BlockSourceError,
};
use serde_json::Value;
use tracing::info;

use super::ChainError;
use crate::config::{BitcoindAuth, BitcoindConfig};
use crate::locks::lock;

/// An RPC client that reads the cookie file again when a call has failed: bitcoind writes another cookie at each
/// of its starts.
pub(super) struct Rpc {
    config: BitcoindConfig,
    client: Mutex<Connected>,
}

struct Connected {
    login: String,
    client: Arc<RpcClient>,
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rpc").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Rpc {
    pub(super) fn new(config: &BitcoindConfig) -> Result<Self, ChainError> {
        let client = Mutex::new(Connected::new(config, login(&config.auth)?));
        Ok(Self { config: config.clone(), client })
    }

    /// Calls a method. Errors of bitcoind itself are in the `io::Error` as `RpcError`.
    pub(super) async fn call(&self, method: &str, params: &[Value]) -> Result<Value, io::Error> {
        let outcome = self.client().call_method::<Value>(method, params).await;
        self.after(outcome.is_ok());
        outcome
    }

    fn client(&self) -> Arc<RpcClient> {
        Arc::clone(&lock(&self.client).client)
    }

    fn after(&self, worked: bool) {
        if worked || !matches!(self.config.auth, BitcoindAuth::Cookie(_)) {
            return;
        }
        let Ok(login) = login(&self.config.auth) else { return };
        let mut connected = lock(&self.client);
        if connected.login != login {
            info!("bitcoind has another cookie");
            *connected = Connected::new(&self.config, login);
        }
    }
}

impl Connected {
    fn new(config: &BitcoindConfig, login: String) -> Self {
        let endpoint = HttpEndpoint::for_host(config.host.clone()).with_port(config.port);
        let client = Arc::new(RpcClient::new(&BASE64_STANDARD.encode(&login), endpoint));
        Self { login, client }
    }
}

fn login(auth: &BitcoindAuth) -> Result<String, ChainError> {
    match auth {
        BitcoindAuth::Password { user, password } => Ok(format!("{user}:{password}")),
        BitcoindAuth::Cookie(path) => read_cookie(path)
            .map_err(|error| ChainError(format!("cookie file {}: {error}", path.display()))),
    }
}

fn read_cookie(path: &Path) -> io::Result<String> {
    Ok(std::fs::read_to_string(path)?.trim().to_owned())
}

impl BlockSource for Rpc {
    fn get_header<'a>(
        &'a self,
        hash: &'a BlockHash,
        height: Option<u32>,
    ) -> AsyncBlockSourceResult<'a, BlockHeaderData> {
        Box::pin(async move {
            let outcome = self.client().get_header(hash, height).await;
            self.checked(outcome)
        })
    }

    fn get_block<'a>(&'a self, hash: &'a BlockHash) -> AsyncBlockSourceResult<'a, BlockData> {
        Box::pin(async move {
            let outcome = self.client().get_block(hash).await;
            self.checked(outcome)
        })
    }

    fn get_best_block(&self) -> AsyncBlockSourceResult<'_, (BlockHash, Option<u32>)> {
        Box::pin(async move {
            let outcome = self.client().get_best_block().await;
            self.checked(outcome)
        })
    }
}

impl Rpc {
    fn checked<T>(&self, outcome: Result<T, BlockSourceError>) -> Result<T, BlockSourceError> {
        self.after(outcome.is_ok());
        outcome
    }
}
