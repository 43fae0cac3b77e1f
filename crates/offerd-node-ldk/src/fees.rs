//! What transactions cost to be mined, kept at hand so that nobody waits for it.

use std::sync::atomic::{AtomicU32, Ordering};

use bitcoin::{FeeRate, Network};
use lightning::chain::chaininterface::{
    ConfirmationTarget, FEERATE_FLOOR_SATS_PER_KW, FeeEstimator,
};
use tracing::debug;

use crate::chain::ChainSource;
use crate::spending;

/// What we ask the chain source about, and the answer until there is one.
struct Question {
    blocks: u16,
    urgent: bool,
    /// In sat per 1000 weight units.
    fallback: u32,
}

const QUESTIONS: [Question; 5] = [
    Question { blocks: 1, urgent: true, fallback: 8_000 },
    Question { blocks: 6, urgent: true, fallback: 5_000 },
    Question { blocks: 12, urgent: false, fallback: 3_000 },
    Question { blocks: 144, urgent: false, fallback: 500 },
    Question { blocks: 1_008, urgent: false, fallback: FEERATE_FLOOR_SATS_PER_KW },
];

/// Index into [`QUESTIONS`].
#[derive(Clone, Copy)]
enum Speed {
    NextBlock,
    Hour,
    TwoHours,
    Day,
    Week,
}

impl Speed {
    const fn index(self) -> usize {
        match self {
            Self::NextBlock => 0,
            Self::Hour => 1,
            Self::TwoHours => 2,
            Self::Day => 3,
            Self::Week => 4,
        }
    }
}

/// The last known fee rates, in sat per 1000 weight units.
#[derive(Debug)]
pub(crate) struct FeeTable {
    rates: [AtomicU32; QUESTIONS.len()],
    minimum: AtomicU32,
}

impl FeeTable {
    /// With fallbacks; on regtest, where nobody competes, the least rate there is.
    pub(crate) fn new(network: Network) -> Self {
        let alone = network == Network::Regtest;
        let start = |question: &Question| {
            if alone { FEERATE_FLOOR_SATS_PER_KW } else { question.fallback }
        };
        Self {
            rates: QUESTIONS.each_ref().map(|question| AtomicU32::new(start(question))),
            minimum: AtomicU32::new(FEERATE_FLOOR_SATS_PER_KW),
        }
    }

    /// Asks the source. What it cannot say stays as it was.
    pub(crate) async fn refresh(&self, source: &dyn ChainSource) {
        match source.mempool_minimum().await {
            Ok(rate) => {
                self.minimum.store(rate.max(FEERATE_FLOOR_SATS_PER_KW), Ordering::Relaxed);
            }
            Err(error) => debug!(%error, "no mempool minimum"),
        }
        for (question, known) in QUESTIONS.iter().zip(&self.rates) {
            match source.fee_rate(question.blocks, question.urgent).await {
                Ok(Some(rate)) => {
                    known.store(rate.max(FEERATE_FLOOR_SATS_PER_KW), Ordering::Relaxed);
                }
                Ok(None) => {}
                Err(error) => debug!(%error, blocks = question.blocks, "no fee estimate"),
            }
        }
    }

    fn rate(&self, speed: Speed) -> u32 {
        let known = self.rates.get(speed.index()).map_or(0, |rate| rate.load(Ordering::Relaxed));
        known.max(self.minimum.load(Ordering::Relaxed))
    }

    /// For commitment transactions that a child can pay for: enough to be let into the mempool, some rise of its
    /// minimum included.
    fn anchor_channel(&self) -> u32 {
        let minimum = self.minimum.load(Ordering::Relaxed);
        let with_margin = minimum.saturating_add(minimum / 4);
        with_margin.max(self.rate(Speed::Week) / 2)
    }

    /// For transactions that fund channels.
    pub(crate) fn funding(&self) -> FeeRate {
        self.spending(spending::Speed::TwoHours)
    }

    /// For transactions of the wallet.
    pub(crate) fn spending(&self, speed: spending::Speed) -> FeeRate {
        let per_kw = match speed {
            spending::Speed::Minimum => self.minimum.load(Ordering::Relaxed),
            spending::Speed::Day => self.rate(Speed::Day),
            spending::Speed::TwoHours => self.rate(Speed::TwoHours),
            spending::Speed::Hour => self.rate(Speed::Hour),
        };
        FeeRate::from_sat_per_kwu(u64::from(per_kw))
    }
}

impl FeeEstimator for FeeTable {
    fn get_est_sat_per_1000_weight(&self, target: ConfirmationTarget) -> u32 {
        match target {
            // Above any rate an honest peer could choose, yet a bound to what fees may eat. How much dust may wait in a
            // channel is a multiple of it: today's rate alone would allow next to none where fees are low.
            ConfirmationTarget::MaximumFeeEstimate => {
                self.rate(Speed::NextBlock).saturating_mul(10).max(25_000)
            }
            ConfirmationTarget::UrgentOnChainSweep => self.rate(Speed::NextBlock),
            ConfirmationTarget::NonAnchorChannelFee => self.rate(Speed::Hour),
            ConfirmationTarget::OutputSpendingFee => self.rate(Speed::TwoHours),
            ConfirmationTarget::ChannelCloseMinimum => self.rate(Speed::Day),
            ConfirmationTarget::AnchorChannelFee => self.anchor_channel(),
            ConfirmationTarget::MinAllowedAnchorChannelRemoteFee => FEERATE_FLOOR_SATS_PER_KW,
            // A little below the floor passes: peers round differently.
            ConfirmationTarget::MinAllowedNonAnchorChannelRemoteFee => {
                self.rate(Speed::Week).saturating_sub(250).max(FEERATE_FLOOR_SATS_PER_KW)
            }
        }
    }
}
