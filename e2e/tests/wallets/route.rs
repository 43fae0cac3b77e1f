//! Who pays whom, and over whom.

use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::network::Network;
use crate::until::{until, until_equal, until_true};
use crate::wallet::Wallet;

/// A wallet of other people and a node of ours.
#[derive(Clone, Copy)]
pub(crate) struct Route<'a> {
    pub(crate) way: Way,
    pub(crate) wallet: &'a Wallet,
    pub(crate) ours: &'a Daemon,
    /// The node of ours between the two, if they have no channel.
    pub(crate) between: Option<&'a Daemon>,
    /// The node of ours that the wallet may put in front of itself, although the two have a channel.
    in_front: Option<&'a Daemon>,
}

/// How to find a route in the network.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// What it shows, in words.
    pub(crate) name: &'static str,
    /// Whether the wallet has public channels.
    pub(crate) they_are_announced: bool,
    find: for<'a> fn(&'a Network) -> (&'a Wallet, &'a Daemon, Option<&'a Daemon>),
}

/// Over channels that nobody else knows.
pub(crate) const TO_THE_NEIGHBOUR: Way = Way {
    name: "direct_and_we_are_not_announced",
    they_are_announced: true,
    find: |net| (&net.wallet, &net.neighbour, None),
};

/// All routes there are.
pub(crate) const ALL: [Way; 7] = [
    Way { name: "direct", they_are_announced: true, find: |net| (&net.wallet, &net.hub, None) },
    TO_THE_NEIGHBOUR,
    Way {
        name: "direct_and_they_are_not_announced",
        they_are_announced: false,
        find: |net| (&net.phone, &net.hub, None),
    },
    Way {
        name: "over_a_node_of_ours",
        they_are_announced: true,
        find: |net| (&net.wallet, &net.shop, Some(&net.hub)),
    },
    Way {
        name: "over_a_node_of_ours_and_we_are_not_announced",
        they_are_announced: true,
        find: |net| (&net.wallet, &net.hidden, Some(&net.hub)),
    },
    Way {
        name: "over_a_node_of_ours_and_they_are_not_announced",
        they_are_announced: false,
        find: |net| (&net.phone, &net.shop, Some(&net.hub)),
    },
    Way {
        name: "over_a_node_of_ours_and_nobody_is_announced",
        they_are_announced: false,
        find: |net| (&net.phone, &net.hidden, Some(&net.hub)),
    },
];

impl<'a> Route<'a> {
    /// The route of this way.
    pub(crate) fn of(network: &'a Network, way: Way) -> Self {
        let (wallet, ours, between) = (way.find)(network);
        // `ldk-node` hides behind a peer that has three public channels: so do the neighbour's payments arrive.
        let goes_around = way.name == TO_THE_NEIGHBOUR.name;
        Self { way, wallet, ours, between, in_front: goes_around.then_some(&network.hub) }
    }

    /// What everybody on it has now.
    pub(crate) fn balances(&self) -> Balances<'a> {
        Balances {
            route: *self,
            wallet: self.wallet.balance(),
            ours: self.ours.balance(),
            between: self.others(),
        }
    }

    /// What the node between the two has, or the one in front.
    fn others(&self) -> u64 {
        self.between.or(self.in_front).map_or(0, Daemon::balance)
    }

    /// The channels towards us.
    pub(crate) fn purses_to_us(&self) -> Purses {
        match self.between {
            None => vec![self.wallet.purses_to(&self.ours.id)],
            Some(middle) => {
                vec![self.wallet.purses_to(&middle.id), middle.purses_to(&self.ours.id)]
            }
        }
    }

    /// The channels towards them.
    pub(crate) fn purses_to_them(&self) -> Purses {
        match self.between {
            None => vec![self.ours.purses_to(&self.wallet.id())],
            Some(middle) => {
                vec![self.ours.purses_to(&middle.id), middle.purses_to(&self.wallet.id())]
            }
        }
    }

    /// Asserts that a fee was paid where somebody forwards to us, and none elsewhere.
    pub(crate) fn assert_fee_to_us(&self, fee_msat: u64) {
        assert_eq!(fee_msat > 0, self.between.is_some(), "a fee of {fee_msat} msat");
    }

    /// Asserts that a fee was paid where somebody forwards to them, and none elsewhere.
    pub(crate) fn assert_fee_to_them(&self, fee_msat: u64) {
        if self.in_front.is_none() {
            self.assert_fee_to_us(fee_msat);
        }
    }
}

/// A channel, as the one who pays over it sees it, in msat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Purse {
    /// What it can carry now.
    pub(crate) can_carry: u64,
    /// What is in it, however much may move at once.
    pub(crate) holds: u64,
}

/// The channels of each hop.
pub(crate) type Purses = Vec<Vec<Purse>>;

/// Nearly all that can move in one payment, in msat; more than any single channel of the narrowest hop can carry.
pub(crate) fn too_much_for_one(hops: &Purses) -> u64 {
    let together = |hop: &Vec<Purse>| hop.iter().map(|purse| purse.can_carry).sum::<u64>();
    let narrowest = hops.iter().min_by_key(|hop| together(hop)).unwrap();
    let amount = together(narrowest) / 100 * 95;
    assert!(narrowest.iter().all(|purse| purse.can_carry < amount), "{hops:?}");
    amount
}

/// Asserts that several channels of one hop were used.
pub(crate) fn assert_in_parts(before: &Purses, after: &Purses) {
    let used = |(before, after): (&Vec<Purse>, &Vec<Purse>)| {
        before.iter().zip(after).filter(|(before, after)| before.holds != after.holds).count()
    };
    assert!(before.iter().zip(after).map(used).any(|used| used > 1), "{before:?} {after:?}");
}

/// What everybody on a route had.
pub(crate) struct Balances<'a> {
    route: Route<'a>,
    pub(crate) wallet: u64,
    ours: u64,
    between: u64,
}

impl Balances<'_> {
    /// Waits until the wallet has paid us this much, and the fee to who is between.
    pub(crate) fn wait_until_we_got(&self, amount: u64, fee: u64) {
        self.wait_for(self.wallet - amount - fee, self.ours + amount, self.between + fee);
    }

    /// Waits until we have paid the wallet this much, and the fee to who is between.
    pub(crate) fn wait_until_they_got(&self, amount: u64, fee: u64) {
        if self.route.in_front.is_none() {
            return self.wait_for(
                self.wallet + amount,
                self.ours - amount - fee,
                self.between + fee,
            );
        }
        // The wallet forwards the payment to its front, so both get a part of the fee.
        let Route { wallet, ours, .. } = self.route;
        until_true("the balances are as the records say", || {
            ours.balance() == self.ours - amount - fee
                && wallet.balance() + self.route.others()
                    == self.wallet + self.between + amount + fee
        });
    }

    fn wait_for(&self, wallet: u64, ours: u64, between: u64) {
        let Route { wallet: payer, ours: daemon, .. } = self.route;
        until_equal("what wallet, we and others have", &[wallet, ours, between], || {
            [payer.balance(), daemon.balance(), self.route.others()]
        });
    }
}

/// Our record of a payment to us, once it is over; the only one of its hash.
pub(crate) fn receipt(ours: &Daemon, hash: PaymentHash) -> Value {
    until("we have a record of a payment to us", || {
        let list = ours.call("listinvoices", json!({ "payment_hash": hash.to_string() }));
        let list = list["invoices"].as_array().unwrap();
        assert!(list.len() <= 1, "{list:?}");
        list.iter().find(|invoice| invoice["status"] == "paid").cloned()
    })
}

/// Our record of a payment of ours, the only one of its hash.
pub(crate) fn payment(ours: &Daemon, hash: &Value) -> Value {
    let list = ours.call("listpays", json!({ "payment_hash": hash }));
    let list = list["pays"].as_array().unwrap();
    assert_eq!(list.len(), 1, "{list:?}");
    list[0].clone()
}

/// A hash that we were told.
pub(crate) fn read_hash(hash: &Value) -> PaymentHash {
    let hash = hash.as_str().unwrap();
    PaymentHash(std::array::from_fn(|at| {
        u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap()
    }))
}

/// What the preimage proves.
pub(crate) fn hash_of_proof(preimage: Option<PaymentPreimage>) -> PaymentHash {
    preimage.unwrap().into()
}

/// As we show preimages.
pub(crate) fn shown(preimage: Option<PaymentPreimage>) -> Value {
    json!(preimage.map(|preimage| preimage.to_string()))
}
