//! How often a promise is kept.

use bolt1::Msat;

use crate::payment::{OutgoingPayment, PaymentEnd, PaymentState};

/// The bounds of a promise that may be redeemed more than once; at least one of them is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// Most redemptions.
    pub most: Option<u32>,
    /// Most that all of them may cost together, fees included.
    pub total: Option<Msat>,
}

impl Uses {
    /// One redemption and no more.
    pub const ONCE: Self = Self { most: Some(1), total: None };

    /// Whether there is one redemption only.
    pub fn is_once(&self) -> bool {
        self.most == Some(1)
    }

    /// Whether `live` redemptions, unfinished or paid, are all there may be.
    pub(super) fn are_taken(&self, live: usize) -> bool {
        let most = self.most.map(|most| usize::try_from(most).unwrap_or(usize::MAX));
        most.is_some_and(|most| live >= most)
    }

    /// Whether another redemption that costs at most `cost` is within the total, beside `claims`.
    pub(super) fn allow(&self, claims: &[OutgoingPayment], cost: Msat) -> bool {
        let Some(total) = self.total else { return true };
        let costs = claims.iter().filter(|claim| claim.is_live()).map(at_most);
        let sum = costs.chain([cost]).try_fold(Msat::ZERO, Msat::plus);
        sum.is_some_and(|sum| sum <= total)
    }
}

/// What a claim costs, or may cost as long as that is not known.
fn at_most(claim: &OutgoingPayment) -> Msat {
    let fee = match &claim.state {
        PaymentState::Ended(PaymentEnd::Paid { fee: Some(fee), .. }) => *fee,
        PaymentState::Awaiting | PaymentState::Pending { .. } | PaymentState::Ended(_) => {
            claim.max_fee
        }
    };
    claim.amount.plus(fee).unwrap_or(Msat::MAX)
}
