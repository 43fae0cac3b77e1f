//! What the pages of a running daemon cost: time to the first byte, bytes of each page with all that belongs to it, and
//! a thousand pages that are followed at once. The daemon is a process of its own, with a channel.
//!
//! `cargo bench -p offerd --bench pages` (with `ulimit -n 4096`); for how many seconds the pages are followed is said in
//! `PAGES_SECONDS`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what cannot be set up cannot be measured")]

#[path = "../tests/shared/client.rs"]
mod client;
#[path = "../tests/shared/town.rs"]
mod town;
#[path = "../tests/shared/until.rs"]
mod until;
#[path = "../tests/shared/visitor.rs"]
mod visitor;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use town::{Daemon, Town};
use visitor::{Visitor, free_address};

/// How often each page is asked for.
const ASKED: usize = 400;
/// Pages that are followed at once.
const STREAMS: usize = 1_000;
/// They are of so many orders.
const ORDERS: usize = 20;

/// A page, by its address.
#[derive(Clone, Debug)]
struct Page {
    what: &'static str,
    path: String,
    visitor: Visitor,
}

impl Page {
    fn new(what: &'static str, url: &Value) -> Self {
        let rest = url.as_str().unwrap().strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        Self { what, path: format!("/{path}"), visitor: Visitor::at(host) }
    }

    fn whole(&self, path: &str) -> String {
        let answer = self.visitor.get(path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        answer
    }

    /// Prints how long the first byte takes, connecting included.
    fn tell_first_byte(&self) {
        let mut waits: Vec<Duration> = Vec::new();
        for _ in 0..ASKED {
            let began = Instant::now();
            self.visitor.ask("GET", &self.path, "").read_exact(&mut [0]).unwrap();
            waits.push(began.elapsed());
        }
        waits.sort_unstable();
        let (middle, late) = (waits[ASKED / 2], waits[ASKED - ASKED / 50]);
        println!("{}: first byte after {middle:.2?} (median), {late:.2?} (1 in 50)", self.what);
    }

    /// Prints how much has to come over the wire, all that it loads included.
    fn tell_weight(&self) {
        let page = self.whole(&self.path);
        let words = page.split(['"', ' ']).filter_map(|word| word.split_once("assets/"));
        let linked: BTreeSet<String> = words.map(|(_, name)| format!("/assets/{name}")).collect();
        let more: usize = linked.iter().map(|path| self.whole(path).len()).sum();
        let all = page.len() + more;
        println!("{}: {} bytes, {all} with all that belongs to it", self.what, page.len());
    }
}

/// What a process holds and has spent.
#[derive(Clone, Copy, Debug)]
struct Taken {
    memory_kib: u64,
    processor: Duration,
}

fn taken(process: &str) -> Taken {
    let file =
        |name: &str| fs::read_to_string(Path::new("/proc").join(process).join(name)).unwrap();
    let (status, stat) = (file("status"), file("stat"));
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let ticks = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Taken {
        memory_kib: memory.split_whitespace().next().unwrap().parse().unwrap(),
        processor: Duration::from_millis(ticks * 10),
    }
}

/// Follows the events of a page, and waits until it has said where it stands.
fn follow(page: &Page) -> TcpStream {
    let mut visitor = page.visitor.ask("GET", &format!("{}/events", page.path), "");
    let (mut seen, mut piece) = (String::new(), [0; 4096]);
    while !seen.contains("\"state\"") {
        let length = visitor.read(&mut piece).unwrap();
        assert!(length > 0, "the events ended: {seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..length]));
    }
    visitor
}

fn main() {
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let seconds = std::env::var("PAGES_SECONDS").ok().and_then(|text| text.parse().ok());
    let town = Town::new();
    let (pages, door) = (free_address(), free_address());
    let flags = ["--pages-listen", &pages, "--http-listen", &door];
    let shop = Daemon::start(&town.prepare("shop"), &flags);
    let peer = Daemon::start(&town.prepare("peer"), &[]);
    // The shop needs a reserve for a channel.
    for node in [&shop, &peer] {
        town.fund(node, 3_000_000);
    }
    town.channel(&peer, &shop, 500_000);

    let made = shop.call("offer", json!({ "amount": "500sat", "description": "coffee" }));
    let offer = Page::new("offer page", &made["page_url"]);
    let with_bolt11 = Page {
        what: "offer page, with a fresh BOLT 11",
        path: format!("{}?form=bitcoin", offer.path),
        ..offer.clone()
    };
    let order = |number: usize| {
        let params = json!({ "amount": "500sat", "description": format!("order {number}") });
        Page::new("checkout", &shop.call("checkout", params)["checkout_url"])
    };
    let orders: Vec<Page> = (0..ORDERS).map(order).collect();
    let payout = shop.call("offerout", json!({ "amount": "500sat", "description": "prize" }));
    let payout = Page::new("redeem page", &payout["page_url"]);
    let rune = shop.call("createrune", json!({}))["rune"].as_str().unwrap().to_owned();
    let screen = Page {
        what: "customer's screen",
        path: "/customer".to_owned(),
        visitor: Visitor::signed_in(&door, &rune),
    };
    let all = [offer.clone(), with_bolt11, orders[0].clone(), payout, screen];
    // Once without looking at the clock: what is made at the first use is made.
    all.iter().for_each(|page| drop(page.whole(&page.path)));
    all.iter().for_each(Page::tell_weight);
    all.iter().for_each(Page::tell_first_byte);

    let (before, began) = (taken(&shop.pid()), Instant::now());
    let followed: Vec<_> = orders.iter().cycle().take(STREAMS).map(follow).collect();
    let (open, took) = (taken(&shop.pid()), began.elapsed());
    let kib = open.memory_kib.saturating_sub(before.memory_kib);
    println!(
        "{STREAMS} pages followed: {:.1} KiB of memory each, {:.2?} of processor to open them, in {took:.2?}",
        kib as f64 / STREAMS as f64,
        open.processor.saturating_sub(before.processor),
    );
    let seconds = Duration::from_secs(seconds.unwrap_or(20));
    thread::sleep(seconds);
    let later = taken(&shop.pid()).processor.saturating_sub(open.processor);
    println!("{STREAMS} pages followed for {seconds:?}: {later:.2?} of processor");
    Page { what: "offer page, beside them", ..offer }.tell_first_byte();
    drop(followed);
}
