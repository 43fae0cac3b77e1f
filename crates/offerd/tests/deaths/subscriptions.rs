//! What befalls a subscription while one of the two dies at a failpoint.

use serde_json::{Value, json};

use crate::client;
use crate::pair::{Pair, Role};
use crate::until::until;

/// What the customer knows of its subscription.
fn known(pair: &Pair, label: &str) -> Value {
    let list = pair.of(Role::Customer).call("listsubscriptions", json!({ "label": label }));
    list["subscriptions"][0].clone()
}

/// What the subscription came to on both sides: so many payments.
fn both_know(pair: &Pair, label: &str, periods: u64) {
    let ours = known(pair, label);
    assert_eq!(ours["periods_paid"], periods, "{ours}");
    until("the same at the shop", || {
        let theirs = pair.of(Role::Shop).call("listsubscribers", json!({}));
        let all = theirs["subscribers"].as_array()?.clone();
        let same = |it: &&Value| it["invreq_payer_id"] == ours["invreq_payer_id"];
        let paid = all.iter().find(same).map_or(0, |it| it["periods_paid"].as_u64().unwrap());
        (paid == periods).then_some(())
    });
}

fn offer(pair: &Pair, recurrence: &str, amount: &str) -> Value {
    let order = json!({ "amount": amount, "description": "paper", "recurrence": recurrence });
    pair.of(Role::Shop).call("offer", order)["bolt12"].clone()
}

/// Subscribes to an offer of the shop for one payment, and waits until that is made.
pub(crate) fn subscribe(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let offer = offer(pair, "1day", "300sat");
    let params = json!({ "offer": offer, "label": label, "max_periods": 1, "retry_for": 20 });
    pair.until_done("subscribe", &params, Some((who, failpoint)));
    both_know(pair, label, 1);
}

/// The first payment is made, and its owner is reminded of the second at once, long before it is due.
pub(crate) fn remind(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let offer = offer(pair, "1day", "300sat");
    let params = json!({ "offer": offer, "label": label, "remind_before": 172_800 });
    pair.dies_in(who, failpoint, Role::Customer, "subscribe", &params);
    until("the first payment", || (known(pair, label)["periods_paid"] == 1).then_some(()));
    both_know(pair, label, 1);
}

/// More than any channel carries.
pub(crate) fn cannot_pay(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let offer = offer(pair, "1day", "5000000sat");
    let params = json!({ "offer": offer, "label": label, "retry_for": 5 });
    pair.dies_in(who, failpoint, Role::Customer, "subscribe", &params);
    until("a try that came to nothing", || {
        let tries = known(pair, label)["failed_tries"].as_u64()?;
        (tries > 0).then_some(())
    });
    both_know(pair, label, 0);
    pair.of(Role::Customer).call("cancelsubscription", json!([label]));
}

/// Its owner pauses it, lets it go on, and ends it; the issuer hears of that.
pub(crate) fn change_mind(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let offer = offer(pair, "1day", "300sat");
    pair.of(Role::Customer).call("subscribe", json!({ "offer": offer, "label": label }));
    let id = json!([label]);
    let resumes = failpoint.ends_with("resumed");
    if resumes {
        pair.of(Role::Customer).call("pausesubscription", id.clone());
    }
    let (method, becomes) = match failpoint.rsplit_once('.') {
        Some((_, "paused")) => ("pausesubscription", "paused"),
        Some((_, "resumed")) => ("resumesubscription", "active"),
        _ => ("cancelsubscription", "cancelled"),
    };
    pair.dies_in(who, failpoint, Role::Customer, method, &id);
    // Said again; it may be so already.
    let said = client::attempt(&pair.dir(Role::Customer), method, &id).unwrap().unwrap();
    assert_eq!(said["status"], becomes, "{failpoint}");
    if becomes == "cancelled" {
        until("the issuer is told", || (known(pair, label)["issuer_told"] == true).then_some(()));
    }
    both_know(pair, label, 1);
}
