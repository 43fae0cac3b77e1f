//! The town: who lives in it, and what may happen next.

use std::sync::Arc;
use std::time::Duration;

use bolt1::{ChainHash, Msat};
use offerd::driver::Clock as _;
use offerd_core::Policy;
use offerd_core::offer_book::OfferEntry;
use offerd_core::port::{PayRefused, PaymentFailure};
use offerd_testkit::{FakeNetwork, FakeRates, Reach, SeededEntropy, Trace, Weather};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::bug::Bug;
use crate::call::{Call, CallEnd};
use crate::check::{Invariant, Violation};
use crate::disk::Disk;
use crate::liar::{Liar, Trick};
use crate::market::Market;
use crate::process::{Process, Remains, WallClock};
use crate::withdrawals::Withdrawals;

/// The shop and its customers. The last of them cannot be found by others, and costs fees to be paid.
pub(crate) const NAMES: [&str; 3] = ["shop", "alice", "bob"];

/// Where the shop is among the processes.
pub(crate) const SHOP: usize = 0;

/// Everybody, and all that is under way.
pub(crate) struct Town {
    pub(crate) network: FakeNetwork,
    pub(crate) liar: Liar,
    pub(crate) offers: Vec<String>,
    pub(crate) calls: Vec<Vec<Call>>,
    pub(crate) deaths: u64,
    pub(crate) violations: Vec<Violation>,
    pub(crate) market: Market,
    /// What costs the same in dollars every day.
    pub(crate) cake: Option<OfferEntry>,
    pub(crate) policy: Policy,
    processes: Vec<Option<Process>>,
    chance: SeededEntropy,
    trace: Trace,
    began: Instant,
    carrier: JoinHandle<()>,
}

impl Town {
    pub(crate) async fn new(seed: u64, bug: Option<Bug>, trace: Trace) -> Self {
        let network = FakeNetwork::new(seed);
        let carrier = tokio::spawn(network.clone().serve());
        let (began, chance) = (Instant::now(), SeededEntropy::new(seed));
        let policy = policy();
        let mut processes = Vec::new();
        for (number, name) in NAMES.into_iter().enumerate() {
            let reach = if number == 2 { Reach::Unannounced } else { Reach::Announced };
            let remains = Remains {
                name,
                node: network.node(reach),
                disk: Arc::new(Disk::new()),
                clock: WallClock::new(began),
                policy: policy.clone(),
                trace: trace.clone(),
                withdrawals: Withdrawals::default(),
                rates: FakeRates::default(),
                bug,
            };
            processes.push(Some(Process::start(remains, u64::from_be_bytes(chance.bytes()))));
        }
        let liar = Liar::new(&network, seed);
        let calls = NAMES.iter().map(|_| Vec::new()).collect();
        let (offers, violations, deaths) = (Vec::new(), Vec::new(), 0);
        let mut town = Self {
            network,
            liar,
            offers,
            calls,
            deaths,
            violations,
            market: Market::new(NAMES.len()),
            cake: None,
            policy,
            processes,
            chance,
            trace,
            began,
            carrier,
        };
        town.offer(300, false).await;
        town.offer(500, true).await;
        town.offer(700, true).await;
        town.payout().await;
        town.open_market();
        town.bake().await;
        town
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&self, bound: usize) -> usize {
        usize::from(u16::from_be_bytes(self.chance.bytes())) % bound
    }

    pub(crate) fn process(&self, number: usize) -> &Process {
        self.processes[number].as_ref().unwrap()
    }

    pub(crate) fn processes(&self) -> impl Iterator<Item = &Process> {
        self.processes.iter().flatten()
    }

    pub(crate) fn shop(&self) -> &Process {
        self.process(SHOP)
    }

    pub(crate) fn some_customer(&self) -> usize {
        1 + self.below(NAMES.len() - 1)
    }

    /// Something happens.
    pub(crate) async fn step(&mut self) {
        let now = self.began.elapsed();
        self.trace.stamp(format_args!("{:>9.3}", now.as_secs_f64()));
        match self.below(31) {
            0..=4 => self.redeem(),
            5..=7 => self.pay(),
            8 | 9 => self.payout().await,
            10..=12 => self.second_thoughts().await,
            13..=15 => self.lie().await,
            16..=18 => {
                let soon = 1 + self.below(20) as u64;
                self.process(self.below(NAMES.len())).life.ends_in(soon);
            }
            19 => self.restart(self.below(NAMES.len())),
            20 => self.change_weather(),
            21 => self.jump(),
            22 => self.trouble(),
            23 => self.hold_or_release(),
            24 => self.network.replay_a_message(),
            25 | 26 => self.walk(),
            27..=30 => self.pay_for_cake(),
            _ => pass(self.below(40) as u64).await,
        }
        settle().await;
        self.liar.answer_payments(false).await;
        if self.below(3) == 0 {
            self.network.deliver_late_messages();
        }
        settle().await;
        self.end_calls().await;
        self.restart_some_dead();
    }

    async fn lie(&mut self) {
        let now = self.shop().clock.now();
        let mut payouts = self.shop().payouts();
        // A liar likes what honest people do not even try.
        if self.below(2) == 0 && payouts.iter().any(|payout| payout.is_expired_at(now)) {
            payouts.retain(|payout| payout.is_expired_at(now));
        }
        let Some(payout) = payouts.get(self.below(payouts.len().max(1))) else { return };
        let tricks = [Trick::Honest, Trick::More, Trick::DearPaths, Trick::OldHash];
        match self.below(5) {
            4 => {
                let to = self.process(self.below(2)).node.id();
                self.liar.repeat(&self.network, to).await;
            }
            trick => self.liar.redeem(payout, tricks[trick], now).await,
        }
    }

    pub(crate) fn change_weather(&self) {
        let chance = |most| u8::try_from(self.below(most)).unwrap();
        let weather = match chance(3) {
            0 => Weather::default(),
            _ => Weather { lost: chance(30), doubled: chance(50), late: chance(50) },
        };
        self.network.set_weather(weather);
    }

    /// A clock is set, up to two hours wrong.
    fn jump(&self) {
        let seconds = [-7_200, -600, -1, 0, 0, 1, 600, 7_200][self.below(8)];
        self.process(self.below(NAMES.len())).clock.jump_to(seconds);
    }

    /// A payment will not do.
    pub(crate) fn trouble(&self) {
        let node = &self.process(self.below(NAMES.len())).node;
        match self.below(4) {
            0 => node.refuse_next_pay(PayRefused::NoRoute("not now".into())),
            1 => node.fail_next_payment(PaymentFailure::NoRoute),
            2 => node.time_out_payments(),
            _ => node.fail_next_payment(PaymentFailure::RefusedByPayee),
        }
    }

    pub(crate) fn hold_or_release(&self) {
        let node = match self.below(NAMES.len() + 1) {
            number if number < NAMES.len() => &self.process(number).node,
            _ => &self.liar.node,
        };
        if self.below(3) == 0 { node.hold_payments() } else { node.release_payments() }
    }

    /// Looks at the calls that have ended: a refusal leaves no label behind.
    async fn end_calls(&mut self) {
        for (number, name) in NAMES.into_iter().enumerate() {
            let mut running = Vec::new();
            let mut ended = Vec::new();
            for call in std::mem::take(&mut self.calls[number]) {
                if call.end.is_finished() { ended.push(call) } else { running.push(call) }
            }
            for mut call in ended {
                let (end, words) = (&mut call.end).await.unwrap();
                self.trace.note(format_args!("{name}: {} ends: {words}", call.label));
                let alone = running.iter().all(|other| other.label != call.label);
                let process = self.process(number);
                if end == CallEnd::Refused
                    && alone
                    && !process.life.is_over()
                    && call.label_is_burned(process)
                {
                    let what = format!("{name}: {} was refused: {words}", call.label);
                    self.violations.push(Violation(Invariant::LabelBurned, what));
                }
            }
            self.calls[number] = running;
        }
    }

    pub(crate) fn restart_some_dead(&mut self) {
        for number in 0..NAMES.len() {
            if self.process(number).life.is_over() && self.below(2) == 0 {
                self.restart(number);
            }
        }
    }

    /// A process dies with all its calls, if it has not, and comes again.
    pub(crate) fn restart(&mut self, number: usize) {
        self.calls[number].drain(..).for_each(|call| call.end.abort());
        let process = self.processes[number].take().unwrap();
        self.deaths += u64::from(process.life.died_at().is_some());
        let remains = process.die();
        if self.below(3) == 0 {
            remains.node.forget_what_was_handled();
        }
        self.trace.note(format_args!("{} starts", remains.name));
        let chance = u64::from_be_bytes(self.chance.bytes());
        self.processes[number] = Some(Process::start(remains, chance));
    }

    /// All comes right, every clock too, and everything ends.
    pub(crate) async fn end(&mut self) {
        self.processes().for_each(|process| process.clock.jump_to(0));
        self.end_here().await;
    }

    /// All comes right but the clocks, and everything ends.
    pub(crate) async fn end_here(&mut self) {
        self.network.set_weather(Weather::default());
        self.liar.node.release_payments();
        for _ in 0..2 {
            for number in 0..NAMES.len() {
                self.restart(number);
                self.process(number).node.release_payments();
            }
            for _ in 0..2 {
                self.network.deliver_late_messages();
                settle().await;
                self.liar.answer_payments(true).await;
                pass(10_000).await;
                self.liar.answer_payments(true).await;
                settle().await;
                self.end_calls().await;
            }
        }
        assert!(!self.carrier.is_finished(), "the network has ended");
    }

    /// Lets go of everything. A node that runs holds its daemon, which holds the node: without this the stores would
    /// stay in memory.
    pub(crate) fn close(mut self) {
        for process in self.processes.drain(..).flatten() {
            process.die().node.crash();
        }
        self.liar.node.crash();
    }
}

/// Bounds that are met within a short life.
fn policy() -> Policy {
    let per_day = Msat::from_sat(6_000).unwrap();
    Policy { payout_max_per_day: per_day, ..Policy::for_chain(ChainHash::BITCOIN) }
}

/// Lets everything happen that needs no time: time moves only when nothing else does.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

pub(crate) async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
