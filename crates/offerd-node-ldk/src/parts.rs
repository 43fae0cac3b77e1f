//! In how many parts a payment went.
//!
//! The `lightning` crate says that a payment has arrived, and of each part that failed, but not how many there were.
//! Our router sees each of them go out; what failed was told by then. After a restart the HTLCs that are still out are
//! counted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::channelmanager::{PaymentId, RecentPaymentDetails};

use crate::locks::lock;

/// The parts of payments that have not ended yet, those that failed left out.
#[derive(Debug, Default)]
pub(crate) struct Parts(Mutex<HashMap<[u8; 32], u32>>);

impl Parts {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Counts what is out of payments that were begun before a restart.
    pub(crate) fn count_again(
        &self,
        payments: &[RecentPaymentDetails],
        channels: &[ChannelDetails],
    ) {
        let out: Vec<_> =
            channels.iter().flat_map(|channel| &channel.pending_outbound_htlcs).collect();
        for payment in payments {
            let RecentPaymentDetails::Pending { payment_id, payment_hash, .. } = payment else {
                continue;
            };
            let parts = out.iter().filter(|htlc| htlc.payment_hash == *payment_hash).count();
            self.went_out(*payment_id, parts);
        }
    }

    /// So many more were sent.
    pub(crate) fn went_out(&self, payment: PaymentId, parts: usize) {
        if parts == 0 {
            return;
        }
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        let mut known = lock(&self.0);
        let count = known.entry(payment.0).or_default();
        *count = count.saturating_add(parts);
    }

    /// One came to nothing.
    pub(crate) fn failed(&self, payment: &[u8; 32]) {
        if let Some(count) = lock(&self.0).get_mut(payment) {
            *count = count.saturating_sub(1);
        }
    }

    /// How many did not fail; `None` where that is not known.
    pub(crate) fn of(&self, payment: &[u8; 32]) -> Option<u32> {
        lock(&self.0).get(payment).copied().filter(|count| *count > 0)
    }

    /// The payment has ended.
    pub(crate) fn forget(&self, payment: &[u8; 32]) {
        lock(&self.0).remove(payment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_out_and_did_not_fail_counts_until_the_payment_ends() {
        let parts = Parts::default();
        let id = PaymentId([1; 32]);
        parts.failed(&id.0);
        assert_eq!(parts.of(&id.0), None, "never sent");
        parts.went_out(id, 3);
        parts.failed(&id.0);
        parts.went_out(id, 2);
        assert_eq!(parts.of(&id.0), Some(4));
        assert_eq!(parts.of(&[2; 32]), None);
        parts.forget(&id.0);
        assert_eq!(parts.of(&id.0), None);
    }
}
