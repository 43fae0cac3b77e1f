//! Wallets of other people (the crate `ldk-node`) and running daemons of ours, on a chain of ours.
//!
//! All tests share one network, which is started once; they run one after the other, so that balances can be compared
//! to the millisatoshi. `cargo test -- NAME` runs those whose names have `NAME` in them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod chain;
mod daemon;
mod network;
mod program;
mod route;
mod story;
mod until;
mod wallet;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use network::Network;
use route::Route;
use story::{hours, our_offers, payouts, periods, refunds, their_offers};
use tempfile::TempDir;

/// A test for each route.
type Story = fn(&Route<'_>);

/// Names its functions once.
macro_rules! stories {
    ($($module:ident::$story:ident,)*) => { &[$((stringify!($story), $module::$story),)*] };
}

/// On every route.
const STORIES: &[(&str, Story)] = stories![
    our_offers::they_pay_a_fixed_price_of_ours_with_a_note,
    our_offers::they_pay_any_amount_to_an_offer_of_ours,
    our_offers::they_pay_for_several_items_of_ours,
    our_offers::they_pay_an_offer_of_ours_twice_with_two_invoices,
    their_offers::we_pay_a_fixed_price_of_theirs_with_a_note,
    their_offers::we_pay_any_amount_to_an_offer_of_theirs,
    their_offers::we_pay_for_several_items_of_theirs,
    payouts::they_redeem_a_payout_of_ours,
    payouts::they_redeem_a_payout_of_ours_once_only,
    refunds::we_redeem_a_refund_of_theirs,
    our_offers::they_pay_us_over_several_channels,
    refunds::we_redeem_a_refund_of_theirs_over_several_channels,
];

/// To wallets with public channels.
const ANNOUNCED: &[(&str, Story)] = stories![
    their_offers::we_pay_them_over_several_channels,
    payouts::they_redeem_a_payout_of_ours_over_several_channels,
];

/// To wallets without.
const NOT_ANNOUNCED: &[(&str, Story)] =
    stories![their_offers::we_learn_that_they_make_no_invoice_over_several_channels,];

/// A test of the whole network.
type Hour = fn(&Network);

const HOURS: &[(&str, Hour)] = stories![
    hours::a_node_of_ours_pays_another_over_a_wallet,
    hours::a_wallet_that_was_away_is_paid_when_it_has_returned,
    hours::killed_in_the_middle_of_a_payment_we_agree_with_the_wallet,
    periods::a_subscription_is_paid_over_a_wallet_until_it_is_cancelled,
    periods::a_stipend_is_redeemed_over_a_wallet_once_in_each_period,
    periods::a_wallet_that_knows_no_periods_takes_no_invoice_for_an_offer_that_has_them,
    periods::a_wallet_that_knows_no_periods_does_not_read_an_offer_that_demands_them,
];

fn main() -> ExitCode {
    if let Err(advice) = program::find() {
        eprintln!("{advice}");
        return ExitCode::FAILURE;
    }
    let mut args = Arguments::from_args();
    // One after the other: each compares balances.
    args.test_threads = Some(1);
    if args.list {
        return libtest_mimic::run(&args, trials(None)).exit_code();
    }
    let mut folder = Folder { dir: tempfile::tempdir().unwrap(), keep: false };
    let network = Arc::new(Network::start(folder.dir.path()));
    let conclusion = libtest_mimic::run(&args, trials(Some(&network)));
    drop(network);
    folder.keep = conclusion.has_failed();
    conclusion.exit_code()
}

/// Every story on every route that it suits, then the hours. Without a network, for their names alone.
fn trials(network: Option<&Arc<Network>>) -> Vec<Trial> {
    let stories = route::ALL.into_iter().flat_map(|way| {
        let more = if way.they_are_announced { ANNOUNCED } else { NOT_ANNOUNCED };
        STORIES.iter().chain(more).map(move |(name, tell)| (way, name, tell))
    });
    let stories = stories.map(|(way, name, tell)| {
        let network = network.cloned();
        Trial::test(format!("{}::{name}", way.name), move || {
            if let Some(network) = network {
                tell(&Route::of(&network, way));
                network.adds_up();
            }
            Ok(())
        })
    });
    let hours = HOURS.iter().map(|(name, tell)| {
        let network = network.cloned();
        Trial::test(*name, move || {
            if let Some(network) = network {
                tell(&network);
                network.adds_up();
            }
            Ok(())
        })
    });
    stories.chain(hours).collect()
}

/// Where all files are. It stays when something went wrong.
struct Folder {
    dir: TempDir,
    keep: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.keep || std::thread::panicking() {
            self.dir.disable_cleanup(true);
            eprintln!("files and logs are in {}", self.dir.path().display());
        }
    }
}
