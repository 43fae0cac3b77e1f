//! A shop and a customer with a channel between them.
#![allow(dead_code, reason = "shared: not every test uses all of it")]

use std::path::{Path, PathBuf};
use std::thread;

use serde_json::{Value, json};

use crate::client::{attempt, call};
use crate::town::{Daemon, Town};
use crate::until::until;

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Shop,
    Customer,
}

/// Both, and what they had in the beginning.
pub(crate) struct Pair {
    shop: Option<Daemon>,
    customer: Option<Daemon>,
    folders: [PathBuf; 2],
    began: [u64; 2],
    // The last to go: its folder holds the logs.
    town: Town,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let town = Town::new();
        let shop = Daemon::start(&town.prepare("shop"), &[]);
        let customer = Daemon::start(&town.prepare("customer"), &[]);
        town.fund(&customer, 3_000_000);
        town.fund(&shop, 3_000_000);
        town.channel(&customer, &shop, 400_000);
        let began = [&shop, &customer].map(Daemon::in_channels);
        let folders = [&shop, &customer].map(|daemon| daemon.dir.clone());
        Self { shop: Some(shop), customer: Some(customer), folders, began, town }
    }

    fn place(&mut self, who: Role) -> &mut Option<Daemon> {
        match who {
            Role::Shop => &mut self.shop,
            Role::Customer => &mut self.customer,
        }
    }

    pub(crate) fn of(&self, who: Role) -> &Daemon {
        match who {
            Role::Shop => self.shop.as_ref().unwrap(),
            Role::Customer => self.customer.as_ref().unwrap(),
        }
    }

    pub(crate) fn dir(&self, who: Role) -> PathBuf {
        self.folders[usize::from(who == Role::Customer)].clone()
    }

    /// A new offer of the shop.
    pub(crate) fn offer(&self) -> Value {
        let order = json!({ "amount": "300sat", "description": "coffee" });
        self.of(Role::Shop).call("offer", order)["bolt12"].clone()
    }

    /// A promise of the shop.
    pub(crate) fn payout(&self, order: &Value) -> Value {
        self.of(Role::Shop).call("offerout", order.clone())["bolt12"].clone()
    }

    /// The hash of a payment that the customer makes for this, and that the shop has.
    pub(crate) fn paid_hash(&mut self, label: &str) -> Value {
        let params = json!({ "bolt11": self.offer(), "label": label, "retry_for": 20 });
        let hash = self.until_done("pay", &params, None)["payment_hash"].clone();
        until("the shop's receipt", || {
            let paid = hashes(&self.of(Role::Shop).call("listinvoices", json!({})), "invoices");
            paid.contains(&hash.as_str()?.to_owned()).then_some(())
        });
        hash
    }

    /// Starts one of them again, to die at this failpoint.
    pub(crate) fn arm(&mut self, who: Role, failpoint: &str) {
        let dir = self.dir(who);
        self.place(who).take().unwrap().kill();
        *self.place(who) = Some(Daemon::start_to_fail(&dir, &[], Some(failpoint)));
        self.connected();
    }

    /// It dies by itself, at its failpoint or for what it says in its log, and comes again.
    pub(crate) fn revive(&mut self, who: Role) -> String {
        let dir = self.dir(who);
        let log = self.place(who).take().unwrap().wait_for_death();
        *self.place(who) = Some(Daemon::start(&dir, &[]));
        self.connected();
        log
    }

    /// One of the two dies at this failpoint while the customer's call is on, and does not come again.
    pub(crate) fn begin_to_die(
        &mut self,
        who: Role,
        failpoint: &str,
        method: &'static str,
        params: &Value,
    ) {
        self.arm(who, failpoint);
        let (dir, params) = (self.dir(Role::Customer), params.clone());
        // What it says is seen afterwards.
        thread::spawn(move || drop(attempt(&dir, method, &params)));
        self.place(who).take().unwrap().wait_for_death();
    }

    /// One of the two is killed, and does not come again.
    pub(crate) fn gone(&mut self, who: Role) {
        self.place(who).take().unwrap().kill();
    }

    /// One that is gone dies at this failpoint on its way back.
    pub(crate) fn dies_alone(&self, who: Role, failpoint: &str) {
        Daemon::dies_on_its_way(&self.dir(who), failpoint);
    }

    /// Whoever is gone starts.
    pub(crate) fn come_back(&mut self) {
        for who in [Role::Shop, Role::Customer] {
            let dir = self.dir(who);
            self.place(who).get_or_insert_with(|| Daemon::start(&dir, &[]));
        }
        self.connected();
    }

    /// So many blocks, which the customer sees one by one.
    pub(crate) fn mine(&self, blocks: u64) {
        for _ in 0..blocks {
            self.town.mine(1, &[self.of(Role::Customer)]);
        }
    }

    /// Starts one of them again, in another way.
    pub(crate) fn replace(&mut self, who: Role, start: impl FnOnce(&Path) -> Daemon) {
        let dir = self.dir(who);
        self.place(who).take().unwrap().kill();
        *self.place(who) = Some(start(&dir));
        self.connected();
    }

    pub(crate) fn kill_and_restart(&mut self, who: Role) {
        self.replace(who, |dir| Daemon::start(dir, &[]));
    }

    fn connected(&self) {
        for who in [Role::Shop, Role::Customer] {
            until("the channel", || (self.of(who).usable() == 1).then_some(()));
        }
    }

    /// The shop dies at this failpoint within a call.
    pub(crate) fn shop_dies_at(&mut self, failpoint: &str, method: &str, params: &Value) {
        self.arm(Role::Shop, failpoint);
        let answer = attempt(&self.dir(Role::Shop), method, params);
        assert!(answer.is_err(), "{failpoint}: {answer:?}");
        self.revive(Role::Shop);
    }

    /// One of the two dies at this failpoint while a call of `caller` is on; what the call says does not matter.
    pub(crate) fn dies_in(
        &mut self,
        who: Role,
        failpoint: &str,
        caller: Role,
        method: &str,
        params: &Value,
    ) {
        self.arm(who, failpoint);
        let dir = self.dir(caller);
        let (method, params) = (method.to_owned(), params.clone());
        // The connection breaks, or the call says that it is not done.
        let first = thread::spawn(move || drop(attempt(&dir, &method, &params)));
        self.revive(who);
        first.join().unwrap();
    }

    /// The customer calls until the call is done; with a death, one of the two dies in it first.
    pub(crate) fn until_done(
        &mut self,
        method: &str,
        params: &Value,
        death: Option<(Role, &str)>,
    ) -> Value {
        let dir = self.dir(Role::Customer);
        if let Some((who, failpoint)) = death {
            self.dies_in(who, failpoint, Role::Customer, method, params);
        }
        until("the call is done", || {
            let result = attempt(&dir, method, params).ok()?.ok()?;
            ["complete", "paid", "ended"].contains(&result["status"].as_str()?).then_some(result)
        })
    }

    /// What one side has paid the other has received, payment by payment, and the channel says the same.
    pub(crate) fn ledgers_are_equal(&self, when: &str) {
        let (shop, customer) = (self.of(Role::Shop), self.of(Role::Customer));
        until("equal ledgers", || {
            let moved = [(shop, customer), (customer, shop)].map(|(payer, payee)| {
                let pays = call(&payer.dir, "listpays", json!({}));
                let pending = pays["pays"].as_array().unwrap().iter();
                if pending.into_iter().any(|pay| pay["status"] == "pending") {
                    return None;
                }
                let sent = hashes(&pays, "pays");
                let received = hashes(&call(&payee.dir, "listinvoices", json!({})), "invoices");
                (sent == received).then(|| total(&pays))
            });
            let [Some(by_shop), Some(by_customer)] = moved else { return None };
            let expected =
                [self.began[0] + by_customer - by_shop, self.began[1] + by_shop - by_customer];
            ([shop, customer].map(Daemon::in_channels) == expected).then_some(())
        });
        let sent = hashes(&customer.call("listpays", json!({})), "pays");
        let mut once = sent.clone();
        once.dedup();
        assert_eq!(sent, once, "{when}: paid twice");
        for node in [shop, customer] {
            node.adds_up();
        }
    }
}

/// The payment hashes of what has arrived, sorted.
fn hashes(list: &Value, name: &str) -> Vec<String> {
    let rows = list[name].as_array().unwrap().iter();
    let done = rows.filter(|row| row["status"] == "complete" || row["status"] == "paid");
    let mut hashes: Vec<_> =
        done.map(|row| row["payment_hash"].as_str().unwrap().to_owned()).collect();
    hashes.sort_unstable();
    hashes
}

/// What all that arrived has cost, in msat.
fn total(pays: &Value) -> u64 {
    let rows = pays["pays"].as_array().unwrap().iter();
    let done = rows.filter(|row| row["status"] == "complete");
    done.map(|row| row["amount_sent_msat"].as_u64().unwrap()).sum()
}
