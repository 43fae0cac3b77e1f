//! What is paid again and again: by our nodes over a wallet that forwards, and what a wallet makes of it that does not
//! know such offers.

use std::time::{SystemTime, UNIX_EPOCH};

use ldk_node::lightning::events::PaymentFailureReason;
use ldk_node::lightning::offers::offer::Offer;
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::network::Network;
use crate::until::{until, until_equal, until_true};

/// How long a period is: so short that one waits for several, so long that a busy machine pays within it.
const PERIOD: &str = "8seconds";
const PRICE_MSAT: u64 = 2_000_000;
const PAYMENTS: u64 = 3;

fn magazine(issuer: &Daemon, more: Value) -> Value {
    let mut params =
        json!({ "amount": "2000sat", "description": "a magazine", "recurrence": PERIOD });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    issuer.call("offer", params)
}

fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn subscription(of: &Daemon) -> Value {
    let list = of.call("listsubscriptions", json!({ "label": "magazine" }));
    list["subscriptions"][0].clone()
}

/// Whoever has paid this offer in periods.
fn series(issuer: &Daemon, offer: &Value) -> Value {
    let list = issuer.call("listsubscribers", json!({}));
    let list = list["subscribers"].as_array().unwrap();
    let of_offer = |series: &&Value| series["offer_id"] == offer["offer_id"];
    list.iter().find(of_offer).cloned().unwrap_or_default()
}

pub(crate) fn a_subscription_is_paid_over_a_wallet_until_it_is_cancelled(network: &Network) {
    let Network { neighbour, hub, wallet, .. } = network;
    let offer = magazine(hub, json!({}));
    let before = [neighbour, hub].map(Daemon::balance);
    let between = wallet.balance();
    let params = json!({ "offer": offer["bolt12"], "label": "magazine" });
    let made = neighbour.call("subscribe", params.clone());
    assert_eq!(made["created"], true, "{made}");
    until_true("several periods are paid", || {
        subscription(neighbour)["periods_paid"].as_u64().unwrap() >= PAYMENTS
    });
    neighbour.call("cancelsubscription", json!({ "label": "magazine" }));
    let cancelled = until("the issuer is told", || {
        let known = subscription(neighbour);
        (known["issuer_told"] == true && known["paying"] == false).then_some(known)
    });
    let ended = until("the issuer knows", || {
        let known = series(hub, &offer);
        (known["status"] == "cancelled").then_some(known)
    });
    let times = cancelled["periods_paid"].as_u64().unwrap();
    assert_eq!(ended["periods_paid"], times);
    assert_eq!(ended["amount_received_msat"], times * PRICE_MSAT);
    assert_eq!(cancelled["amount_paid_msat"], times * PRICE_MSAT);
    assert_eq!(ended["invreq_payer_id"], cancelled["invreq_payer_id"]);

    let over = ended["paid_until"].as_u64().unwrap() + 8;
    until_true("two more periods have begun", || seconds_since_1970() > over);
    assert_eq!(subscription(neighbour)["periods_paid"], times);
    let sent = sent_for(neighbour, &offer);
    assert_eq!(sent.len() as u64, times, "{sent:?}");
    let (sent, got) = (sent.iter().sum::<u64>(), times * PRICE_MSAT);
    assert!(sent > got, "the wallet forwards for a fee");
    let wanted = [before[0] - sent, before[1] + got, between + sent - got];
    until_equal("what the neighbour, the hub and the wallet have", &wanted, || {
        [neighbour.balance(), hub.balance(), wallet.balance()]
    });
}

/// What each payment for an offer has cost, fees and all, in msat.
fn sent_for(payer: &Daemon, offer: &Value) -> Vec<u64> {
    let list = payer.call("listpays", json!({}));
    let of_offer = |pay: &&Value| {
        let decoded = payer.call("decode", json!({ "string": pay["bolt12"] }));
        pay["status"] == "complete" && decoded["offer_id"] == offer["offer_id"]
    };
    let pays = list["pays"].as_array().unwrap().iter();
    let pays = pays.filter(|pay| pay["bolt12"].is_string()).filter(of_offer);
    pays.map(|pay| pay["amount_sent_msat"].as_u64().unwrap()).collect()
}

pub(crate) fn a_stipend_is_redeemed_over_a_wallet_once_in_each_period(network: &Network) {
    let Network { neighbour, hub, wallet, .. } = network;
    let params = json!({
        "amount": "1500sat", "description": "a stipend", "recurrence": PERIOD, "recurrence_limit": 2,
        "recurrence_paywindow": "-0+60",
    });
    let payout = neighbour.call("offerout", params);
    let before = [neighbour, hub].map(Daemon::balance);
    let between = wallet.balance();
    let redeem = |label: &str, period: u64| {
        let code = &payout["bolt12"];
        let params = json!({ "invreq": code, "label": label, "recurrence_counter": period });
        hub.attempt("sendinvoice", &params).unwrap()
    };
    for period in 0..PAYMENTS {
        let label = format!("stipend {period}");
        until("the period has begun and is redeemed", || match redeem(&label, period) {
            Ok(redeemed) => Some(redeemed),
            Err((_, why)) => {
                assert!(why.contains("too early"), "{why}");
                None
            }
        });
        let (_, why) = redeem(&format!("again {period}"), period).unwrap_err();
        assert!(why.contains("already redeemed"), "{why}");
    }
    let got = PAYMENTS * 1_500_000;
    until_equal("what the hub has", &(before[1] + got), || hub.balance());
    until_true("what the neighbour and the wallet have adds up", || {
        let (cost, fees) = (before[0] - neighbour.balance(), wallet.balance() - between);
        cost == got + fees
    });
}

/// It may be paid once by whoever knows no periods. This wallet tries, and takes no invoice for it: it derives its key
/// from the records that it knows, and looks for it in all that were sent. Nothing is lost by that.
pub(crate) fn a_wallet_that_knows_no_periods_takes_no_invoice_for_an_offer_that_has_them(
    network: &Network,
) {
    let Network { hub, wallet, .. } = network;
    let optional = magazine(hub, json!({ "optional_recurrence": true }));
    let code: Offer = optional["bolt12"].as_str().unwrap().parse().unwrap();
    let before = [hub.balance(), wallet.balance()];
    let id = wallet.bolt12().send(&code, None, None, None).unwrap();
    let why = wallet.sent(id).unwrap_err();
    assert_eq!(why, Some(PaymentFailureReason::InvoiceRequestExpired));
    assert_eq!([hub.balance(), wallet.balance()], before);
    assert_eq!(series(hub, &optional), Value::Null);
}

pub(crate) fn a_wallet_that_knows_no_periods_does_not_read_an_offer_that_demands_them(
    network: &Network,
) {
    let Network { hub, wallet, .. } = network;
    let before = [hub.balance(), wallet.balance()];
    let compulsory = magazine(hub, json!({ "description": "a paper" }));
    // The record that says so is of an even type: whoever does not know it must not go on.
    let read: Result<Offer, _> = compulsory["bolt12"].as_str().unwrap().parse();
    let why = format!("{:?}", read.unwrap_err());
    assert!(why.contains("UnknownRequiredFeature"), "{why}");
    assert_eq!([hub.balance(), wallet.balance()], before);
    assert_eq!(series(hub, &compulsory), Value::Null);
}
