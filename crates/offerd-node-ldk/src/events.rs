//! The `lightning` crate's events: what is money goes to our caller, what is housekeeping is done here.
//!
//! An event counts as handled only when our caller has committed what follows from it. Until then the crate
//! offers it again, after a restart too.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bitcoin::Amount;
use bolt1::{Msat, ShortChannelId, Timestamp};
use lightning::blinded_path::payment::Bolt12OfferContext;
use lightning::events::{
    Event, FundingInfo, InboundChannelFunds, PathFailure, PaymentFailureReason, PaymentPurpose,
    ReplayEvent,
};
use lightning::ln::channelmanager::PaymentId;
use lightning::ln::types::ChannelId;
use lightning::sign::SpendableOutputDescriptor;
use lightning::types::payment::{PaymentHash, PaymentPreimage};
use lightning::util::config::{ChannelConfigOverrides, ChannelConfigUpdate};
use offerd_core::Preimage;
use offerd_core::liquidity::judge_kept;
use offerd_core::port::{IncomingPayment, NodeEvent, NodeEvents, PaymentFailure, PortError};
use secp256k1::PublicKey;
use tracing::{debug, info, warn};

use crate::books::Books;
use crate::broadcast::Broadcaster;
use crate::channels::Reserve;
use crate::claims::{Claim, Claims, deadline, htlcs};
use crate::funding::{FundingRequest, Fundings};
use crate::liquidity::{Agreements, Intercepted, Liquidity, Orders};
use crate::parts::Parts;
use crate::state::since_epoch;
use crate::types::{Bumper, Channels, Sweeper};
use crate::wallet::OnchainWallet;

/// Takes the crate's events.
pub(crate) struct EventDesk {
    pub(crate) channels: Arc<Channels>,
    pub(crate) wallet: Arc<OnchainWallet>,
    pub(crate) sweeper: Arc<Sweeper>,
    pub(crate) bumper: Bumper,
    pub(crate) fundings: Arc<Fundings>,
    pub(crate) claims: Arc<Claims>,
    pub(crate) agreements: Arc<Agreements>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) liquidity: Arc<Liquidity>,
    pub(crate) parts: Arc<Parts>,
    pub(crate) books: Arc<Books>,
    pub(crate) broadcaster: Arc<Broadcaster>,
    pub(crate) reserve: Reserve,
    pub(crate) inbound_without_reserve: bool,
    pub(crate) caller: Arc<dyn NodeEvents>,
    /// Set when an event was not handled, and will come again.
    pub(crate) put_back: AtomicBool,
}

impl fmt::Debug for EventDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventDesk").finish_non_exhaustive()
    }
}

/// A payment as the crate tells of it.
struct Arrival {
    payment_hash: PaymentHash,
    payment_id: Option<PaymentId>,
    amount_msat: u64,
    /// What our channel peers kept of it.
    kept_msat: u64,
    deadline: Option<u32>,
    purpose: PaymentPurpose,
}

/// A channel that somebody wants to open.
struct Proposed {
    peer: PublicKey,
    needs_zero_conf: bool,
    capacity: Msat,
    pushed: Msat,
    announced: bool,
}

/// What becomes of a channel that somebody wants to open.
#[derive(Clone, Copy, Debug)]
enum Decision {
    /// It is opened, and used when its funding is confirmed. One that was ordered needs no reserve.
    Yes,
    /// It was bought: it is used at once, with no reserve for it, and less than was sent may arrive over it, within what
    /// was agreed for each payment.
    Bought,
    /// It is declined.
    No(&'static str),
}

impl EventDesk {
    /// Handles one event.
    pub(crate) async fn take(&self, event: Event) -> Result<(), ReplayEvent> {
        Box::pin(self.handle(event)).await.map_err(|error| {
            warn!(%error, "an event could not be handled and will come again");
            self.put_back.store(true, Ordering::Relaxed);
            ReplayEvent()
        })
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "most events ask nothing of this node")]
    async fn handle(&self, event: Event) -> Result<(), PortError> {
        match event {
            Event::PaymentClaimable {
                payment_hash,
                payment_id,
                amount_msat,
                counterparty_skimmed_fee_msat: kept_msat,
                claim_deadline: deadline,
                purpose,
                ..
            } => {
                let arrival =
                    Arrival { payment_hash, payment_id, amount_msat, kept_msat, deadline, purpose };
                self.on_claimable(arrival).await
            }
            Event::PaymentClaimed { payment_hash, payment_id, amount_msat, htlcs, .. } => {
                self.books.ends.on_claimed(payment_hash, &htlcs);
                self.on_claimed(payment_hash.0, payment_id, msat(amount_msat)).await
            }
            Event::PaymentSent { payment_id, payment_preimage, fee_paid_msat, .. } => {
                let Some(PaymentId(payment_id)) = payment_id else { return Ok(()) };
                let fee = fee_paid_msat.and_then(Msat::new);
                let (preimage, parts) = (payment_preimage.0, self.parts.of(&payment_id));
                let sent = NodeEvent::PaymentSent { payment_id, preimage, fee, parts };
                self.caller.handle(sent).await?;
                self.parts.forget(&payment_id);
                Ok(())
            }
            Event::PaymentPathFailed {
                payment_id: Some(PaymentId(payment_id)),
                payment_hash,
                payment_failed_permanently,
                failure,
                path,
                short_channel_id,
                ..
            } => {
                self.books.ends.on_part_failed(payment_hash, &path);
                let (reason, text) =
                    attempt(payment_failed_permanently, &failure, short_channel_id);
                let failed = NodeEvent::AttemptFailed { payment_id, reason, text };
                self.caller.handle(failed).await?;
                self.parts.failed(&payment_id);
                Ok(())
            }
            Event::PaymentFailed { payment_id: PaymentId(payment_id), reason, .. } => {
                let reason = failure(reason);
                self.caller.handle(NodeEvent::PaymentFailed { payment_id, reason }).await?;
                self.parts.forget(&payment_id);
                Ok(())
            }
            Event::PaymentForwarded {
                prev_channel_id,
                next_channel_id,
                total_fee_earned_msat: fee,
                outbound_amount_forwarded_msat: amount,
                skimmed_fee_msat: kept,
                ..
            } => {
                self.liquidity.on_forwarded(next_channel_id, kept);
                self.books.on_forwarded(prev_channel_id, next_channel_id, amount, fee).await;
                Ok(())
            }
            Event::SpendableOutputs { mut outputs, channel_id } => {
                self.books.on_outputs(channel_id, &outputs)?;
                outputs.retain(|output| !self.is_in_wallet(output));
                let tracked =
                    self.sweeper.track_spendable_outputs(outputs, channel_id, false, None);
                tracked.map_err(|()| PortError::unavailable("outputs to sweep were not kept"))
            }
            Event::BumpTransaction(event) => {
                self.bumper.handle_event(&event);
                Ok(())
            }
            other => self.on_channel_event(other),
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "most events ask nothing of this node")]
    fn on_channel_event(&self, event: Event) -> Result<(), PortError> {
        match event {
            Event::FundingGenerationReady {
                temporary_channel_id,
                counterparty_node_id,
                channel_value_satoshis,
                output_script,
                user_channel_id,
            } => self.fundings.fund(&FundingRequest {
                key: user_channel_id,
                temporary_id: temporary_channel_id,
                peer: counterparty_node_id,
                amount: Amount::from_sat(channel_value_satoshis),
                script: output_script,
            }),
            Event::OpenChannelRequest {
                temporary_channel_id,
                counterparty_node_id,
                channel_type,
                funding_satoshis,
                channel_negotiation_type,
                is_announced,
                ..
            } => {
                let proposed = Proposed {
                    peer: counterparty_node_id,
                    needs_zero_conf: channel_type.requires_zero_conf(),
                    capacity: msat(funding_satoshis.saturating_mul(1_000)),
                    pushed: pushed(&channel_negotiation_type),
                    announced: is_announced,
                };
                let decision = self.decide_on_channel(&proposed)?;
                info!(peer = %counterparty_node_id, funding_satoshis, ?decision, "asked for a channel");
                self.answer_channel(temporary_channel_id, counterparty_node_id, decision);
                Ok(())
            }
            Event::ChannelPending { channel_id, user_channel_id, funding_txo, .. } => {
                self.books.on_funded(channel_id, &self.channels)?;
                self.fundings.on_funded(user_channel_id, channel_id, funding_txo.vout)
            }
            Event::ChannelReady { channel_id, counterparty_node_id, user_channel_id, .. } => {
                info!(channel = %channel_id, peer = %counterparty_node_id, "channel ready");
                let (key, peer) = (user_channel_id, counterparty_node_id);
                self.liquidity.on_channel_ready(key, &channel_id, &peer);
                Ok(())
            }
            Event::ChannelClosed {
                channel_id,
                user_channel_id,
                reason,
                last_local_balance_msat: ours,
                counterparty_node_id,
                ..
            } => {
                info!(channel = %channel_id, %reason, "channel closed");
                self.books.on_closed(channel_id, ours, &self.reserve.monitor)?;
                self.liquidity.on_channel_closed(user_channel_id, counterparty_node_id);
                self.broadcaster.closings.on_closed(channel_id.0, &reason);
                self.fundings.on_closed(user_channel_id, &reason.to_string())
            }
            Event::DiscardFunding { funding_info, .. } => match funding_info {
                FundingInfo::Tx { transaction } => self.wallet.forget(transaction.compute_txid()),
                FundingInfo::OutPoint { outpoint } => self.wallet.forget(outpoint.txid),
            },
            other => {
                self.on_service_event(other);
                Ok(())
            }
        }
    }

    /// What matters to a provider of liquidity.
    #[allow(clippy::wildcard_enum_match_arm, reason = "most events ask nothing of this node")]
    fn on_service_event(&self, event: Event) {
        match event {
            Event::HTLCIntercepted {
                intercept_id: id,
                requested_next_hop_scid: scid,
                payment_hash,
                expected_outbound_amount_msat: amount_msat,
                ..
            } => {
                let payment = Intercepted { id, scid, amount_msat, payment_hash };
                self.liquidity.on_intercepted(&payment, &self.channels);
            }
            Event::HTLCHandlingFailed { failure_type, .. } => {
                self.liquidity.on_forwarding_failed(failure_type);
            }
            _ => {}
        }
    }

    async fn on_claimable(&self, arrival: Arrival) -> Result<(), PortError> {
        // req IW-14
        let chosen = self.claims.chosen(&arrival.payment_hash.0)?;
        let Some((preimage, context)) = expected(arrival.purpose, chosen) else {
            debug!("a payment for nothing of ours is sent back");
            self.channels.fail_htlc_backwards(&arrival.payment_hash);
            return Ok(());
        };
        let payment_hash = arrival.payment_hash.0;
        let Some(opening_fee) = self.opening_fee(&payment_hash, msat(arrival.kept_msat))? else {
            self.channels.fail_htlc_backwards(&arrival.payment_hash);
            return Ok(());
        };
        let payment_id = arrival.payment_id.map_or(payment_hash, |id| id.0);
        let htlcs = htlcs(&self.channels.list_channels(), arrival.payment_hash);
        let deadline = deadline(&htlcs).or(arrival.deadline).unwrap_or(u32::MAX);
        let claim = Claim { preimage, deadline, released: false };
        self.claims.keep(&payment_hash, claim)?;
        let (context, request) = match context {
            Some(context) => (Some(context.offer_id.0), Some(context.invoice_request)),
            None => (None, None),
        };
        let payment = IncomingPayment {
            payment_hash,
            payment_id,
            amount: msat(arrival.amount_msat),
            opening_fee,
            context,
            preimage: Preimage(preimage.0),
            payer_id: request.as_ref().map(|request| request.payer_signing_pubkey),
            quantity: request.as_ref().and_then(|request| request.quantity),
            memo: request.and_then(|request| request.payer_note_truncated).map(|note| note.0),
        };
        self.caller.handle(NodeEvent::PaymentClaimable(payment)).await
    }

    async fn on_claimed(
        &self,
        payment_hash: [u8; 32],
        payment_id: Option<PaymentId>,
        amount: Msat,
    ) -> Result<(), PortError> {
        let payment_id = payment_id.map_or([0; 32], |id| id.0);
        let claimed = NodeEvent::PaymentClaimed { payment_hash, payment_id, amount };
        self.caller.handle(claimed).await?;
        self.claims.forget(&payment_hash)
    }

    /// What a provider has kept of a payment, on record; `None` where it is more than was agreed.
    fn opening_fee(&self, payment_hash: &[u8; 32], kept: Msat) -> Result<Option<Msat>, PortError> {
        let agreement = self.agreements.find(payment_hash)?;
        if let Err(error) = judge_kept(agreement.as_ref().map(|it| it.opening_fee), kept) {
            warn!(%error, "a payment is sent back");
            return Ok(None);
        }
        if let Some(agreement) = agreement {
            self.agreements.note_kept(agreement, kept)?;
        }
        Ok(Some(kept))
    }

    /// Whether the output has gone to the wallet by itself.
    fn is_in_wallet(&self, output: &SpendableOutputDescriptor) -> bool {
        match output {
            SpendableOutputDescriptor::StaticOutput { output, .. } => {
                self.wallet.is_ours(&output.script_pubkey)
            }
            SpendableOutputDescriptor::DelayedPaymentOutput(_)
            | SpendableOutputDescriptor::StaticPaymentOutput(_) => false,
        }
    }

    /// Whether a channel that somebody wants to open is welcome.
    fn decide_on_channel(&self, proposed: &Proposed) -> Result<Decision, PortError> {
        let now = Timestamp(since_epoch().as_secs());
        if self.agreements.expected(now)?.contains(&proposed.peer) {
            return Ok(Decision::Bought);
        }
        if proposed.needs_zero_conf {
            return Ok(Decision::No("channels are used only when their funding is confirmed"));
        }
        let mut ordered = self.orders.followed(now)?;
        ordered.retain(|order| order.provider == proposed.peer);
        let Proposed { capacity, pushed, announced, .. } = *proposed;
        if ordered.iter().any(|it| it.order.is_met_by(capacity, pushed, announced)) {
            return Ok(Decision::Yes);
        }
        if !ordered.is_empty() {
            return Ok(Decision::No("not the channel that is ordered"));
        }
        // Of any type: an opener that is refused one with anchors would come back for one without.
        if !self.inbound_without_reserve && !self.reserve.covers_one_more(&self.wallet) {
            return Ok(Decision::No("no reserve for another channel"));
        }
        Ok(Decision::Yes)
    }

    fn answer_channel(&self, temporary_id: ChannelId, peer: PublicKey, decision: Decision) {
        let answered = match decision {
            // Our number for the channel only matters for channels that we open.
            Decision::Yes => self.channels.accept_inbound_channel(&temporary_id, &peer, 0, None),
            Decision::Bought => {
                let less = ChannelConfigUpdate {
                    accept_underpaying_htlcs: Some(true),
                    ..ChannelConfigUpdate::default()
                };
                self.channels.accept_inbound_channel_from_trusted_peer_0conf(
                    &temporary_id,
                    &peer,
                    0,
                    Some(ChannelConfigOverrides {
                        handshake_overrides: None,
                        update_overrides: Some(less),
                    }),
                )
            }
            Decision::No(why) => self.channels.force_close_broadcasting_latest_txn(
                &temporary_id,
                &peer,
                why.to_owned(),
            ),
        };
        if let Err(error) = answered {
            warn!(?error, "the channel could not be answered");
        }
    }
}

/// What of a channel is ours from the start.
fn pushed(funds: &InboundChannelFunds) -> Msat {
    match funds {
        InboundChannelFunds::PushMsat(pushed) => msat(*pushed),
        InboundChannelFunds::DualFunded => Msat::ZERO,
    }
}

/// The preimage, and what was sealed where something was, for a payment of an invoice of ours. A preimage that was
/// `chosen` for an invoice of BOLT 11 the crate does not know.
fn expected(
    purpose: PaymentPurpose,
    chosen: Option<PaymentPreimage>,
) -> Option<(PaymentPreimage, Option<Bolt12OfferContext>)> {
    match purpose {
        PaymentPurpose::Bolt12OfferPayment {
            payment_preimage: Some(preimage),
            payment_context,
            ..
        } => Some((preimage, Some(payment_context))),
        PaymentPurpose::Bolt11InvoicePayment { payment_preimage, .. } => {
            payment_preimage.or(chosen).map(|preimage| (preimage, None))
        }
        PaymentPurpose::Bolt12OfferPayment { payment_preimage: None, .. }
        | PaymentPurpose::Bolt12RefundPayment { .. }
        | PaymentPurpose::SpontaneousPayment(_) => None,
    }
}

/// What became of one part on its way.
fn attempt(
    for_good: bool,
    failure: &PathFailure,
    channel: Option<u64>,
) -> (PaymentFailure, String) {
    let text = match (failure, channel) {
        (PathFailure::InitialSend { err }, _) => format!("could not be sent: {err:?}"),
        (PathFailure::OnPath { .. }, _) if for_good => {
            return (PaymentFailure::RefusedByPayee, "the payee sent it back".to_owned());
        }
        (PathFailure::OnPath { .. }, Some(channel)) => {
            format!("did not get through channel {}", ShortChannelId(channel))
        }
        (PathFailure::OnPath { .. }, None) => "did not get through its blinded path".to_owned(),
    };
    (PaymentFailure::Other(text.clone()), text)
}

fn failure(reason: Option<PaymentFailureReason>) -> PaymentFailure {
    match reason {
        Some(PaymentFailureReason::RecipientRejected) => PaymentFailure::RefusedByPayee,
        Some(PaymentFailureReason::UserAbandoned) => PaymentFailure::Abandoned,
        Some(PaymentFailureReason::RetriesExhausted | PaymentFailureReason::RouteNotFound) => {
            PaymentFailure::NoRoute
        }
        Some(PaymentFailureReason::PaymentExpired) => PaymentFailure::InvoiceExpired,
        Some(
            reason @ (PaymentFailureReason::UnexpectedError
            | PaymentFailureReason::UnknownRequiredFeatures
            | PaymentFailureReason::InvoiceRequestExpired
            | PaymentFailureReason::InvoiceRequestRejected
            | PaymentFailureReason::BlindedPathCreationFailed),
        ) => PaymentFailure::Other(format!("{reason:?}")),
        None => PaymentFailure::Other("no reason known".to_owned()),
    }
}

fn msat(msat: u64) -> Msat {
    Msat::new(msat).unwrap_or(Msat::MAX)
}

#[cfg(test)]
mod tests {
    use lightning::types::payment::PaymentSecret;

    use super::*;

    // req IW-14
    #[test]
    fn payments_that_came_without_a_path_of_ours_are_for_nothing() {
        let spontaneous = PaymentPurpose::SpontaneousPayment(PaymentPreimage([1; 32]));
        let chosen = Some(PaymentPreimage([9; 32]));
        assert!(expected(spontaneous, chosen).is_none());
        let by_bolt11 = |payment_preimage| PaymentPurpose::Bolt11InvoicePayment {
            payment_preimage,
            payment_secret: PaymentSecret([2; 32]),
        };
        assert!(expected(by_bolt11(None), None).is_none());
        assert!(expected(by_bolt11(None), chosen).is_some_and(|(it, _)| Some(it) == chosen));
        // Ours if we have made such an invoice, which is looked up by its hash: nothing of an offer comes with it.
        let ours = expected(by_bolt11(Some(PaymentPreimage([1; 32]))), None);
        assert!(ours.is_some_and(|(_, context)| context.is_none()));
    }
}
