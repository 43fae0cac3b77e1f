//! How things stand at the moment of a scrape.

use bolt1::Timestamp;
use offerd_api::ErrorObject;
use offerd_api::node::{NodeInfo, WalletOutput};
use offerd_core::port::PortError;

use super::sheet::{Sample, Sheet, number, things, unit};
use crate::driver::Driver;
use crate::rpc::NodeControl;
use crate::rpc::outlook::Outlook;
use crate::webhook::Webhooks;

/// Channels, coins, the chain, messages, the store's size.
pub(super) async fn node(
    node: &dyn NodeControl,
    now: Timestamp,
    sheet: &mut Sheet,
) -> Result<(), ErrorObject> {
    let (info, vitals) = (node.info().await?, node.vitals().await?);
    let (channels, coins) = (node.channels().await?, node.wallet_outputs(false).await?);
    let build = vec![("version", info.version.clone()), ("network", info.network.clone())];
    let title = things("offerd_build_info", "1, with the program's version and network as labels");
    sheet.gauges(title, vec![(build, 1.0)]);
    let channel_counts = [
        ("usable", info.num_active_channels),
        ("pending", info.num_pending_channels),
        ("away", info.num_inactive_channels),
    ];
    let by_state =
        channel_counts.map(|(state, count)| (vec![("state", state.into())], number(count)));
    sheet.gauges(
        things("offerd_channels", "Channels, by whether they can be used"),
        by_state.into(),
    );
    sheet.gauge(things("offerd_peers", "Nodes connected now"), number(info.num_peers));
    let outlook = Outlook::of(&channels);
    let title = unit("offerd_spendable", "msat", "What can be sent now over all channels together");
    sheet.gauge(title, number(outlook.spendable));
    let title = unit("offerd_receivable", "msat", "What can arrive now over all channels together");
    sheet.gauge(title, number(outlook.receivable));
    let ours = channels.iter().fold(0, |sum: u64, channel| sum.saturating_add(channel.to_us_msat));
    let title =
        unit("offerd_channel_balance", "msat", "What is ours in all channels, reserves included");
    sheet.gauge(title, number(ours));
    sheet.gauges(
        unit(
            "offerd_wallet",
            "msat",
            "Coins of the on-chain wallet, by whether they are confirmed",
        ),
        ["confirmed", "unconfirmed"].map(|status| of_status(&coins, status)).into(),
    );
    chain(&info, vitals.tip_time, now, sheet);
    messages(&info, sheet);
    let title = unit("offerd_store", "bytes", "The database on disk");
    sheet.gauge(title, number(vitals.store_bytes));
    Ok(())
}

fn of_status(coins: &[WalletOutput], status: &str) -> Sample {
    let coins = coins.iter().filter(|coin| coin.status == status);
    let sum = coins.fold(0, |sum: u64, coin| sum.saturating_add(coin.amount_msat));
    (vec![("status", status.to_owned())], number(sum))
}

fn chain(info: &NodeInfo, tip_time: Option<Timestamp>, now: Timestamp, sheet: &mut Sheet) {
    sheet
        .gauge(things("offerd_block_height", "Height of the best block"), number(info.blockheight));
    let synced = info.warning_bitcoind_sync.is_none();
    let title = things("offerd_chain_reachable", "1 while the chain can be asked, else 0");
    sheet.gauge(title, number(u64::from(synced)));
    let title = unit(
        "offerd_chain_tip_age",
        "seconds",
        "How long ago the best block says that it was mined",
    );
    let age = tip_time.map(|time| (Vec::new(), number(now.since(time).0)));
    sheet.gauges(title, age.into_iter().collect());
}

fn messages(info: &NodeInfo, sheet: &mut Sheet) {
    let counts = &info.onion_messages;
    let ways =
        [("received", counts.received), ("sent", counts.sent), ("forwarded", counts.forwarded)];
    let ways = ways.map(|(way, count)| (vec![("way", way.to_owned())], number(count)));
    sheet.counters(things("offerd_onion_messages", "Onion messages, by their way"), ways.into());
    let dropped = counts.dropped.iter();
    let dropped = dropped.map(|(why, count)| (vec![("reason", why.clone())], number(*count)));
    sheet.counters(
        things("offerd_onion_messages_dropped", "Onion messages that went no further, by why"),
        dropped.collect(),
    );
}

/// What is under way, and what is promised.
pub(super) fn store(driver: &Driver, sheet: &mut Sheet) -> Result<(), PortError> {
    let store = driver.store();
    let open = store.open_payouts(driver.now())?;
    sheet.gauge(things("offerd_open_payouts", "Payouts that can be redeemed"), number(open.count));
    let title = unit(
        "offerd_open_payouts_at_most",
        "msat",
        "What one redemption of each open payout can take, without fees",
    );
    sheet.gauge(title, number(open.at_most.as_u64()));
    let under_way = [
        (
            "offerd_payments_pending",
            "Payments whose outcome is not known",
            store.pending_payments()?.len(),
        ),
        (
            "offerd_redemptions_awaiting",
            "Redemptions that wait for approval",
            store.awaiting_claims()?.len(),
        ),
        (
            "offerd_receipts_claiming",
            "Payments to this node that are being taken",
            store.claiming_receipts()?.len(),
        ),
        (
            "offerd_outbox",
            "Effects that were committed and are still to be performed",
            store.outbox()?.len(),
        ),
    ];
    for (name, help, count) in under_way {
        sheet.gauge(things(name, help), number(u64::try_from(count).unwrap_or(u64::MAX)));
    }
    let title = things("offerd_events", "Lines in the log of events, since the first start");
    sheet.counter(title, number(driver.last_logged()?));
    Ok(())
}

/// How each source of rates does. Sources are named by the configuration.
pub(super) fn rates(driver: &Driver, sheet: &mut Sheet) -> Result<(), PortError> {
    let now = driver.now();
    let (mut ages, mut fresh) = (Vec::new(), Vec::new());
    for currency in driver.currencies()? {
        for source in driver.rates().sources(currency) {
            let labels =
                || vec![("currency", currency.to_string()), ("source", source.name.clone())];
            let counts = source.is_fresh && !source.is_left_out;
            fresh.push((labels(), number(u64::from(counts))));
            ages.extend(source.reading.map(|reading| (labels(), number(now.since(reading.at).0))));
        }
    }
    let title =
        unit("offerd_rate_age", "seconds", "How old the last answer of each source of rates is");
    sheet.gauges(title, ages);
    let title = things(
        "offerd_rate_source_counts",
        "1 while a source's rate is fresh and believed, else 0",
    );
    sheet.gauges(title, fresh);
    Ok(())
}

/// How far each receiver is behind; by its place in the configuration, since an address may hold a secret.
pub(super) fn webhooks(webhooks: &Webhooks, logged: u64, now: Timestamp, sheet: &mut Sheet) {
    let (mut backlog, mut aside, mut away) = (Vec::new(), Vec::new(), Vec::new());
    for (place, receiver) in webhooks.list().iter().enumerate() {
        let labels = || vec![("receiver", place.saturating_add(1).to_string())];
        let behind = logged.saturating_sub(receiver.through_id).saturating_add(receiver.retrying);
        backlog.push((labels(), number(behind)));
        let failed = receiver.failed.iter();
        let failed =
            failed.map(|span| span.last_id.saturating_sub(span.first_id).saturating_add(1));
        aside.push((labels(), number(failed.fold(0, u64::saturating_add))));
        let since = receiver.away_since.map_or(0, |since| now.since(Timestamp(since)).0);
        away.push((labels(), number(since)));
    }
    let title = things("offerd_webhook_backlog", "Events that a receiver has not been given yet");
    sheet.gauges(title, backlog);
    let title =
        things("offerd_webhook_aside", "Events that were put aside after a receiver refused them");
    sheet.gauges(title, aside);
    let title = unit("offerd_webhook_away", "seconds", "How long a receiver has not answered");
    sheet.gauges(title, away);
}
