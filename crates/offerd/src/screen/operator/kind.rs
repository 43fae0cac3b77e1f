//! What there are lists of, and how one line of each reads.

use bolt1::{Msat, Timestamp};
use bolt12::{Offer, PeerText, Price};
use offerd_core::change::Subsystem;
use offerd_core::rates::FiatAmount;
use serde_json::{Value, json};

use crate::web::words;

/// A kind of record that has a list.
pub(super) struct Kind {
    /// The last part of its address.
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    /// The method that lists them, and the member of its result that is the list.
    pub(super) method: &'static str,
    pub(super) member: &'static str,
    /// The order that they are made in.
    pub(super) subsystem: Subsystem,
    /// The member that a record is found by, and the parameter of the method that it is given as.
    pub(super) id: &'static str,
    /// Members that are searched besides.
    pub(super) searched: &'static [&'static str],
    /// The states that a record may be in, as they are shown.
    pub(super) states: &'static [&'static str],
}

/// The state of payouts that somebody wants to redeem and that wait for a word.
const TO_APPROVE: &str = "to approve";

/// All of them, in the order of the menu.
pub(super) const KINDS: [Kind; 5] = [
    Kind {
        path: "offers",
        title: "Offers",
        method: "listoffers",
        member: "offers",
        subsystem: Subsystem::Offers,
        id: "offer_id",
        searched: &["description", "label", "external_id", "tags"],
        states: &["active", "disabled"],
    },
    Kind {
        path: "payouts",
        title: "Payouts",
        method: "listpayouts",
        member: "payouts",
        subsystem: Subsystem::Payouts,
        id: "created_index",
        searched: &["description", "label", "offer_id", "invreq_id", "state"],
        states: &[TO_APPROVE, "open", "disabled", "spent", "expired"],
    },
    Kind {
        path: "invoices",
        title: "Received",
        method: "listinvoices",
        member: "invoices",
        subsystem: Subsystem::Invoices,
        id: "payment_hash",
        searched: &["description", "label", "status", "invreq_payer_note", "external_id", "tags"],
        states: &["unpaid", "paid", "expired"],
    },
    Kind {
        path: "payments",
        title: "Paid",
        method: "listpays",
        member: "pays",
        subsystem: Subsystem::Payments,
        id: "payment_hash",
        searched: &["description", "label", "status", "destination"],
        states: &["pending", "complete", "failed"],
    },
    Kind {
        path: "subscriptions",
        title: "Subscriptions",
        method: "listsubscriptions",
        member: "subscriptions",
        subsystem: Subsystem::Subscriptions,
        id: "label",
        searched: &["description", "status"],
        states: &["active", "paused", "cancelled", "ended"],
    },
];

impl Kind {
    pub(super) fn find(path: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.path == path)
    }

    /// The call that lists so many from this place on.
    pub(super) fn params(&self, start: u64, limit: u64) -> Value {
        let mut params = json!({ "start": start, "limit": limit });
        if self.subsystem != Subsystem::Subscriptions {
            params["index"] = json!("created");
        }
        if self.subsystem == Subsystem::Offers {
            params["direction"] = json!("in");
        }
        params
    }

    /// The call that lists one alone.
    pub(super) fn params_of(&self, id: &str) -> Value {
        match self.subsystem {
            Subsystem::Payouts => {
                let by_id = || json!({ "offer_id": id });
                id.parse().map_or_else(|_| by_id(), |place| self.params(place, 1))
            }
            Subsystem::Offers
            | Subsystem::Invoices
            | Subsystem::Payments
            | Subsystem::Subscriptions
            | Subsystem::Subscribers => json!({ self.id: id }),
        }
    }

    /// Where the page of one is.
    pub(super) fn link(&self, id: &str) -> String {
        format!("/operator/{}/{}", self.path, part(id))
    }

    /// The list in a result, oldest first.
    pub(super) fn list<'a>(&self, result: &'a Value) -> &'a [Value] {
        let list = result.get(self.member).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a record has this text in it, in whatever case.
    pub(super) fn has(&self, record: &Value, wanted: &str) -> bool {
        let members = self.searched.iter().chain([&self.id]).filter_map(|name| record.get(*name));
        let mut texts = members.flat_map(|member| {
            let list = member.as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().chain([member]).filter_map(Value::as_str)
        });
        texts.any(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
    }

    /// Whether a record is in this state, of those that there are.
    pub(super) fn is_in(&self, record: &Value, wanted: &str) -> bool {
        if wanted == TO_APPROVE { awaiting(record) > 0 } else { state(record) == wanted }
    }

    /// One line, as it is read at this time.
    pub(super) fn row(&self, record: &Value, now: Timestamp) -> Row {
        let id = match record.get(self.id) {
            Some(Value::String(id)) => id.clone(),
            Some(id) => id.to_string(),
            None => String::new(),
        };
        let moment =
            ["paid_at", "completed_at", "created_at"].iter().find_map(|name| number(record, name));
        let what = text(record, "description").or_else(|| text(record, "label"));
        Row {
            link: self.link(&id),
            what: what.unwrap_or_else(|| self.title.to_owned()),
            amount: amount(record).unwrap_or_default(),
            when: moment.map(|at| When {
                moment: words::moment(Timestamp(at)),
                age: words::ago(now.since(Timestamp(at))),
            }),
            state: state(record),
            awaiting: awaiting(record),
        }
    }
}

/// A text as a part of an address.
pub(super) fn part(text: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    escaped.replace('+', "%20")
}

/// One line of a list.
pub(super) struct Row {
    /// Where its page is.
    pub(super) link: String,
    pub(super) what: String,
    pub(super) amount: String,
    pub(super) when: Option<When>,
    pub(super) state: String,
    /// How many redemptions wait for a word.
    pub(super) awaiting: usize,
}

/// When the last of it was: made, paid or failed.
pub(super) struct When {
    pub(super) moment: String,
    /// How long ago.
    pub(super) age: String,
}

/// What somebody wrote, with nothing in it that acts.
pub(super) fn text(record: &Value, name: &str) -> Option<String> {
    let text = record.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    words::text(text.map(PeerText::new).as_ref())
}

pub(super) fn number(record: &Value, name: &str) -> Option<u64> {
    record.get(name).and_then(Value::as_u64)
}

pub(super) fn sat(record: &Value, name: &str) -> Option<String> {
    number(record, name).and_then(Msat::new).map(words::sat)
}

fn amount(record: &Value) -> Option<String> {
    let names = ["amount_received_msat", "amount_msat", "amount_paid_msat"];
    let amount = names.iter().find_map(|name| sat(record, name));
    let most = || sat(record, "max_amount_msat").map(|most| format!("at most {most}"));
    amount.or_else(|| text(record, "price")).or_else(most).or_else(|| price(record))
}

/// What an offer asks for; where the payer decides, nothing.
pub(super) fn price(record: &Value) -> Option<String> {
    let offer = record.get("bolt12").and_then(Value::as_str)?.parse::<Offer>().ok()?;
    match offer.price() {
        Price::Msat(amount) => Some(words::sat(amount)),
        Price::Fiat { currency, minor_units } => {
            Some(words::fiat(FiatAmount::new(currency, minor_units).ok()?))
        }
        Price::PayerDecides => None,
    }
}

fn state(record: &Value) -> String {
    if record.get("expired") == Some(&Value::Bool(true)) {
        return "expired".to_owned();
    }
    let word = text(record, "status").or_else(|| text(record, "state"));
    let active = match record.get("active") {
        Some(Value::Bool(true)) => "active",
        Some(_) => "disabled",
        None => "",
    };
    word.unwrap_or_else(|| active.to_owned())
}

fn awaiting(record: &Value) -> usize {
    let claims = record.get("claims").and_then(Value::as_array).map(Vec::as_slice);
    claims.unwrap_or_default().iter().filter(|claim| claim["state"] == "awaiting").count()
}
