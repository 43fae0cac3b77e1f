//! The operator's bounds.

use bolt1::{ChainHash, CltvDelta, Msat, Seconds};
use bolt12::Currency;

/// Bounds and defaults that the operator may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Our chain.
    pub chain: ChainHash,
    /// How long an invoice of ours may be paid. BOLT 12's default is 7 200 s.
    pub invoice_expiry: Seconds,
    /// Most that a payout of amount `any` pays when its maker gave no maximum.
    pub payout_any_max: Msat,
    /// Routing fee of a payout: at most this, or `payout_fee_ppm` of the amount if that is more.
    pub payout_fee_floor: Msat,
    /// In millionths of the amount.
    pub payout_fee_ppm: u32,
    /// Most blocks a payout may be locked for.
    pub payout_max_delay: CltvDelta,
    /// Routing fee of a payment we were told to make: at most this, or `pay_fee_ppm` if that is more.
    pub pay_fee_floor: Msat,
    /// In millionths of the amount.
    pub pay_fee_ppm: u32,
    /// Most blocks a payment we were told to make may be locked for.
    pub pay_max_delay: CltvDelta,
    /// Attempts at a claim, after which it fails.
    pub claim_attempts: u32,
    /// How long an invoice may be paid whose price is in a currency.
    pub priced_invoice_expiry: Seconds,
    /// A payment of such an invoice is sent back when the price has come to more than it by so many millionths.
    pub price_tolerance_ppm: u32,
    /// An invoice for a price in a currency may ask so many millionths more than the price comes to by our own rate,
    /// unless the caller says otherwise.
    pub pay_rate_drift_ppm: u32,
    /// A payout in a currency costs at most what it comes to when it is made, and so many millionths of that more,
    /// unless its maker says otherwise.
    pub payout_rate_margin_ppm: u32,
    /// The currency in which the worth of every payment is noted.
    pub accounting_currency: Option<Currency>,
    /// So long before each payment of a subscription its owner is reminded, unless he said otherwise.
    pub subscription_reminder: Seconds,
    /// Most that payouts may be promised or claimed for in one call.
    pub payout_max: Msat,
    /// Most that claims may take within 24 hours, all payouts together.
    pub payout_max_per_day: Msat,
}

impl Policy {
    /// The defaults, for `chain`.
    pub fn for_chain(chain: ChainHash) -> Self {
        let sat = |sat| Msat::from_sat(sat).unwrap_or(Msat::MAX);
        Self {
            chain,
            invoice_expiry: Seconds(7200),
            payout_any_max: sat(10_000),
            payout_fee_floor: sat(5),
            payout_fee_ppm: 5_000,
            payout_max_delay: CltvDelta(1008),
            pay_fee_floor: sat(5),
            pay_fee_ppm: 10_000,
            pay_max_delay: CltvDelta(2016),
            priced_invoice_expiry: Seconds(600),
            price_tolerance_ppm: 10_000,
            pay_rate_drift_ppm: 50_000,
            payout_rate_margin_ppm: 200_000,
            accounting_currency: None,
            claim_attempts: 20,
            subscription_reminder: Seconds(86_400),
            payout_max: sat(10_000_000),
            payout_max_per_day: sat(100_000_000),
        }
    }

    /// Most that routing a payout of `amount` may cost.
    pub fn payout_fee(&self, amount: Msat) -> Msat {
        self.payout_fee_floor.max(amount.ppm(self.payout_fee_ppm))
    }

    /// Most that routing a payment of `amount` may cost unless the caller says otherwise.
    pub fn pay_fee(&self, amount: Msat) -> Msat {
        self.pay_fee_floor.max(amount.ppm(self.pay_fee_ppm))
    }
}
