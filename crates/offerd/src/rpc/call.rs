//! From a method's name to its handler.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use offerd_api::control::ConfigView;
use offerd_api::{ErrorObject, code, method};
use serde_json::Value;
use serde_json::value::RawValue;

use super::liquidity::Providers;
use super::method::{handler, only_waits};
use super::node_control::NodeControl;
use super::params::bind;
use super::socket::Calls;
use crate::driver::{Driver, progress};
use crate::shutdown::Shutdown;
use crate::web::PageLinks;
use crate::webhook::Webhooks;

/// Everything that a call may touch.
#[derive(Clone)]
pub struct Api {
    /// Offers, payouts, payments.
    pub driver: Arc<Driver>,
    /// The node itself.
    pub node: Arc<dyn NodeControl>,
    /// Where the pages are, if they are anywhere.
    pub pages: Option<PageLinks>,
    /// The configuration in force, by the options' names.
    pub configs: Arc<BTreeMap<String, ConfigView>>,
    /// Who is told what happens.
    pub webhooks: Webhooks,
    /// Whom to buy liquidity of, and at which price.
    pub providers: Providers,
    /// How to end the daemon.
    pub shutdown: Shutdown,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("driver", &self.driver).finish_non_exhaustive()
    }
}

#[async_trait]
impl Calls for Api {
    async fn call(&self, name: &str, params: Option<&RawValue>) -> Result<Value, ErrorObject> {
        let unknown = || {
            let shown: String = name.chars().take(64).collect();
            let message = format!("Unknown command '{}'", shown.escape_debug());
            ErrorObject::new(code::METHOD_NOT_FOUND, message)
        };
        let method = method::find(name).ok_or_else(unknown)?;
        let handle = handler(method.name).ok_or_else(unknown)?;
        let args = bind(method, params)?;
        tracing::debug!(method = method.name, "call");
        if only_waits(method.name) {
            return handle(self, args).await;
        }
        let api = self.clone();
        // On a task of its own: what was begun goes on when its caller hangs up.
        let listener = progress::listener();
        let running =
            tokio::spawn(progress::heard_by(listener, async move { handle(&api, args).await }));
        running.await.unwrap_or_else(|panic| {
            tracing::error!(method = method.name, %panic, "a call ended in a fault of ours");
            Err(ErrorObject::new(code::GENERAL, "internal error"))
        })
    }
}
