//! On which terms a provider opens a channel, and which of them are taken.

use bolt1::{CltvDelta, Msat, PublicKey, Seconds, ShortChannelId, Timestamp};

/// Blocks that a peer of ours waits for its coins after closing a channel alone; a provider must bear with it.
pub const OUR_TO_SELF_DELAY: u32 = 144;
/// The most blocks that a provider may ask for between the payment to it and that to us: two weeks, about what payers
/// allow.
pub const LONGEST_DELAY: CltvDelta = CltvDelta(2_016);
/// Terms that end sooner are not worth an invoice.
const SHORTEST_LIFE: Seconds = Seconds(60);

/// What a provider asks for opening a channel when a payment comes: an entry of `opening_fee_params_menu` (bLIP-52).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningTerms {
    /// `min_fee_msat`: the least that it keeps.
    pub min_fee: Msat,
    /// `proportional`: what it keeps, in millionths of the payment, where that is more.
    pub proportional_ppm: u32,
    /// `valid_until`: until when the provider honours them.
    pub valid_until: Timestamp,
    /// The same as the provider wrote it: it goes back unchanged.
    pub valid_until_text: String,
    /// `min_lifetime`: for so many blocks it promises not to close the channel.
    pub min_lifetime: u32,
    /// `max_client_to_self_delay`: the most blocks that it bears with to wait for its coins.
    pub max_client_to_self_delay: u32,
    /// `min_payment_size_msat`: the least payment that it opens a channel for.
    pub min_payment: Msat,
    /// `max_payment_size_msat`: the largest.
    pub max_payment: Msat,
    /// `promise`: by which the provider knows its own terms again. Peer text.
    pub promise: String,
}

impl OpeningTerms {
    /// What the provider keeps of a payment of this size, rounded up as bLIP-52 says; `None` where it is beyond all
    /// numbers, which a provider may not offer.
    pub fn fee(&self, payment: Msat) -> Option<Msat> {
        let share = payment.as_u64().checked_mul(u64::from(self.proportional_ppm))?;
        let share = Msat::new(share.div_ceil(1_000_000))?;
        Some(share.max(self.min_fee))
    }

    /// What it keeps, or why these terms are none for this payment.
    fn judge(&self, payment: Msat, max_fee: Msat, now: Timestamp) -> Result<Msat, TermsRefused> {
        if self.valid_until < now.plus(SHORTEST_LIFE) {
            return Err(TermsRefused::Expired);
        }
        if self.max_client_to_self_delay < OUR_TO_SELF_DELAY {
            return Err(TermsRefused::Delay { most: self.max_client_to_self_delay });
        }
        if payment < self.min_payment {
            return Err(TermsRefused::TooSmall { least: self.min_payment });
        }
        if payment > self.max_payment {
            return Err(TermsRefused::TooLarge { most: self.max_payment });
        }
        let Some(fee) = self.fee(payment) else { return Err(TermsRefused::Nonsense) };
        if fee >= payment {
            return Err(TermsRefused::NothingLeft { fee });
        }
        if fee > max_fee {
            return Err(TermsRefused::TooExpensive { fee, max_fee });
        }
        Ok(fee)
    }
}

/// Why no terms of a provider were taken: what is wrong with those that come nearest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsRefused {
    /// There are none.
    #[error("the provider opens no channels now: its menu is empty")]
    Empty,
    /// They have run out, or are about to.
    #[error("the provider's terms have expired")]
    Expired,
    /// They cannot be reckoned with.
    #[error("the provider's terms make no sense")]
    Nonsense,
    /// It wants to wait for less than every peer of ours must.
    #[error(
        "the provider bears with a to_self_delay of {most} blocks, ours is {OUR_TO_SELF_DELAY}"
    )]
    Delay {
        /// The most blocks that it bears with.
        most: u32,
    },
    /// The payment is too small.
    #[error("the provider opens a channel for a payment of at least {least}")]
    TooSmall {
        /// The least payment.
        least: Msat,
    },
    /// The payment is too large.
    #[error("the provider opens a channel for a payment of at most {most}")]
    TooLarge {
        /// The largest payment.
        most: Msat,
    },
    /// The price takes all of the payment.
    #[error("the provider would keep {fee}: nothing would be left of the payment")]
    NothingLeft {
        /// The price.
        fee: Msat,
    },
    /// The price is above the operator's limit.
    #[error("the provider would keep {fee}, the most allowed is {max_fee}")]
    TooExpensive {
        /// The price.
        fee: Msat,
        /// The most that may be kept.
        max_fee: Msat,
    },
}

impl TermsRefused {
    /// How near they came: of several refusals the nearest is told.
    fn nearness(&self) -> u8 {
        match self {
            Self::Empty => 0,
            Self::Nonsense => 1,
            Self::Expired => 2,
            Self::Delay { .. } => 3,
            Self::TooSmall { .. } | Self::TooLarge { .. } => 4,
            Self::NothingLeft { .. } => 5,
            Self::TooExpensive { .. } => 6,
        }
    }
}

/// The cheapest terms for this payment of which at most `max_fee` is kept, with what is kept.
///
/// # Errors
/// [`TermsRefused`] where there are none.
pub fn choose_terms(
    menu: &[OpeningTerms],
    payment: Msat,
    max_fee: Msat,
    now: Timestamp,
) -> Result<(&OpeningTerms, Msat), TermsRefused> {
    let mut nearest = TermsRefused::Empty;
    let mut cheapest: Option<(&OpeningTerms, Msat)> = None;
    for terms in menu {
        match terms.judge(payment, max_fee, now) {
            Ok(fee) if cheapest.is_none_or(|(_, least)| fee < least) => {
                cheapest = Some((terms, fee));
            }
            Ok(_) => {}
            Err(refused) if refused.nearness() > nearest.nearness() => nearest = refused,
            Err(_) => {}
        }
    }
    cheapest.ok_or(nearest)
}

/// A channel that a provider opens when a payment comes, as an invoice shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JustInTime {
    /// The provider.
    pub provider: PublicKey,
    /// `jit_channel_scid`: how the payer names the channel that is not there yet.
    pub scid: ShortChannelId,
    /// `lsp_cltv_expiry_delta`.
    pub delay: CltvDelta,
    /// The payment that it is opened for.
    pub payment: Msat,
    /// What the provider may keep of it.
    pub opening_fee: Msat,
    /// When the agreement ends.
    pub valid_until: Timestamp,
}

impl JustInTime {
    /// How long an invoice may live that shows it.
    pub fn life(&self, now: Timestamp) -> Seconds {
        self.valid_until.since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn msat(amount: u64) -> Msat {
        Msat::new(amount).unwrap()
    }

    fn terms(min_fee: u64, ppm: u32) -> OpeningTerms {
        OpeningTerms {
            min_fee: msat(min_fee),
            proportional_ppm: ppm,
            valid_until: NOW.plus(Seconds(3_600)),
            valid_until_text: String::new(),
            min_lifetime: 1_008,
            max_client_to_self_delay: 2_016,
            min_payment: msat(10_000),
            max_payment: msat(1_000_000_000),
            promise: "kept".to_owned(),
        }
    }

    fn refusal(terms: OpeningTerms, payment: u64) -> TermsRefused {
        choose_terms(&[terms], msat(payment), msat(2_000), NOW).unwrap_err()
    }

    #[test]
    fn the_fee_is_the_larger_of_the_two_and_rounded_up() {
        assert_eq!(terms(546_000, 1_200).fee(msat(5_000_000)), Some(msat(546_000)));
        assert_eq!(terms(1, 1_200).fee(msat(1_000_001)), Some(msat(1_201)));
        assert_eq!(terms(1, u32::MAX).fee(Msat::MAX), None);
    }

    #[test]
    fn the_cheapest_terms_within_the_limit_are_taken() {
        let menu = [terms(3_000, 0), terms(1_500, 0), terms(1_000, 10_000)];
        let chosen = choose_terms(&menu, msat(200_000), msat(2_000), NOW).unwrap();
        assert_eq!(chosen, (&menu[1], msat(1_500)));
        let chosen = choose_terms(&menu, msat(20_000), msat(2_000), NOW).unwrap();
        assert_eq!(chosen, (&menu[2], msat(1_000)));
    }

    #[test]
    fn terms_beyond_a_limit_are_refused_and_the_limit_is_named() {
        assert_eq!(choose_terms(&[], msat(1), msat(1), NOW), Err(TermsRefused::Empty));
        let (fee, max_fee) = (msat(2_001), msat(2_000));
        let too_expensive = TermsRefused::TooExpensive { fee, max_fee };
        assert_eq!(refusal(terms(2_001, 0), 20_000), too_expensive);
        assert_eq!(refusal(terms(2_001, 0), 9_999), TermsRefused::TooSmall { least: msat(10_000) });
        let most = msat(1_000_000_000);
        assert_eq!(refusal(terms(0, 0), 1_000_000_001), TermsRefused::TooLarge { most });
        let fee = msat(20_000);
        assert_eq!(refusal(terms(20_000, 0), 20_000), TermsRefused::NothingLeft { fee });
        let late = OpeningTerms { valid_until: NOW.plus(Seconds(59)), ..terms(0, 0) };
        assert_eq!(refusal(late, 20_000), TermsRefused::Expired);
        let hasty = OpeningTerms { max_client_to_self_delay: 143, ..terms(0, 0) };
        assert_eq!(refusal(hasty, 20_000), TermsRefused::Delay { most: 143 });
        let late = OpeningTerms { valid_until: NOW, ..terms(0, 0) };
        let menu = [late, terms(2_001, 0)];
        let nearest = choose_terms(&menu, msat(20_000), msat(2_000), NOW);
        assert_eq!(nearest, Err(too_expensive));
    }
}
