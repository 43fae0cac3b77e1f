//! What a bitcoin costs: the price walks, and each daemon hears of it or does not. What may be paid and what is due
//! is found here by other means than the daemons use.

use std::collections::BTreeMap;

use bolt1::Msat;
use offerd_core::rates::PerBitcoin;
use offerd_core::receipt::Receipt;

use crate::process::Process;
use crate::town::{SHOP, Town};

/// In US cents.
pub(crate) const PRICE_OF_CAKE: u64 = 25;
/// Dollars for a bitcoin, in the beginning.
const FIRST: u64 = 50_000;
/// By so many millionths a customer lets the price drift, when nothing else is said.
const DRIFT_PPM: u64 = 50_000;

/// The price of a bitcoin, and who has heard what.
#[derive(Debug)]
pub(crate) struct Market {
    dollars: u64,
    /// What each process knows.
    known: Vec<Option<u64>>,
    /// What the shop has ever been told.
    told_to_shop: Vec<u64>,
    /// The most that each customer has ever allowed under each label.
    allowed: BTreeMap<(usize, String), u64>,
}

impl Market {
    pub(crate) fn new(processes: usize) -> Self {
        let known = vec![None; processes];
        Self { dollars: FIRST, known, told_to_shop: Vec::new(), allowed: BTreeMap::new() }
    }

    /// A customer is about to pay for a cake by its own rate, and allows what is usual.
    pub(crate) fn allow(&mut self, customer: usize, label: &str) {
        let Some(dollars) = self.known[customer] else { return };
        let expected = due(PRICE_OF_CAKE, dollars);
        let allowed = expected + expected * DRIFT_PPM / 1_000_000;
        let most = self.allowed.entry((customer, label.to_owned())).or_default();
        *most = allowed.max(*most);
    }

    /// Whether the customer may have paid this under that label.
    pub(crate) fn allows(&self, customer: usize, label: &str, amount: Msat) -> bool {
        let allowed = self.allowed.get(&(customer, label.to_owned()));
        allowed.is_some_and(|allowed| amount.as_u64() <= *allowed)
    }

    /// Whether a cake was paid with what it comes to, by a rate that the shop had.
    pub(crate) fn is_paid_in_full(&self, receipt: &Receipt) -> bool {
        let rate = receipt.priced.as_ref().and_then(|priced| priced.rate.as_ref());
        let at = |dollars: &u64| {
            let heard = PerBitcoin::from_price(dollars.to_string().parse().unwrap()).unwrap();
            rate.is_some_and(|rate| rate.price == heard)
                && receipt.amount.as_u64() >= due(PRICE_OF_CAKE, *dollars)
        };
        self.told_to_shop.iter().any(at)
    }
}

/// What so many cents come to, in msat.
fn due(cents: u64, dollars: u64) -> u64 {
    (cents * 1_000_000_000).div_ceil(dollars)
}

/// The label of a customer's payment for a cake.
pub(crate) fn label(number: usize) -> String {
    format!("cake {number}")
}

/// Whether a payment under this label was for a cake.
pub(crate) fn is_for_cake(label: &str) -> bool {
    label.starts_with("cake ")
}

impl Town {
    /// Everybody hears the first price.
    pub(crate) fn open_market(&mut self) {
        for number in 0..self.market.known.len() {
            self.hear(number, Some(FIRST));
        }
    }

    /// The price moves: often a little, seldom a lot, now and then nobody knows it. Some hear of it.
    pub(crate) fn walk(&mut self) {
        let ppm = [2_000, 2_000, 8_000, 8_000, 30_000, 30_000, 100_000, 300_000][self.below(8)];
        let change = self.market.dollars * ppm / 1_000_000;
        let moved = if self.below(2) == 0 {
            self.market.dollars + change
        } else {
            self.market.dollars - change
        };
        self.market.dollars = moved.clamp(20_000, 120_000);
        for number in 0..self.market.known.len() {
            match self.below(8) {
                0..4 => self.hear(number, Some(self.market.dollars)),
                4 => self.hear(number, None),
                _ => {}
            }
        }
    }

    /// A process hears the price, or that there is none.
    fn hear(&mut self, number: usize, dollars: Option<u64>) {
        self.process(number).hear(dollars);
        self.market.known[number] = dollars;
        if let (SHOP, Some(dollars)) = (number, dollars) {
            self.market.told_to_shop.push(dollars);
        }
    }
}

impl Process {
    /// Its only source of rates says so.
    fn hear(&self, dollars: Option<u64>) {
        match dollars {
            Some(dollars) => self.rates().say("USD", &self.misreads(dollars).to_string()),
            None => self.rates().fall_silent("USD"),
        }
    }
}
