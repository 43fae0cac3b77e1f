//! Calls a party's API as the socket does.

use std::sync::Arc;

use bolt1::Msat;
use offerd::metrics::Metrics;
use offerd::rpc::liquidity::Providers;
use offerd::rpc::{Api, Calls as _};
use offerd::shutdown::Shutdown;
use offerd::web::PageLinks;
use offerd::webhook::Webhooks;
use offerd_api::{ErrorObject, code};
use offerd_core::port::{Page, Store as _};
use offerd_testkit::rpc_schema::{check_request, check_response};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::node::EmptyNode;
use crate::world::Party;

/// A party with its API.
pub struct Caller {
    pub party: Party,
    pub api: Api,
}

impl Caller {
    pub fn of(party: Party) -> Self {
        let driver = Arc::clone(&party.driver);
        let api = Api {
            driver,
            node: Arc::new(EmptyNode::default()),
            pages: Some(PageLinks::at("https://pay.example.com/")),
            configs: Arc::default(),
            webhooks: Webhooks::default(),
            providers: Providers {
                usual: None,
                token: None,
                max_fee: Msat::from_sat(10_000).unwrap(),
            },
            shutdown: Shutdown::new(),
        };
        Self { party, api }
    }

    /// Its figures.
    #[allow(dead_code, reason = "for doors alone")]
    pub fn metrics(&self) -> Metrics {
        let Api { driver, node, webhooks, .. } = &self.api;
        Metrics::new(Arc::clone(driver), Arc::clone(node), webhooks.clone())
    }

    /// A call with parameters as JSON, not through `Value`, so that their spelling is kept. A request that is taken
    /// must fit the method's schema, and so must the result.
    pub async fn try_call(&self, method: &str, params: &str) -> Result<Value, ErrorObject> {
        let raw: Box<RawValue> = serde_json::from_str(params).unwrap();
        let called = self.api.call(method, Some(&raw)).await;
        let result = called.inspect_err(|error| assert!(code::find(error.code).is_some()))?;
        let fits = check_request(method, &serde_json::from_str(params).unwrap());
        if let Err(misfit) = fits.and_then(|()| check_response(method, &result)) {
            panic!("{misfit}");
        }
        Ok(result)
    }

    pub async fn call(&self, method: &str, params: Value) -> Value {
        let called = self.try_call(method, &params.to_string()).await;
        called.unwrap_or_else(|error| panic!("{method} {params}: {error}"))
    }

    pub async fn refusal(&self, method: &str, params: Value) -> ErrorObject {
        match self.try_call(method, &params.to_string()).await {
            Err(error) => error,
            Ok(result) => panic!("{method} {params} was not refused: {result}"),
        }
    }

    /// How many rows of each kind there are.
    pub fn rows(&self) -> [usize; 6] {
        let store = &self.party.store;
        [
            store.offers(Page::ALL).unwrap().len(),
            store.payouts(Page::ALL).unwrap().len(),
            store.payments(Page::ALL).unwrap().len(),
            store.own_invoices(Page::ALL).unwrap().len(),
            store.receipts(Page::ALL).unwrap().len(),
            store.subscriptions(Page::ALL).unwrap().len(),
        ]
    }
}
