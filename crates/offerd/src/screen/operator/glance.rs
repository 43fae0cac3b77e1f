//! `/operator`: the node at a glance.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use bolt1::{Msat, Timestamp};
use offerd_api::node::{ChannelView, Funds, NodeInfo};
use offerd_api::{ErrorObject, code};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::feed::{self, Line};
use super::kind::{KINDS, Kind, number};
use super::prices::{self, CurrencyHealth};
use crate::rpc::outlook::Outlook;
use crate::screen::complaint::{Complaint, capital};
use crate::screen::visitor::Visitor;
use crate::screen::{Screen, show};
use crate::web::words;

#[derive(Template)]
#[template(path = "operator/glance.html")]
struct Glance<'a> {
    token: &'a str,
    kinds: &'static [Kind],
    /// Where the log ended before anything of this was asked: what follows is news.
    logged: u64,
    health: Section<Health>,
    funds: Section<Balances>,
    channels: Section<Vec<Channel>>,
    promises: Section<Promises>,
    lately: Section<Vec<Line>>,
    rates: Section<Vec<CurrencyHealth>>,
    complaint: Complaint,
}

/// What a call gave, or why it did not.
type Section<T> = Result<T, String>;

struct Health {
    alias: String,
    network: String,
    block: u64,
    /// How long ago it was mined.
    age: Option<String>,
    synced: bool,
    peers: u64,
    messages: Vec<(String, u64)>,
    missing: Vec<String>,
}

struct Balances {
    spendable: String,
    receivable: String,
    in_channels: String,
    on_chain: String,
}

/// A channel with its bar: how many hundredths are ours.
struct Channel {
    peer: String,
    name: String,
    state: &'static str,
    ours: u64,
    to_us: String,
    total: String,
    spendable: String,
    receivable: String,
}

struct Promises {
    open: String,
    spendable: String,
    warning: Option<String>,
}

pub(super) async fn page(State(screen): State<Screen>, visitor: Visitor) -> Response {
    let logged = feed::logged(&screen);
    let listed = ask::<Channels>(&screen, &visitor, "listpeerchannels", json!({})).await;
    let funds = ask::<Funds>(&screen, &visitor, "listfunds", json!({})).await;
    let info = ask::<NodeInfo>(&screen, &visitor, "getinfo", json!({})).await;
    let promised = json!({ "state": "open", "limit": 1 });
    let promised = ask::<Value>(&screen, &visitor, "listpayouts", promised).await;
    let balances = match (&listed, funds) {
        (Ok(listed), Ok(funds)) => Ok(balances(&listed.channels, &funds)),
        (Err(why), _) => Err(why.clone()),
        (_, Err(why)) => Err(why),
    };
    let page = Glance {
        token: visitor.session.token(),
        kinds: &KINDS,
        logged,
        health: info.map(|info| health(info, screen.door.driver.now())),
        funds: balances,
        channels: listed.map(|listed| listed.channels.iter().map(channel).collect()),
        promises: promised.map(|promised| promises(&promised)),
        lately: feed::lately(&screen, &visitor).map_err(|error| in_words(&error)),
        rates: prices::health(&screen, &visitor).map_err(|error| in_words(&error)),
        complaint: Complaint::default(),
    };
    show(page.complaint.status(), &page)
}

/// The result of `listpeerchannels`.
#[derive(serde::Deserialize)]
struct Channels {
    channels: Vec<ChannelView>,
}

async fn ask<T: DeserializeOwned>(
    screen: &Screen,
    visitor: &Visitor,
    method: &str,
    params: Value,
) -> Section<T> {
    let called = screen.call(&visitor.session.rune, method, params).await;
    let result = called.map_err(|error| in_words(&error))?;
    serde_json::from_value(result).map_err(|error| {
        tracing::error!(%error, method, "a result of ours cannot be read");
        "This cannot be shown.".to_owned()
    })
}

fn in_words(error: &ErrorObject) -> String {
    if error.code == code::RUNE_NOT_PERMITTED.number {
        return format!("Your rune does not allow this. {}", error.message);
    }
    capital(&error.message)
}

fn health(info: NodeInfo, now: Timestamp) -> Health {
    let counts = &info.onion_messages;
    let ways =
        [("received", counts.received), ("sent", counts.sent), ("forwarded", counts.forwarded)];
    let ways = ways.map(|(way, count)| (way.to_owned(), count));
    let dropped = counts.dropped.iter();
    let dropped =
        dropped.map(|(why, count)| (format!("dropped: {}", why.replace('_', " ")), *count));
    Health {
        block: info.blockheight,
        age: info.blocktime.map(|mined| words::ago(now.since(Timestamp(mined)))),
        synced: info.warning_bitcoind_sync.is_none(),
        peers: info.num_peers,
        messages: ways.into_iter().chain(dropped).collect(),
        alias: info.alias,
        network: info.network,
        missing: info.missing,
    }
}

fn balances(channels: &[ChannelView], funds: &Funds) -> Balances {
    let outlook = Outlook::of(channels);
    let sum = |amounts: &mut dyn Iterator<Item = u64>| shown(amounts.fold(0, u64::saturating_add));
    Balances {
        spendable: shown(outlook.spendable),
        receivable: shown(outlook.receivable),
        in_channels: sum(&mut channels.iter().map(|channel| channel.to_us_msat)),
        on_chain: sum(&mut funds.outputs.iter().map(|output| output.amount_msat)),
    }
}

fn channel(view: &ChannelView) -> Channel {
    let hundredths = view.to_us_msat.saturating_mul(100).checked_div(view.total_msat);
    Channel {
        peer: view.peer_id.chars().take(16).collect(),
        name: view.short_channel_id.clone().unwrap_or_else(|| "not in a block yet".to_owned()),
        state: match (view.state.as_str(), view.peer_connected) {
            ("CHANNELD_NORMAL", true) => "usable",
            ("CHANNELD_NORMAL", false) => "peer away",
            ("OPENINGD" | "CHANNELD_AWAITING_LOCKIN", _) => "opening",
            _ => "closing",
        },
        ours: hundredths.unwrap_or(0).min(100),
        to_us: shown(view.to_us_msat),
        total: shown(view.total_msat),
        spendable: shown(view.spendable_msat),
        receivable: shown(view.receivable_msat),
    }
}

fn promises(listed: &Value) -> Promises {
    let amount = |name| shown(number(listed, name).unwrap_or_default());
    let (open, spendable) = (number(listed, "open_payouts_msat"), number(listed, "spendable_msat"));
    let warning = (open > spendable).then(|| {
        "More is promised than can be sent: somebody who redeems will be refused.".to_owned()
    });
    Promises { open: amount("open_payouts_msat"), spendable: amount("spendable_msat"), warning }
}

fn shown(msat: u64) -> String {
    words::sat(Msat::new(msat).unwrap_or(Msat::MAX))
}
