//! The manual: each of its commands does what the manual says.
//!
//! A chapter is played from top to bottom in an empty folder, in one shell:
//!
//! - a block marked `console` holds commands (`$ …`), each followed by lines that it prints, in this order; others may
//!   stand between. `…` stands for anything;
//! - marked `console stays`, it holds one command that goes on running;
//! - marked `console as-root`, its commands stand behind `#`; those that only root may give are named, not done;
//! - any block marked `file=NAME` is what stands in that file.
//!
//! Ports are those of the manual on paper, and free ones here. `offer-cli` prints for people where its output is shown,
//! as on a terminal, and JSON where it is piped.

#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "book/chapter.rs"]
mod chapter;
#[path = "book/play.rs"]
mod play;
#[path = "shared/until.rs"]
mod until;

use std::fs;
use std::path::{Path, PathBuf};

use play::play;

/// A chapter with commands.
struct Chapter {
    name: &'static str,
    /// The programs that it calls besides ours.
    programs: &'static [&'static str],
    /// What its reader has done before, as another chapter would have it.
    before: &'static str,
    /// What is looked at in the end.
    after: &'static str,
}

const fn chapter(name: &'static str, programs: &'static [&'static str]) -> Chapter {
    Chapter { name, programs, before: "", after: "" }
}

/// A node with an address for programs, and a rune for everything.
const ONE_NODE: &str = r#"
```console stays
$ offerd regtest --port 18443 --password secret
ready
```
```toml file=shop/offerd.toml
network = "regtest"
listen = "none"
http-listen = "127.0.0.1:9737"
pages-listen = "127.0.0.1:8081"
currencyrate-fixed = ["USD=50000"]

[bitcoind]
port = 18443
user = "user"
password = "secret"
```
```console stays
$ offerd run --dir shop
  socket     …
```
```console
$ export OFFERD_DIR=shop
$ RUNE=$(offer-cli createrune | jq -r .rune)
```
"#;

/// A shop with a customer who reads.
const A_TOWN: &str = r#"
```console stays
$ offerd demo --no-story --dir town
ready
```
```console
$ export OFFERD_DIR=town/shop
$ ln -s town/customer reader
```
"#;

/// A configuration, and what `cargo build --release` makes.
const CONFIGURED: &str = concat!(
    r#"
```toml file=/etc/offerd/offerd.toml
network = "signet"
listen = "127.0.0.1:9735"
```
```console
$ mkdir -p /var/lib/offerd /usr/local/bin /etc/systemd/system target/release
$ ln -s "$(type -P offerd)" "$(type -P offer-cli)" target/release/
$ ln -s "#,
    env!("CARGO_MANIFEST_DIR"),
    r"/../../packaging packaging
```
"
);

/// A service.
const INSTALLED: &str = r#"
```console
$ test "$(stat -c %a /etc/offerd)-$(stat -c %a /etc/offerd/offerd.toml)" = 750-640
$ /usr/local/bin/offerd --version
offerd …
$ /usr/local/bin/offer-cli --version
offer-cli …
$ ls /etc/systemd/system
offerd.service
$ ls /usr/local/share/man/man1
offer-cli.1
offerd.1
```
"#;

const CHAPTERS: &[Chapter] = &[
    chapter("tutorial/first-coffee.md", &["jq"]),
    chapter("tutorial/own-node.md", &["jq", "curl"]),
    chapter("how-to/shop.md", &["jq"]),
    chapter("how-to/cash-machine.md", &["jq"]),
    chapter("how-to/subscription.md", &["jq"]),
    chapter("how-to/reverse-proxy.md", &["jq", "curl", "openssl", "nginx"]),
    chapter("how-to/signet.md", &[]),
    Chapter { name: "operating.md", programs: &[], before: CONFIGURED, after: INSTALLED },
    chapter("liquidity.md", &["jq"]),
    Chapter { name: "http.md", programs: &["jq", "curl"], before: ONE_NODE, after: "" },
    Chapter { name: "pages.md", programs: &["jq"], before: ONE_NODE, after: "" },
    Chapter { name: "metrics.md", programs: &["jq", "curl"], before: ONE_NODE, after: "" },
    Chapter { name: "subscriptions.md", programs: &["jq"], before: A_TOWN, after: "" },
];

/// Played by the tests of restoring, with a machine that is lost in between, and of liquidity, with somebody who sells.
const PLAYED_ELSEWHERE: &[&str] = &["restore.md", "how-to/order-a-channel.md"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn text(name: &str) -> String {
    let path = docs().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn follow(name: &str) {
    let chapter = CHAPTERS.iter().find(|chapter| chapter.name == name).unwrap();
    if !play::can_call(name, chapter.programs) {
        return;
    }
    let [before, after] = [chapter.before, chapter.after].map(chapter::steps);
    play(&[before, chapter::steps(&text(name)), after].concat());
}

#[test]
fn the_first_coffee_is_sold_as_the_lesson_says() {
    follow("tutorial/first-coffee.md");
}

#[test]
fn a_node_of_ones_own_is_made_as_the_lesson_says() {
    follow("tutorial/own-node.md");
}

#[test]
fn a_shop_is_run_as_its_recipe_says() {
    follow("how-to/shop.md");
}

#[test]
fn a_cash_machine_is_run_as_its_recipe_says() {
    follow("how-to/cash-machine.md");
}

#[test]
fn a_subscription_is_kept_as_its_recipe_says() {
    follow("how-to/subscription.md");
}

#[test]
fn pages_are_served_behind_a_proxy_as_the_recipe_says() {
    follow("how-to/reverse-proxy.md");
}

#[test]
fn a_node_on_signet_is_prepared_as_the_recipe_says() {
    follow("how-to/signet.md");
}

#[test]
fn a_node_is_configured_and_installed_as_the_operators_page_says() {
    follow("operating.md");
}

#[test]
fn a_node_without_a_channel_buys_one_as_the_page_says() {
    follow("liquidity.md");
}

#[test]
fn programs_call_over_http_as_the_page_says() {
    follow("http.md");
}

#[test]
fn orders_and_runes_for_pages_are_made_as_the_page_says() {
    follow("pages.md");
}

#[test]
fn figures_are_had_as_the_page_says() {
    follow("metrics.md");
}

#[test]
fn payments_that_recur_are_made_as_the_page_says() {
    follow("subscriptions.md");
}

/// The pages that the table of contents leads to.
fn listed() -> Vec<String> {
    let summary = text("SUMMARY.md");
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.split_once(')'));
    links.map(|(link, _)| link.to_owned()).collect()
}

#[test]
fn all_chapters_are_in_the_table_of_contents_and_there() {
    let listed = listed();
    for name in &listed {
        let has_title = text(name).lines().any(|line| line.starts_with("# "));
        assert!(has_title, "{name} has no title");
    }
    for folder in ["tutorial", "how-to", "explanation"] {
        for entry in fs::read_dir(docs().join(folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
            assert!(listed.contains(&name), "{name} is not in SUMMARY.md");
        }
    }
}

/// For those who change offerd.
const FOR_CONTRIBUTORS: &[&str] =
    &["SUMMARY.md", "dependencies.md", "mutation-testing.md", "performance.md", "requirements.md"];

#[test]
fn every_page_is_in_the_manual_or_for_contributors() {
    let listed = listed();
    for entry in fs::read_dir(docs()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = listed.contains(&name) || FOR_CONTRIBUTORS.contains(&name.as_str());
        assert!(known || !name.ends_with(".md"), "{name} is not in SUMMARY.md");
    }
}

#[test]
fn no_command_of_the_manual_is_left_out() {
    for name in listed() {
        let text = text(&name);
        if PLAYED_ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        assert!(!text.contains("```sh"), "{name}: commands stand in blocks marked console");
        let commands =
            chapter::steps(&text).iter().any(|step| !matches!(step, chapter::Step::File { .. }));
        assert_eq!(CHAPTERS.iter().any(|chapter| chapter.name == name), commands, "{name}");
    }
}
