//! What docs/restore.md says, done as it says, with real daemons: everything that was lost comes back.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "shared/client.rs"]
mod client;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use bitcoin::{OutPoint, Txid};
use client::{call, refusal};
use serde_json::json;
use town::{Daemon, Town, command, complaint, run, text};
use until::until;

const GUIDE: &str = include_str!("../../../docs/restore.md");

/// Checks that the guide has this very command, so that it cannot say something that is not tested here.
fn as_documented(command: &str) {
    assert!(GUIDE.contains(command), "docs/restore.md does not say: {command}");
}

/// What a channel's funds cost on their way to the wallet, in sat: the fee of the transaction that closed it and
/// its two anchors of 330 sat, if we opened it and therefore pay for both, and the fee of the sweep.
fn costs(town: &Town, funding: Txid, opened_by_us: bool) -> u64 {
    let funding = town.chain.transaction(&funding).unwrap();
    let vout = funding.output.iter().position(|output| output.value.to_sat() == 1_000_000);
    let vout = u32::try_from(vout.unwrap()).unwrap();
    let closing = town.spender(OutPoint { txid: funding.compute_txid(), vout });
    let left: u64 = closing.output.iter().map(|output| output.value.to_sat()).sum();
    if opened_by_us { 1_000_000 - left + 660 } else { 0 }
}

/// The fees of the sweeps of what these channels' closing transactions pay to us.
fn sweep_fees(town: &Town, node: &Daemon, channels: &[(String, u64)]) -> u64 {
    let mut sweeps = Vec::new();
    for (closing, ours) in channels {
        let closing = town.chain.transaction(&closing.parse().unwrap()).unwrap();
        let vout = closing.output.iter().position(|output| output.value.to_sat() == *ours);
        let vout = u32::try_from(vout.unwrap()).unwrap();
        let sweep = town.spender(OutPoint { txid: closing.compute_txid(), vout });
        if !sweeps.contains(&sweep) {
            sweeps.push(sweep);
        }
    }
    let paid: u64 = channels.iter().map(|(_, ours)| ours).sum();
    let arrived: u64 =
        sweeps.iter().flat_map(|sweep| &sweep.output).map(|output| output.value.to_sat()).sum();
    assert!(node.on_chain() >= arrived);
    paid - arrived
}

/// Mines until the recovery is over, and gives what was seen of each channel on the way: closing transaction, and
/// what of it was ours, in sat.
fn recovered(town: &Town, node: &Daemon, others: &[&Daemon]) -> Vec<(String, u64)> {
    let mut seen = Vec::new();
    until("all channels closed", || {
        town.mine(1, &[node]);
        town.mine(0, others);
        let funds = node.call("listfunds", json!({}));
        let channels = funds["recovering"].as_array()?;
        seen = channels
            .iter()
            .filter_map(|channel| {
                let closing = channel["closing_txid"].as_str()?.to_owned();
                Some((closing, channel["our_amount_msat"].as_u64()? / 1000))
            })
            .collect();
        (seen.len() == channels.len()).then_some(())
    });
    town.mine_until_recovered(node, others);
    seen
}

#[test]
fn words_and_recovery_file_bring_all_funds_back_into_an_empty_folder() {
    let town = Town::new();
    let (shop, atm) =
        (Daemon::start(&town.prepare("shop"), &[]), Daemon::start(&town.prepare("atm"), &[]));
    for node in [&shop, &atm] {
        town.fund(node, 3_000_000);
        town.fund(node, 3_000_000);
    }
    let opened = town.channel(&shop, &atm, 400_000);
    let accepted = town.channel(&atm, &shop, 250_000);
    shop.pay(&atm, 50_000);
    atm.pay(&shop, 7_000);
    let kept = town.folder.path().join("stick").join("offerd-2026-01-31");
    as_documented("offer-cli backup destination=/mnt/stick/offerd-2026-01-31");
    let made = shop.call("backup", json!({ "destination": kept }));
    assert_eq!(made["num_channels"], 2);
    for name in ["recovery_file", "database"] {
        let mode = fs::metadata(made[name].as_str().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let (code, message) = refusal(&shop.dir, "backup", json!({ "destination": kept }));
    assert!(code == -1 && message.contains("is there already"), "{code} {message}");
    let (code, message) = refusal(&shop.dir, "backup", json!({ "destination": "stick" }));
    assert!(code == -32602 && message.contains("absolute path"), "{code} {message}");
    let words = fs::read_to_string(shop.dir.join("seed")).unwrap();
    let log = fs::read_to_string(shop.dir.with_extension("log")).unwrap();
    assert!(!log.contains(words.split(' ').next_back().unwrap().trim()) || !log.contains(&words));

    let id = shop.call("getinfo", json!({}))["id"].clone();
    let (on_chain, in_channels) = (shop.on_chain(), shop.in_channels());
    assert_eq!(in_channels, (600_000 + 250_000 - 50_000 + 7_000) * 1000);
    let dir = shop.dir.clone();
    let config = fs::read(dir.join("offerd.toml")).unwrap();
    shop.kill();
    fs::remove_dir_all(&dir).unwrap();

    as_documented(
        "offerd restore --dir ~/shop --recovery-file /mnt/stick/offerd-2026-01-31/recovery.json",
    );
    let file = kept.join("recovery.json");
    let restored = run(&["restore", "--dir", text(&dir), "--recovery-file", text(&file)]);
    assert!(restored.status.success(), "{}", complaint(&restored));
    let told = String::from_utf8(restored.stdout).unwrap();
    assert!(told.contains(id.as_str().unwrap()) && told.contains("2 channels"), "{told}");
    assert!(!told.contains(words.trim()));
    let again = run(&["restore", "--dir", text(&dir), "--recovery-file", text(&file)]);
    assert!(complaint(&again).contains("is there already"), "{}", complaint(&again));

    as_documented("offerd run --dir ~/shop");
    fs::write(dir.join("offerd.toml"), config).unwrap();
    let shop = Daemon::start(&dir, &[]);
    let info = shop.call("getinfo", json!({}));
    assert_eq!((&info["id"], &info["recovery"]["num_channels"]), (&id, &json!(2)));
    assert_eq!(shop.on_chain(), on_chain, "what was on the chain is there at once");
    let channels = recovered(&town, &shop, &[&atm]);
    let fees = costs(&town, opened, true)
        + costs(&town, accepted, false)
        + sweep_fees(&town, &shop, &channels);
    assert_eq!(shop.on_chain(), on_chain + in_channels / 1000 - fees, "to the satoshi");
    // Its books begin anew, with what has come back; those of the other side have the end of the channels.
    shop.adds_up();
    atm.adds_up();
    let progress = shop.call("getinfo", json!({}))["recovery"].clone();
    assert_eq!((&progress["num_closed"], &progress["pending_msat"]), (&json!(2), &json!(0)));

    shop.kill();
    let shop = Daemon::start(&dir, &[]);
    assert_eq!(shop.call("getinfo", json!({}))["recovery"]["status"], "done");
    assert!(shop.call("listfunds", json!({})).get("recovering").is_none());
}

#[test]
fn an_old_copy_of_the_database_starts_only_to_recover_and_pays_nothing_twice() {
    let town = Town::new();
    let (shop, atm) =
        (Daemon::start(&town.prepare("shop"), &[]), Daemon::start(&town.prepare("atm"), &[]));
    for node in [&shop, &atm] {
        town.fund(node, 3_000_000);
    }
    let opened = town.channel(&shop, &atm, 400_000);
    let coffee = shop.call("offer", json!({ "amount": "5000sat", "description": "coffee" }));
    let refund = shop.call("offerout", json!({ "amount": "20000sat", "description": "refund" }));
    let paper = json!({ "amount": "1000sat", "description": "paper", "recurrence": "1hour" });
    let paper = atm.call("offer", paper);
    let paper = json!({ "offer": paper["bolt12"], "label": "paper" });
    assert_eq!(shop.call("subscribe", paper)["periods_paid"], 1);
    let kept = town.folder.path().join("copy");
    shop.call("backup", json!({ "destination": kept }));

    // After the copy: the refund is redeemed, and a payment is made. In the copy's eyes most is still here.
    let redeem = json!({ "invreq": refund["bolt12"], "label": "refund" });
    assert_eq!(atm.call("sendinvoice", redeem)["status"], "paid");
    for (node, msat) in [(&shop, 579_000_000), (&atm, 421_000_000)] {
        until("the balances", || (node.in_channels() == msat).then_some(()));
    }
    shop.pay(&atm, 300_000);
    let (on_chain, in_channels) = (shop.on_chain(), shop.in_channels());
    assert_eq!(in_channels, (600_000 - 1_000 - 20_000 - 300_000) * 1000);
    let dir = shop.dir.clone();
    shop.kill();
    // Put back over the newer one, with all that stands around it: the same file with an older content.
    let _ = fs::remove_file(dir.join("offerd.sqlite3-wal"));
    fs::copy(kept.join("offerd.sqlite3"), dir.join("offerd.sqlite3")).unwrap();
    refused_as_a_copy(&["run", "--dir", text(&dir)]);
    for name in ["offerd.sqlite3", "offerd.sqlite3-wal", "starts", "recovery.json"] {
        let removed = fs::remove_file(dir.join(name));
        assert!(removed.is_ok() || name.ends_with("-wal"), "{name}");
    }

    as_documented("cp /mnt/stick/offerd-2026-01-31/offerd.sqlite3 ~/shop/");
    fs::copy(kept.join("offerd.sqlite3"), dir.join("offerd.sqlite3")).unwrap();
    for flags in [&["run", "--dir", text(&dir)][..], &["run", "--dir", text(&dir), "--moved"]] {
        refused_as_a_copy(flags);
    }
    as_documented("offerd run --dir ~/shop --recover");
    let shop = Daemon::start(&dir, &["--recover"]);
    assert_eq!(shop.call("listpeerchannels", json!({}))["channels"], json!([]));
    let channels = recovered(&town, &shop, &[&atm]);
    let fees = costs(&town, opened, true) + sweep_fees(&town, &shop, &channels);
    assert_eq!(
        shop.on_chain(),
        on_chain + in_channels / 1000 - fees,
        "the newest balance, not the copy's"
    );

    // The records are there, and what was redeemed after the copy is not paid again.
    let offers = shop.call("listoffers", json!({ "offer_id": coffee["offer_id"] }));
    assert_eq!(offers["offers"][0]["active"], true);
    let payouts = shop.call("listpayouts", json!({}));
    assert_eq!(payouts["payouts"][0]["state"], "disabled");
    // A subscription pays nothing until its owner says so, and goes on where its issuer is then.
    let subscription = || shop.call("listsubscriptions", json!({}))["subscriptions"][0].clone();
    let paused = subscription();
    assert_eq!((&paused["status"], &paused["periods_paid"]), (&json!("paused"), &json!(1)));
    assert!(text_of(&paused["paused_why"]).contains("recovered"), "{paused}");
    let again = town.channel(&shop, &atm, 400_000);
    assert_ne!(again, opened);
    shop.call("resumesubscription", json!(["paper"]));
    until("the next period", || (subscription()["periods_paid"] == 2).then_some(()));
    let readers = atm.call("listsubscribers", json!({}));
    assert_eq!(readers["subscribers"][0]["periods_paid"], 2);
    let redeem = json!({ "invreq": refund["bolt12"], "label": "again", "timeout": 20 });
    let (_, message) = refusal(&atm.dir, "sendinvoice", redeem);
    assert!(message.contains("Remote node sent failure message"), "{message}");
    // Business goes on with the old codes, over new channels; and the next start asks no questions.
    let shop = {
        shop.kill();
        Daemon::start(&dir, &[])
    };
    until_usable(&shop);
    let paid = call(&atm.dir, "pay", json!({ "bolt11": coffee["bolt12"] }));
    assert_eq!(paid["status"], "complete");
}

fn text_of(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn refused_as_a_copy(words: &[&str]) {
    let refused = run(words);
    assert_eq!(refused.status.code(), Some(1));
    assert!(complaint(&refused).contains("Start once with --recover"), "{}", complaint(&refused));
}

fn until_usable(node: &Daemon) {
    until("the channel is usable", || {
        let info = node.call("getinfo", json!({}));
        (info["num_active_channels"].as_u64()? > 0).then_some(())
    });
}

#[test]
fn a_copy_of_the_database_is_restored_together_with_the_words() {
    let town = Town::new();
    let shop = Daemon::start(&town.prepare("shop"), &[]);
    town.fund(&shop, 1_000_000);
    let offer = shop.call("offer", json!({ "amount": "any", "description": "tips" }));
    shop.call("offerout", json!({ "amount": "1000sat", "description": "a gift" }));
    let kept = town.folder.path().join("copy");
    shop.call("backup", json!({ "destination": kept }));
    let id = shop.call("getinfo", json!({}))["id"].clone();
    shop.kill();

    let dir = town.prepare("shop2");
    let (file, database) = (kept.join("recovery.json"), kept.join("offerd.sqlite3"));
    as_documented("--database /mnt/stick/offerd-2026-01-31/offerd.sqlite3");
    let words = ["restore", "--dir", text(&dir), "--recovery-file", text(&file), "--database"];
    let restored = command(&words).arg(&database).output().unwrap();
    assert!(restored.status.success(), "{}", complaint(&restored));
    let told = String::from_utf8(restored.stdout).unwrap();
    assert!(told.contains("1 open payouts are disabled"), "{told}");
    let shop = Daemon::start(&dir, &[]);
    assert_eq!(shop.call("getinfo", json!({}))["id"], id);
    assert_eq!(shop.on_chain(), 1_000_000);
    shop.adds_up();
    let offers = shop.call("listoffers", json!({}));
    assert_eq!(offers["offers"][0]["bolt12"], offer["bolt12"]);
}

#[test]
fn words_alone_bring_back_what_is_on_the_chain() {
    let town = Town::new();
    let shop = Daemon::start(&town.prepare("shop"), &[]);
    town.fund(&shop, 1_234_567);
    let words = fs::read_to_string(shop.dir.join("seed")).unwrap();
    let id = shop.call("getinfo", json!({}))["id"].clone();
    shop.kill();
    let dir = town.prepare("shop2");
    as_documented("offerd restore --dir ~/shop --network bitcoin");
    let restored = restore_from_stdin(&dir, &words);
    assert!(restored.status.success(), "{}", complaint(&restored));
    let shop = Daemon::start(&dir, &[]);
    let info = shop.call("getinfo", json!({}));
    assert_eq!((&info["id"], &info["recovery"]["status"]), (&id, &json!("listening")));
    assert_eq!(shop.on_chain(), 1_234_567);
    shop.adds_up();
}

#[test]
fn what_cannot_be_restored_is_named_in_a_line_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, none) = (folder.path().join("node"), folder.path().join("none"));
    let typo = restore_from_stdin(&dir, "abandon abandon about\n");
    assert!(complaint(&typo).contains("12 to 24 words"), "{}", complaint(&typo));
    for (words, expected) in [
        (&["--recovery-file", text(&none)][..], "No such file"),
        (&["--network", "moon"], "should be regtest, signet, testnet or bitcoin"),
        (&[], "--network: must be given"),
    ] {
        let refused = command(&["restore", "--dir", text(&dir)]).args(words).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{words:?}");
        let told = complaint(&refused);
        assert!(told.contains(expected) && told.trim_end().lines().count() == 1, "{told}");
    }
    assert!(!dir.join("seed").exists() && !dir.join("offerd.sqlite3").exists());
}

fn restore_from_stdin(dir: &Path, words: &str) -> std::process::Output {
    let mut process = command(&["restore", "--network", "regtest", "--dir", text(dir)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(words.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}
