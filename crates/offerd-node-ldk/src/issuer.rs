//! Minting invoices, and taking or refusing the payments that come for them.
//!
//! Minting stores nothing: the payment hash follows from the seed and a secret that travels inside the paths.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bolt1::BlockHeight;
use lightning::blinded_path::payment::Bolt12OfferContext;
use lightning::offers::invoice_request::InvoiceRequestFields;
use lightning::offers::offer::OfferId;
use lightning::types::payment::PaymentHash;
use lightning::types::string::UntrustedString;
use offerd_core::port::{InvoiceIssuer, MintOrder, Minted, PortError};

use crate::chain::ChainView;
use crate::claims::{Claims, htlcs, is_sent_back};
use crate::convert;
use crate::paths::{PathMaker, PathOrder};
use crate::types::Channels;

/// Bytes of a payer's note that travel with the payment.
const LONGEST_NOTE: usize = 128;

/// The node as an issuer of invoices.
pub(crate) struct Issuer {
    pub(crate) channels: Arc<Channels>,
    pub(crate) paths: PathMaker,
    pub(crate) claims: Arc<Claims>,
    pub(crate) chain: Arc<ChainView>,
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
        let order = PathOrder { secret, context: context(order), amount_msat, expiry, height };
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

    async fn accept(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        let claim = self
            .claims
            .find(&payment_hash)?
            .ok_or_else(|| PortError::rejected("no such payment waits"))?;
        let htlcs = htlcs(&self.channels.list_channels(), PaymentHash(payment_hash));
        let late = || self.chain.height() >= claim.deadline;
        let sent_back = is_sent_back(&htlcs).unwrap_or_else(late);
        if sent_back {
            return Err(PortError::rejected("the payment has waited too long and is sent back"));
        }
        self.channels.claim_funds(claim.preimage);
        Ok(())
    }

    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.channels.fail_htlc_backwards(&PaymentHash(payment_hash));
        self.claims.forget(&payment_hash)
    }
}

/// What comes back with the payment. The crate calls these 32 bytes an offer's id, and looks at none of it.
fn context(order: MintOrder) -> Bolt12OfferContext {
    let note = order.payer_note.as_deref();
    Bolt12OfferContext {
        offer_id: OfferId(order.context),
        invoice_request: InvoiceRequestFields {
            payer_signing_pubkey: order.payer_id,
            quantity: order.quantity,
            payer_note_truncated: note
                .map(|note| UntrustedString(convert::truncated(note, LONGEST_NOTE).to_owned())),
            human_readable_name: None,
        },
    }
}
