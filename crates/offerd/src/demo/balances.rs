//! What the three nodes have.

use offerd_api::node::ChannelList;
use serde_json::{Value, json};

use super::call::Call;
use super::error::DemoError;
use super::network::Network;

/// What each node has in its channels, in millisatoshis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Balances {
    /// The shop's.
    pub(super) shop: u64,
    /// The ATM's.
    pub(super) atm: u64,
    /// The customer's.
    pub(super) customer: u64,
}

impl Balances {
    /// Asks all three.
    pub(super) async fn read(network: &Network) -> Result<Self, DemoError> {
        let call = Call::new("listpeerchannels");
        let of = |list: ChannelList| list.channels.iter().map(|c| c.to_us_msat).sum();
        Ok(Self {
            shop: of(network.shop.rpc().call(&call).await?),
            atm: of(network.atm.rpc().call(&call).await?),
            customer: of(network.customer.rpc().call(&call).await?),
        })
    }

    /// For people: satoshis, and in brackets what has changed since `before`.
    pub(super) fn text(&self, before: Option<Self>) -> String {
        let named = |name: &str, now: u64, before: Option<u64>| match before {
            Some(before) if before != now => {
                format!("{name} {} sat ({})", sat(now), signed_sat(before, now))
            }
            Some(_) | None => format!("{name} {} sat", sat(now)),
        };
        [
            named("shop", self.shop, before.map(|b| b.shop)),
            named("atm", self.atm, before.map(|b| b.atm)),
            named("customer", self.customer, before.map(|b| b.customer)),
        ]
        .join("   ")
    }

    /// For programs.
    pub(super) fn facts(&self) -> Value {
        json!({ "shop_msat": self.shop, "atm_msat": self.atm, "customer_msat": self.customer })
    }
}

fn signed_sat(before: u64, now: u64) -> String {
    let sign = if now < before { '-' } else { '+' };
    format!("{sign}{}", sat(now.abs_diff(before)))
}

/// An amount as people read it: `4 990 000`, or `12.345` where there are parts of a satoshi.
pub(super) fn sat(msat: u64) -> String {
    let (whole, rest) = (msat / 1000, msat % 1000);
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    if rest == 0 { grouped } else { format!("{grouped}.{rest:03}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn satoshis_are_grouped_by_thousands() {
        assert_eq!(sat(0), "0");
        assert_eq!(sat(999_000), "999");
        assert_eq!(sat(1_000_000), "1 000");
        assert_eq!(sat(12_345_678_901), "12 345 678.901");
    }

    #[test]
    fn what_has_changed_is_shown_with_its_sign() {
        let before = Balances { shop: 5_000_000, atm: 5_000_000, customer: 5_000_000 };
        let now = Balances { shop: 6_000_000, atm: 5_000_000, customer: 3_999_000 };
        assert_eq!(
            now.text(Some(before)),
            "shop 6 000 sat (+1 000)   atm 5 000 sat   customer 3 999 sat (-1 001)"
        );
    }
}
