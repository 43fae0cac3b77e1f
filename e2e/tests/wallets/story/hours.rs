//! Good and bad hours: what is refused, who is away, who dies in the middle.

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::network::Network;
use crate::route::{self, Route, receipt};
use crate::until::{until, until_equal, until_true};
use crate::wallet::hash_of;

fn make_offer(ours: &Daemon, more: Value) -> Value {
    let mut params = json!({ "amount": "2000sat", "description": "an umbrella" });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ours.call("offer", params)
}

pub(crate) fn a_node_of_ours_pays_another_over_a_wallet(network: &Network) {
    let Network { neighbour, hub, wallet, .. } = network;
    let offer = make_offer(hub, json!({}));
    let before = [neighbour, hub].map(Daemon::balance);
    let between = wallet.balance();
    let paid = neighbour.call("pay", json!({ "bolt11": offer["bolt12"] }));
    let sent = paid["amount_sent_msat"].as_u64().unwrap();
    assert!(sent > 2_000_000, "the wallet forwards for a fee: {paid}");
    let wanted = [before[0] - sent, before[1] + 2_000_000, between + sent - 2_000_000];
    until_equal("what the neighbour, the hub and the wallet have", &wanted, || {
        [neighbour.balance(), hub.balance(), wallet.balance()]
    });
}

pub(crate) fn a_wallet_that_was_away_is_paid_when_it_has_returned(network: &Network) {
    let Network { hub, wallet, .. } = network;
    let offer = wallet.bolt12().receive_variable_amount("tips", None).unwrap();
    let before = [hub.balance(), wallet.balance()];
    let params = json!({ "bolt11": offer.to_string(), "amount_msat": 30_000, "retry_for": 2 });
    wallet.stop();
    until_true("the wallet has left", || {
        let peers = hub.call("listpeers", json!({ "id": wallet.id() }));
        peers["peers"].as_array().unwrap().iter().all(|peer| peer["connected"] == false)
    });
    let (code, message) = hub.refusal("pay", params.clone());
    assert!([1003, 1005].contains(&code), "{code} {message}");
    wallet.start_again();
    network.wait_for_channels();
    let paid = until("the wallet is paid", || hub.attempt("pay", &params).unwrap().ok());
    assert_eq!(paid["status"], "complete");
    let wanted = [before[0] - 30_000, before[1] + 30_000];
    until_equal("what the hub and the wallet have", &wanted, || [hub.balance(), wallet.balance()]);
}

pub(crate) fn killed_in_the_middle_of_a_payment_we_agree_with_the_wallet(network: &Network) {
    let route = Route::of(network, route::TO_THE_NEIGHBOUR);
    let offer = make_offer(route.ours, json!({ "label": "kill" }));
    let before = route.balances();
    let code = offer["bolt12"].as_str().unwrap().parse().unwrap();
    let id = route.wallet.bolt12().send(&code, None, None, None).unwrap();
    // An invoice that were lost with the process, the wallet would wait for; a payment has to end.
    let owned = before.wallet;
    until_true("the payment has left the wallet", || route.wallet.balance() < owned);
    route.ours.kill();
    route.ours.run();
    network.wait_for_channels();
    match route.wallet.sent(id) {
        Ok(paid) => {
            let received = receipt(route.ours, hash_of(&paid).unwrap());
            assert_eq!(received["amount_received_msat"], 2_000_000);
            before.wait_until_we_got(2_000_000, 0);
        }
        Err(reason) => {
            before.wait_until_we_got(0, 0);
            let list = route.ours.call("listinvoices", json!({}));
            let list = list["invoices"].as_array().unwrap();
            let paid = |invoice: &&Value| {
                invoice["local_offer_id"] == offer["offer_id"] && invoice["status"] == "paid"
            };
            assert_eq!(list.iter().find(paid), None, "{reason:?}");
        }
    }
}
