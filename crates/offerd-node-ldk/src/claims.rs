//! Payments that wait for our word: their preimages, kept until they are ours.
//!
//! The preimage follows from the node's seed and the payment's secret, but the secret comes only once, with the
//! event. Whoever decides about the payment may do so after a restart, so it is kept before they hear of it.

use std::sync::Arc;

use bitcoin::hex::{DisplayHex, FromHex};
use lightning::chain::channelmonitor::HTLC_FAIL_BACK_BUFFER;
use lightning::ln::channel_state::{ChannelDetails, InboundHTLCDetails, InboundHTLCStateDetails};
use lightning::types::payment::{PaymentHash, PaymentPreimage};
use offerd_core::Preimage;
use offerd_core::port::PortError;

use crate::persist::Store;

const SPACE: (&str, &str) = ("receive", "claimable");
/// Preimages that our caller has chosen, by their hashes; never forgotten, for a late payment may still come.
const CHOSEN: (&str, &str) = ("receive", "chosen");

/// One such payment.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) preimage: PaymentPreimage,
    /// The block from which on taking it is not safe: the peer may have it back on the chain.
    pub(crate) deadline: u32,
    /// Whether the preimage was, or was about to be, given to the `lightning` crate: from then on only the crate knows
    /// whether it is out.
    pub(crate) released: bool,
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim")
            .field("deadline", &self.deadline)
            .field("released", &self.released)
            .finish_non_exhaustive()
    }
}

/// All of them, by payment hash.
#[derive(Debug)]
pub(crate) struct Claims(pub(crate) Arc<Store>);

impl Claims {
    /// Keeps a payment that waits. One that was released before stays so.
    pub(crate) fn keep(&self, payment_hash: &[u8; 32], claim: Claim) -> Result<(), PortError> {
        let released = self.find(payment_hash)?.is_some_and(|known| known.released);
        self.write(payment_hash, Claim { released: released || claim.released, ..claim })
    }

    /// Keeps a preimage that our caller has chosen.
    pub(crate) fn choose(
        &self,
        payment_hash: &[u8; 32],
        preimage: Preimage,
    ) -> Result<(), PortError> {
        self.0.write(CHOSEN, &key(payment_hash), &preimage.0)
    }

    /// The preimage that our caller has chosen for this hash.
    pub(crate) fn chosen(
        &self,
        payment_hash: &[u8; 32],
    ) -> Result<Option<PaymentPreimage>, PortError> {
        let Some(bytes) = self.0.read(CHOSEN, &key(payment_hash))? else { return Ok(None) };
        let unreadable = |_| PortError::corrupt("a chosen preimage in the store");
        bytes.try_into().map(PaymentPreimage).map(Some).map_err(unreadable)
    }

    /// Notes that the preimage of a payment is about to be released, before it is.
    pub(crate) fn release(&self, payment_hash: &[u8; 32], claim: Claim) -> Result<(), PortError> {
        if claim.released {
            return Ok(());
        }
        self.write(payment_hash, Claim { released: true, ..claim })
    }

    fn write(&self, payment_hash: &[u8; 32], claim: Claim) -> Result<(), PortError> {
        let mut bytes = claim.preimage.0.to_vec();
        bytes.extend_from_slice(&claim.deadline.to_be_bytes());
        bytes.push(u8::from(claim.released));
        self.0.write(SPACE, &key(payment_hash), &bytes)
    }

    pub(crate) fn find(&self, payment_hash: &[u8; 32]) -> Result<Option<Claim>, PortError> {
        let Some(bytes) = self.0.read(SPACE, &key(payment_hash))? else { return Ok(None) };
        let unreadable = || PortError::corrupt("a claimable payment in the store");
        let (preimage, rest) = bytes.split_first_chunk().ok_or_else(unreadable)?;
        let (deadline, released) = rest.split_first_chunk().ok_or_else(unreadable)?;
        Ok(Some(Claim {
            preimage: PaymentPreimage(*preimage),
            deadline: u32::from_be_bytes(*deadline),
            released: match released {
                [0] => false,
                [1] => true,
                _ => return Err(unreadable()),
            },
        }))
    }

    /// Drops what was sent back by itself before the block of this height. What was released is kept until the crate
    /// says that it is ours.
    pub(crate) fn prune(&self, height: u32) -> Result<(), PortError> {
        for name in self.0.list(SPACE)? {
            let Ok(payment_hash) = <[u8; 32]>::from_hex(&name) else { continue };
            let gone = |claim: &Claim| claim.deadline <= height && !claim.released;
            if self.find(&payment_hash)?.is_some_and(|claim| gone(&claim)) {
                self.forget(&payment_hash)?;
            }
        }
        Ok(())
    }

    pub(crate) fn forget(&self, payment_hash: &[u8; 32]) -> Result<(), PortError> {
        self.0.remove(SPACE, &key(payment_hash))
    }
}

/// The HTLCs of our channels that carry this payment.
pub(crate) fn htlcs(
    channels: &[ChannelDetails],
    payment_hash: PaymentHash,
) -> Vec<InboundHTLCDetails> {
    let all = channels.iter().flat_map(|channel| &channel.pending_inbound_htlcs);
    all.filter(|htlc| htlc.payment_hash == payment_hash).cloned().collect()
}

/// The block from which on taking the payment is not safe; `None` when no HTLC carries it.
///
/// The deadline that the crate tells is none to go by: it counts from the expiry that the payer has put into the
/// onion, which says nothing about the time that is left, for the delay of a blinded path comes on top of it. Core
/// Lightning puts the next block there.
pub(crate) fn deadline(htlcs: &[InboundHTLCDetails]) -> Option<u32> {
    let expiry = htlcs.iter().map(|htlc| htlc.cltv_expiry).min()?;
    Some(expiry.saturating_sub(HTLC_FAIL_BACK_BUFFER))
}

/// Whether the payment is on its way back; `None` when no HTLC carries it.
pub(crate) fn is_sent_back(htlcs: &[InboundHTLCDetails]) -> Option<bool> {
    let failing = Some(InboundHTLCStateDetails::AwaitingRemoteRevokeToRemoveFail);
    (!htlcs.is_empty()).then(|| htlcs.iter().all(|htlc| htlc.state == failing))
}

fn key(payment_hash: &[u8; 32]) -> String {
    payment_hash.to_lower_hex_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn htlc(cltv_expiry: u32, state: InboundHTLCStateDetails) -> InboundHTLCDetails {
        InboundHTLCDetails {
            htlc_id: 0,
            amount_msat: 1_000,
            cltv_expiry,
            payment_hash: PaymentHash([7; 32]),
            state: Some(state),
            is_dust: false,
        }
    }

    #[test]
    fn the_deadline_is_that_of_the_htlc_which_expires_first() {
        let htlcs = [250, 182, 300].map(|expiry| htlc(expiry, InboundHTLCStateDetails::Committed));
        assert_eq!(deadline(&htlcs), Some(182 - HTLC_FAIL_BACK_BUFFER));
        assert_eq!(deadline(&[]), None);
    }

    #[test]
    fn a_payment_waits_as_long_as_one_of_its_htlcs_is_not_on_its_way_back() {
        use InboundHTLCStateDetails as State;
        let back = htlc(182, State::AwaitingRemoteRevokeToRemoveFail);
        for state in [State::Committed, State::AwaitingRemoteRevokeToRemoveFulfill] {
            let here = htlc(182, state);
            assert_eq!(is_sent_back(&[back.clone(), here]), Some(false));
        }
        assert_eq!(is_sent_back(&[back.clone(), back]), Some(true));
        assert_eq!(is_sent_back(&[]), None);
    }
}
