//! Payments that wait for our word: their preimages, kept until they are ours.
//!
//! The preimage follows from the node's seed and the payment's secret, but the secret comes only once, with the
//! event. Whoever decides about the payment may do so after a restart, so it is kept before they hear of it.

use std::sync::Arc;

use bitcoin::hex::{DisplayHex, FromHex};
use lightning::types::payment::PaymentPreimage;
use offerd_core::port::PortError;

use crate::persist::Store;

const SPACE: (&str, &str) = ("receive", "claimable");

/// One such payment.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) preimage: PaymentPreimage,
    /// The block at which it is sent back by itself.
    pub(crate) deadline: u32,
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// All of them, by payment hash.
#[derive(Debug)]
pub(crate) struct Claims(pub(crate) Arc<Store>);

impl Claims {
    pub(crate) fn keep(&self, payment_hash: &[u8; 32], claim: Claim) -> Result<(), PortError> {
        let mut bytes = claim.preimage.0.to_vec();
        bytes.extend_from_slice(&claim.deadline.to_be_bytes());
        self.0.write(SPACE, &key(payment_hash), &bytes)
    }

    pub(crate) fn find(&self, payment_hash: &[u8; 32]) -> Result<Option<Claim>, PortError> {
        let Some(bytes) = self.0.read(SPACE, &key(payment_hash))? else { return Ok(None) };
        let unreadable = || PortError::corrupt("a claimable payment in the store");
        let (preimage, deadline) = bytes.split_first_chunk().ok_or_else(unreadable)?;
        let deadline = deadline.try_into().map_err(|_| unreadable())?;
        Ok(Some(Claim {
            preimage: PaymentPreimage(*preimage),
            deadline: u32::from_be_bytes(deadline),
        }))
    }

    /// Drops what was sent back by itself before the block of this height.
    pub(crate) fn prune(&self, height: u32) -> Result<(), PortError> {
        for name in self.0.list(SPACE)? {
            let Ok(payment_hash) = <[u8; 32]>::from_hex(&name) else { continue };
            if self.find(&payment_hash)?.is_some_and(|claim| claim.deadline <= height) {
                self.forget(&payment_hash)?;
            }
        }
        Ok(())
    }

    pub(crate) fn forget(&self, payment_hash: &[u8; 32]) -> Result<(), PortError> {
        self.0.remove(SPACE, &key(payment_hash))
    }
}

fn key(payment_hash: &[u8; 32]) -> String {
    payment_hash.to_lower_hex_string()
}
