//! Minting invoices, and taking or refusing the payments that come for them.
//!
//! Minting stores nothing: the payment hash follows from the seed and a secret that travels inside the paths.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bitcoin::Network;
use bolt1::BlockHeight;
use lightning::blinded_path::payment::Bolt12OfferContext;
use lightning::chain::channelmonitor::Balance;
use lightning::offers::invoice_request::InvoiceRequestFields;
use lightning::offers::offer::OfferId;
use lightning::types::payment::PaymentHash;
use lightning::types::string::UntrustedString;
use offerd_core::port::{
    Bolt11Minted, Bolt11Order, Bolt11Refused, InvoiceIssuer, MintOrder, Minted, PortError,
};
use tokio::sync::watch;

use crate::bolt11;
use crate::chain::ChainView;
use crate::claims::{Claims, htlcs, is_sent_back};
use crate::convert;
use crate::liquidity::Agreements;
use crate::paths::{PathMaker, PathOrder};
use crate::payer::wait_until_drained;
use crate::types::{Channels, Keyring, Monitor};

/// Blocks after its deadline until a payment that was released, and of which nothing was heard, counts as lost: a week,
/// by when its HTLC has timed out and whatever was on the chain is settled.
const RELEASED_MARGIN: u32 = 1_008;
/// Bytes of a payer's note that travel with the payment.
const LONGEST_NOTE: usize = 128;

/// The node as an issuer of invoices.
pub(crate) struct Issuer {
    pub(crate) network: Network,
    pub(crate) channels: Arc<Channels>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) paths: PathMaker,
    pub(crate) claims: Arc<Claims>,
    pub(crate) agreements: Arc<Agreements>,
    pub(crate) chain: Arc<ChainView>,
    pub(crate) monitor: Arc<Monitor>,
    /// Turns true when the events from before the restart have been handled.
    pub(crate) drained: watch::Receiver<bool>,
    /// Accepted payments from before a recovery: whether they became ours only the lost state knew.
    pub(crate) unknown: HashSet<[u8; 32]>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").finish_non_exhaustive()
    }
}

#[async_trait]
impl InvoiceIssuer for Issuer {
    async fn mint(&self, order: MintOrder) -> Result<Minted, PortError> {
        if !self.channels.list_channels().iter().any(|channel| channel.is_channel_ready) {
            return Err(PortError::unavailable("no channel is open, so no payment can reach us"));
        }
        let expiry = u32::try_from(order.expiry.0).unwrap_or(u32::MAX);
        let amount_msat = order.amount.as_u64();
        let (hash, secret) = self
            .channels
            // req IW-05
            .create_inbound_payment(Some(amount_msat), expiry, None)
            .map_err(|()| PortError::rejected("amount or expiry is out of range"))?;
        let height = self.chain.height();
        let fronts = order.fronts.clone();
        let context = context(order);
        let order = PathOrder { secret, context, amount_msat, expiry, height, fronts };
        let paths = self.paths.paths(&order, &self.channels.list_usable_channels());
        if paths.is_empty() {
            return Err(PortError::unavailable("no payment path to us could be made"));
        }
        Ok(Minted {
            payment_hash: hash.0,
            paths: paths.iter().map(convert::from_ldk).collect(),
            accepts_mpp: true,
            height: BlockHeight(height),
        })
    }

    async fn mint_bolt11(&self, order: Bolt11Order) -> Result<Bolt11Minted, Bolt11Refused> {
        let fronts = &self.paths.fronts;
        let records = (&*self.claims, &*self.agreements);
        bolt11::mint(&self.channels, &self.keyring, records, self.network, &order, fronts)
    }

    async fn accept(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        let claim = self
            .claims
            .find(&payment_hash)?
            .ok_or_else(|| PortError::rejected("no such payment waits"))?;
        let hash = PaymentHash(payment_hash);
        let htlcs = htlcs(&self.channels.list_channels(), hash);
        let gone = || !claim.released && !self.is_in_flight(&hash);
        let late = self.chain.height() >= claim.deadline;
        if late || is_sent_back(&htlcs).unwrap_or_else(gone) {
            return Err(PortError::rejected("the payment has waited too long and is sent back"));
        }
        self.claims.release(&payment_hash, claim)?;
        self.channels.claim_funds(claim.preimage);
        Ok(())
    }

    async fn is_lost(&self, payment_hash: [u8; 32]) -> Result<bool, PortError> {
        if self.unknown.contains(&payment_hash) {
            return Ok(false);
        }
        wait_until_drained(&self.drained).await?;
        // What was taken is forgotten only after our caller knew, and what was not released only when it had gone back.
        let Some(claim) = self.claims.find(&payment_hash)? else { return Ok(true) };
        let height = self.chain.height();
        if !claim.released {
            return Ok(height >= claim.deadline);
        }
        // A preimage that reached a monitor is claimed again, and told of, at every start; one that did not is not out.
        let long_ago = height >= claim.deadline.saturating_add(RELEASED_MARGIN);
        Ok(long_ago && !self.is_in_flight(&PaymentHash(payment_hash)))
    }

    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.channels.fail_htlc_backwards(&PaymentHash(payment_hash));
        // An earlier payment of the same hash that was released is another matter.
        match self.claims.find(&payment_hash)? {
            Some(claim) if claim.released => Ok(()),
            _ => self.claims.forget(&payment_hash),
        }
    }
}

impl Issuer {
    /// Whether an HTLC of this hash is in a channel, or on the chain after one was closed.
    fn is_in_flight(&self, payment_hash: &PaymentHash) -> bool {
        let in_channels = self.channels.list_channels().into_iter().any(|channel| {
            channel.pending_inbound_htlcs.iter().any(|htlc| htlc.payment_hash == *payment_hash)
        });
        let on_chain = |balance: &Balance| match balance {
            Balance::ContentiousClaimable { payment_hash: hash, .. }
            | Balance::MaybePreimageClaimableHTLC { payment_hash: hash, .. } => {
                hash == payment_hash
            }
            Balance::ClaimableOnChannelClose { .. }
            | Balance::ClaimableAwaitingConfirmations { .. }
            | Balance::MaybeTimeoutClaimableHTLC { .. }
            | Balance::CounterpartyRevokedOutputClaimable { .. } => false,
        };
        in_channels || self.monitor.get_claimable_balances(&[]).iter().any(on_chain)
    }
}

/// What comes back with the payment. The crate calls these 32 bytes an offer's id, and looks at none of it.
fn context(order: MintOrder) -> Bolt12OfferContext {
    let memo = order.memo.as_deref();
    Bolt12OfferContext {
        offer_id: OfferId(order.context),
        invoice_request: InvoiceRequestFields {
            payer_signing_pubkey: order.payer_id,
            quantity: order.quantity,
            payer_note_truncated: memo
                .map(|memo| UntrustedString(convert::truncated(memo, LONGEST_NOTE).to_owned())),
            human_readable_name: None,
        },
    }
}
