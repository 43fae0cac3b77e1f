//! Somebody who sells channels for money (bLIP-51), on a real node: its invoices are paid with real payments, which it
//! takes when it has opened a real channel.
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bitcoin::Amount;
use bolt1::{Msat, Seconds};
use offerd_core::port::{Bolt11Order, Hints, InvoiceIssuer as _};
use offerd_node_ldk::{AddressKind, FundingOrder, Node};
use secp256k1::PublicKey;
use serde_json::{Value, json};

/// The price of every channel.
pub(crate) const FEE_SAT: u64 = 2_000;
/// Longer than any test.
const FAR_AWAY: &str = "2050-02-23T08:47:30.511Z";

/// What is known of an order.
struct Sold {
    client: PublicKey,
    payment_hash: [u8; 32],
    /// What `lsps1.get_order` says.
    answer: Value,
}

/// The seller.
pub(crate) struct Seller {
    node: Arc<Node>,
    sold: Mutex<HashMap<String, Sold>>,
    takes_coins: AtomicBool,
    /// An offer of the price of a channel in which nothing is the client's.
    offer: Mutex<Option<String>>,
}

impl Seller {
    /// Serves from now on, as long as the node runs.
    pub(crate) fn open(node: &Arc<Node>) -> Arc<Self> {
        let seller = Arc::new(Self {
            node: Arc::clone(node),
            sold: Mutex::default(),
            takes_coins: AtomicBool::new(false),
            offer: Mutex::default(),
        });
        let (mut requests, serving) = (node.serve_orders(), Arc::clone(&seller));
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                let asked: Value = serde_json::from_str(&request.text).unwrap();
                let result = serving.serve(request.client, &asked).await;
                let answer = json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result });
                serving.node.answer_order_request(request.client, answer.to_string());
            }
        });
        seller
    }

    /// From now on it shows an address beside the invoice.
    pub(crate) fn take_coins(&self) {
        self.takes_coins.store(true, Ordering::Relaxed);
    }

    /// From now on it shows this offer beside the invoice.
    pub(crate) fn take_offer(&self, offer: String) {
        self.offer.lock().unwrap().replace(offer);
    }

    async fn serve(&self, client: PublicKey, asked: &Value) -> Value {
        match asked["method"].as_str() {
            Some("lsps1.get_info") => options(),
            Some("lsps1.create_order") => self.sell(client, &asked["params"]).await,
            _ => {
                let id = asked["params"]["order_id"].as_str().unwrap();
                self.sold.lock().unwrap()[id].answer.clone()
            }
        }
    }

    async fn sell(&self, client: PublicKey, order: &Value) -> Value {
        let total = FEE_SAT + sat(&order["client_balance_sat"]);
        let invoice = Bolt11Order {
            amount: Msat::from_sat(total),
            description: "a channel".to_owned(),
            description_as_hash: false,
            expiry: Seconds(3_600),
            final_delay: None,
            fallbacks: Vec::new(),
            preimage: None,
            hints: Hints::Automatic,
        };
        let invoice = self.node.mint_bolt11(invoice).await.unwrap();
        let mut answer = order.clone();
        let id = format!("order-{}", self.sold.lock().unwrap().len());
        answer["order_id"] = json!(id);
        answer["created_at"] = json!("2026-01-01T00:00:00Z");
        answer["order_state"] = json!("CREATED");
        answer["channel"] = Value::Null;
        answer["payment"] = json!({ "bolt11": {
            "state": "EXPECT_PAYMENT", "expires_at": FAR_AWAY, "fee_total_sat": FEE_SAT.to_string(),
            "order_total_sat": total.to_string(), "invoice": invoice.string,
        }});
        if self.takes_coins.load(Ordering::Relaxed) {
            let address = self.node.new_address(AddressKind::Bech32).unwrap().to_string();
            answer["payment"]["onchain"] = json!({
                "state": "EXPECT_PAYMENT", "expires_at": FAR_AWAY, "address": address,
                "fee_total_sat": FEE_SAT.to_string(), "order_total_sat": total.to_string(),
                "min_onchain_payment_confirmations": 1,
                "refund_onchain_address": order["refund_onchain_address"],
            });
        }
        if let Some(offer) = &*self.offer.lock().unwrap() {
            answer["payment"]["bolt12"] = json!({
                "state": "EXPECT_PAYMENT", "expires_at": FAR_AWAY, "offer": offer,
                "fee_total_sat": FEE_SAT.to_string(), "order_total_sat": total.to_string(),
            });
        }
        let payment_hash = invoice.payment_hash;
        let sold = Sold { client, payment_hash, answer: answer.clone() };
        self.sold.lock().unwrap().insert(id, sold);
        answer
    }

    fn change(&self, payment_hash: &[u8; 32], change: impl FnOnce(&mut Value)) {
        let mut all = self.sold.lock().unwrap();
        let sold = all.values_mut().find(|sold| sold.payment_hash == *payment_hash).unwrap();
        change(&mut sold.answer);
    }

    /// A payment has come, and is not taken yet.
    pub(crate) fn hold(&self, payment_hash: &[u8; 32]) {
        self.change(payment_hash, |it| it["payment"]["bolt11"]["state"] = json!("HOLD"));
    }

    /// Opens the channel that the payment is for, less so many satoshi; fails where the client does not take it.
    pub(crate) async fn open_channel(
        &self,
        payment_hash: &[u8; 32],
        less: u64,
    ) -> Result<String, String> {
        let (peer, order) = {
            let all = self.sold.lock().unwrap();
            let sold = all.values().find(|sold| sold.payment_hash == *payment_hash).unwrap();
            (sold.client, sold.answer.clone())
        };
        let pushed = sat(&order["client_balance_sat"]);
        let wish = FundingOrder {
            peer,
            amount: Amount::from_sat(sat(&order["lsp_balance_sat"]) + pushed - less),
            push: Msat::from_sat(pushed).unwrap(),
            announce: false,
            fee_rate: None,
        };
        let funded = self.node.fund_channel(wish).await.map_err(|error| error.to_string())?;
        Ok(format!("{}:{}", funded.txid, funded.outnum))
    }

    /// Takes the payment, and says that the channel is there.
    pub(crate) async fn complete(&self, payment_hash: [u8; 32], funding: &str) {
        self.node.accept(payment_hash).await.unwrap();
        self.say_completed(payment_hash, "bolt11", funding);
    }

    /// Says that the channel is there, and that it was paid for by this way.
    pub(crate) fn say_completed(&self, payment_hash: [u8; 32], way: &str, funding: &str) {
        self.change(&payment_hash, |it| {
            it["order_state"] = json!("COMPLETED");
            it["payment"][way]["state"] = json!("PAID");
            it["channel"] = json!({
                "funded_at": "2026-01-01T00:00:00Z", "funding_outpoint": funding, "expires_at": FAR_AWAY,
            });
        });
    }

    /// Sends the payment back.
    pub(crate) async fn fail(&self, payment_hash: [u8; 32]) {
        self.node.refuse(payment_hash).await.unwrap();
        self.change(&payment_hash, |it| {
            it["order_state"] = json!("FAILED");
            it["payment"]["bolt11"]["state"] = json!("REFUNDED");
        });
    }
}

/// What it sells.
pub(crate) fn options() -> Value {
    json!({
        "min_required_channel_confirmations": 0, "min_funding_confirms_within_blocks": 6,
        "supports_zero_channel_reserve": false, "max_channel_expiry_blocks": 20160,
        "min_initial_client_balance_sat": "0", "max_initial_client_balance_sat": "500000",
        "min_initial_lsp_balance_sat": "50000", "max_initial_lsp_balance_sat": "10000000",
        "min_channel_balance_sat": "100000", "max_channel_balance_sat": "10000000",
    })
}

fn sat(text: &Value) -> u64 {
    text.as_str().unwrap().parse().unwrap()
}
