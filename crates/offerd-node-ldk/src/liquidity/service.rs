//! Selling liquidity: opening channels to others when a payment for them comes, as bLIP-52 has it.
//!
//! The client is trusted: its channel is funded, and the funding sent, before its payment is known to be taken.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::PublicKey;
use bolt1::Msat;
use lightning::events::HTLCHandlingFailureType;
use lightning::ln::channelmanager::InterceptId;
use lightning::ln::types::ChannelId;
use lightning::sign::EntropySource as _;
use lightning::types::payment::PaymentHash;
use lightning_liquidity::lsps0::ser::LSPSDateTime;
use lightning_liquidity::lsps2::event::LSPS2ServiceEvent;
use lightning_liquidity::lsps2::msgs::LSPS2RawOpeningFeeParams;
use lightning_liquidity::lsps2::service::LSPS2ServiceConfig;
use offerd_core::liquidity::OUR_TO_SELF_DELAY;
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};

use super::Liquidity;
use crate::channels::user_config;
use crate::config::NodeConfig;
use crate::state::since_epoch;
use crate::tasks::stopped;
use crate::types::{Channels, Keyring, Peers};

/// How long terms may be agreed to, and paid under.
const VALID_FOR: Duration = Duration::from_secs(86_400);
/// For so many blocks a channel stays: a week.
const MIN_LIFETIME: u32 = 1_008;
/// The most that we wait for our coins: as long as any peer of ours makes us.
const MAX_TO_SELF_DELAY: u32 = 2_016;
/// Blocks between the payment to us and that to the client.
const DELAY: u32 = 80;
/// What a channel holds beyond twice its first payment.
const ROOM_SAT: u64 = 100_000;
/// The most that a first payment may be: a tenth of a bitcoin.
const LARGEST_PAYMENT_MSAT: u64 = 10_000_000_000;

/// On which terms we open channels to others.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceTerms {
    /// The least that we keep of the first payment.
    pub min_fee: Msat,
    /// What we keep, in millionths of it, where that is more.
    pub proportional_ppm: u32,
    /// What a client must show; `None`: nothing.
    pub token: Option<String>,
}

impl fmt::Debug for ServiceTerms {
    /// Without the token, which may be worth something.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceTerms")
            .field("min_fee", &self.min_fee)
            .field("proportional_ppm", &self.proportional_ppm)
            .finish_non_exhaustive()
    }
}

/// A payment for a channel that is not there.
pub(crate) struct Intercepted {
    pub(crate) id: InterceptId,
    pub(crate) scid: u64,
    pub(crate) amount_msat: u64,
    pub(crate) payment_hash: PaymentHash,
}

/// By what we know our own terms again.
pub(super) fn config(keyring: &Keyring) -> LSPS2ServiceConfig {
    let mut text = b"offerd: promise of lsps2".to_vec();
    text.extend_from_slice(&keyring.get_node_secret_key().secret_bytes());
    LSPS2ServiceConfig { promise_secret: sha256::Hash::hash(&text).to_byte_array() }
}

/// Serves clients.
pub(crate) struct Service {
    pub(crate) liquidity: Arc<Liquidity>,
    pub(crate) terms: ServiceTerms,
    pub(crate) config: NodeConfig,
    pub(crate) channels: Arc<Channels>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) peers: Arc<Peers>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("terms", &self.terms).finish_non_exhaustive()
    }
}

impl Service {
    /// Serves until `stop`, beginning with what was left from before the start.
    pub(crate) async fn run(
        self,
        mut asked: mpsc::UnboundedReceiver<LSPS2ServiceEvent>,
        mut stop: watch::Receiver<bool>,
    ) {
        self.liquidity.deliver();
        loop {
            let event = tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                event = asked.recv() => event,
            };
            let Some(event) = event else { return };
            if let Err(why) = self.serve(event) {
                warn!(why, "a client could not be served");
            }
            self.liquidity.persist();
            self.peers.process_events();
        }
    }

    fn serve(&self, event: LSPS2ServiceEvent) -> Result<(), String> {
        let lsps = &self.liquidity.lsps;
        let handler = lsps.lsps2_service_handler().ok_or("there is no service")?;
        let done = match event {
            LSPS2ServiceEvent::GetInfo { request_id, counterparty_node_id: client, token } => {
                if self.terms.token.is_some() && self.terms.token != token {
                    handler.invalid_token_provided(&client, request_id)
                } else {
                    handler.opening_fee_params_generated(&client, request_id, vec![self.menu()])
                }
            }
            LSPS2ServiceEvent::BuyRequest { request_id, counterparty_node_id: client, .. } => {
                let scid = self.channels.get_intercept_scid();
                info!(%client, "a client buys a channel for its next payment");
                handler.invoice_parameters_generated(
                    &client,
                    request_id,
                    scid,
                    DELAY,
                    false,
                    self.random_key(),
                )
            }
            LSPS2ServiceEvent::OpenChannel {
                their_network_key: client,
                amt_to_forward_msat,
                user_channel_id,
                ..
            } => {
                if let Err(why) = self.open(client, amt_to_forward_msat, user_channel_id) {
                    warn!(%client, why, "a client's channel could not be opened: its payment goes back");
                    handler.channel_open_failed(&client, user_channel_id)
                } else {
                    Ok(())
                }
            }
        };
        done.map_err(|error| format!("{error:?}"))
    }

    fn menu(&self) -> LSPS2RawOpeningFeeParams {
        let valid_until = since_epoch().saturating_add(VALID_FOR);
        LSPS2RawOpeningFeeParams {
            min_fee_msat: self.terms.min_fee.as_u64(),
            proportional: self.terms.proportional_ppm,
            valid_until: LSPSDateTime::new_from_duration_since_epoch(valid_until),
            min_lifetime: MIN_LIFETIME,
            max_client_to_self_delay: MAX_TO_SELF_DELAY.max(OUR_TO_SELF_DELAY),
            min_payment_size_msat: self.terms.min_fee.as_u64().saturating_add(1_000),
            max_payment_size_msat: LARGEST_PAYMENT_MSAT,
        }
    }

    /// Opens the channel, unless that was begun before a restart.
    fn open(&self, client: PublicKey, payment_msat: u64, key: u128) -> Result<(), String> {
        if self.channels.list_channels().iter().any(|channel| channel.user_channel_id == key) {
            return Ok(());
        }
        let capacity_sat = (payment_msat / 1_000).saturating_mul(2).saturating_add(ROOM_SAT);
        let mut user = user_config(&self.config);
        user.channel_handshake_config.announce_for_forwarding = false;
        info!(%client, capacity_sat, "opening a channel for a payment that has come");
        let opened = self.channels.create_channel(client, capacity_sat, 0, key, None, Some(user));
        opened.map(|_| ()).map_err(|error| format!("{error:?}"))
    }

    fn random_key(&self) -> u128 {
        let bytes = self.keyring.get_secure_random_bytes();
        bytes.iter().take(16).fold(0, |key, byte| (key << 8) | u128::from(*byte))
    }
}

/// What the crate's service must hear of. Without a service nothing of it happens.
impl Liquidity {
    /// A payment has come for a channel that is not there. One for none that we have sold goes back.
    pub(crate) fn on_intercepted(&self, it: &Intercepted, channels: &Channels) {
        let taken = self.lsps.lsps2_service_handler().map(|service| {
            service.htlc_intercepted(it.scid, it.id, it.amount_msat, it.payment_hash)
        });
        if let Some(Err(error)) = &taken {
            warn!(?error, "a payment for a channel that is to be opened was not taken");
        }
        if taken.is_none_or(|taken| taken.is_err()) {
            // Gone already where the crate has sent it back.
            let _ = channels.fail_intercepted_htlc(it.id);
        }
        self.after_service();
    }

    /// A channel can be used.
    pub(crate) fn on_channel_ready(&self, key: u128, channel: &ChannelId, peer: &PublicKey) {
        let Some(service) = self.lsps.lsps2_service_handler() else { return };
        // Most channels are none that were sold.
        if let Err(error) = service.channel_ready(key, channel, peer) {
            debug!(?error, "a channel that was not sold");
        }
        self.after_service();
    }

    /// A channel is gone, perhaps before it could be used.
    pub(crate) fn on_channel_closed(&self, key: u128, peer: Option<PublicKey>) {
        let (Some(service), Some(peer)) = (self.lsps.lsps2_service_handler(), peer) else { return };
        if let Err(error) = service.channel_open_failed(&peer, key) {
            debug!(?error, "no channel that was being opened for a payment");
        }
        self.after_service();
    }

    /// A payment was passed on.
    pub(crate) fn on_forwarded(&self, to: Option<ChannelId>, skimmed_msat: Option<u64>) {
        let (Some(service), Some(to)) = (self.lsps.lsps2_service_handler(), to) else { return };
        if let Err(error) = service.payment_forwarded(to, skimmed_msat.unwrap_or(0)) {
            debug!(?error, "a payment over a channel that was not sold");
        }
        self.after_service();
    }

    /// A payment that was passed on came back.
    pub(crate) fn on_forwarding_failed(&self, failure: HTLCHandlingFailureType) {
        let Some(service) = self.lsps.lsps2_service_handler() else { return };
        if let Err(error) = service.htlc_handling_failed(failure) {
            debug!(?error, "a payment that was not over a channel that was sold");
        }
        self.after_service();
    }

    fn after_service(&self) {
        if self.lsps.lsps2_service_handler().is_some() {
            self.deliver();
            self.persist();
        }
    }

    /// Writes down what was agreed with clients. A store that fails stops the node by itself.
    fn persist(&self) {
        if let Err(error) = self.lsps.persist() {
            warn!(%error, "what was agreed with clients could not be written");
        }
    }
}
