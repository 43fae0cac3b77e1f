//! What is ordered, within what the provider sells.

use bolt1::Msat;

use super::ChannelOrder;

/// The largest channel that this node takes: the largest without `option_support_large_channel`.
pub const LARGEST_CHANNEL: Msat = match Msat::from_sat(16_777_215) {
    Some(largest) => largest,
    None => Msat::MAX,
};
/// How long the provider is to leave the channel open, unless the caller says otherwise: a month.
const USUAL_EXPIRY: u32 = 4_320;
/// The funding is to be mined within so many blocks, where the provider can do that.
const USUAL_CONFIRMS_WITHIN: u16 = 6;

/// From `least` to `most`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least there may be.
    pub least: Msat,
    /// The most there may be.
    pub most: Msat,
}

/// What a provider sells: the answer to `lsps1.get_info`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderOptions {
    /// `min_required_channel_confirmations`.
    pub min_confirmations: u16,
    /// `min_funding_confirms_within_blocks`.
    pub min_confirms_within: u16,
    /// `supports_zero_channel_reserve`.
    pub supports_zero_reserve: bool,
    /// `max_channel_expiry_blocks`.
    pub max_expiry_blocks: u32,
    /// `min_` and `max_initial_client_balance_sat`.
    pub client_balance: Range,
    /// `min_` and `max_initial_lsp_balance_sat`.
    pub lsp_balance: Range,
    /// `min_` and `max_channel_balance_sat`: both balances together.
    pub channel_balance: Range,
}

/// What somebody wants to order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderWish {
    /// What can be received over the channel.
    pub lsp_balance: Msat,
    /// What can be sent over it at once.
    pub client_balance: Msat,
    /// For how many blocks it is to stay; `None`: a month, or less where the provider sells less.
    pub expiry_blocks: Option<u32>,
    /// Whether it is announced.
    pub announce: bool,
}

/// Why a wish cannot be ordered. Its text is to stand behind the name of [`WishRefused::field`] and a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WishRefused {
    /// Channels have whole satoshi.
    #[error("should be whole satoshi: orders are made in satoshi")]
    NotWhole {
        /// Which balance.
        field: &'static str,
    },
    /// Below what the provider sells.
    #[error("the provider asks for at least {least}")]
    TooSmall {
        /// Which balance.
        field: &'static str,
        /// The least it may be.
        least: Msat,
    },
    /// Above what the provider sells.
    #[error("the provider allows at most {most}")]
    TooLarge {
        /// Which balance.
        field: &'static str,
        /// The most it may be.
        most: Msat,
    },
    /// Both balances together are below what the provider sells.
    #[error(
        "with client_balance the channel has {capacity}, the provider opens none below {least}"
    )]
    ChannelTooSmall {
        /// What they come to.
        capacity: Msat,
        /// The smallest channel.
        least: Msat,
    },
    /// Both balances together are above what the provider sells, or what this node takes.
    #[error("with client_balance the channel would have {capacity}, at most {most} is possible")]
    ChannelTooLarge {
        /// What they come to.
        capacity: Msat,
        /// The largest channel.
        most: Msat,
    },
    /// It is to stay longer than the provider sells.
    #[error("the provider leaves a channel open for at most {most} blocks")]
    TooLong {
        /// The most blocks.
        most: u32,
    },
    /// The options contradict themselves.
    #[error("the provider's options make no sense: the least {what} is above the most")]
    Nonsense {
        /// What of them.
        what: &'static str,
    },
}

impl WishRefused {
    /// The parameter that is to be changed; `None` where nothing helps but another provider.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotWhole { field }
            | Self::TooSmall { field, .. }
            | Self::TooLarge { field, .. } => Some(*field),
            Self::ChannelTooSmall { .. } | Self::ChannelTooLarge { .. } => Some("lsp_balance"),
            Self::TooLong { .. } => Some("channel_expiry_blocks"),
            Self::Nonsense { .. } => None,
        }
    }
}

impl OrderOptions {
    /// The order that this wish comes to. The channel is never used before its funding is mined, so at least one
    /// confirmation is asked for.
    ///
    /// # Errors
    /// [`WishRefused`] where the provider does not sell it, or this node does not take it.
    pub fn order(&self, wish: &OrderWish) -> Result<ChannelOrder, WishRefused> {
        for (what, range) in [
            ("client balance", self.client_balance),
            ("lsp balance", self.lsp_balance),
            ("channel balance", self.channel_balance),
        ] {
            if range.least > range.most {
                return Err(WishRefused::Nonsense { what });
            }
        }
        within("lsp_balance", wish.lsp_balance, self.lsp_balance)?;
        within("client_balance", wish.client_balance, self.client_balance)?;
        let capacity = wish.lsp_balance.plus(wish.client_balance).unwrap_or(Msat::MAX);
        let Range { least, most } = self.channel_balance;
        if capacity < least {
            return Err(WishRefused::ChannelTooSmall { capacity, least });
        }
        let most = most.min(LARGEST_CHANNEL);
        if capacity > most {
            return Err(WishRefused::ChannelTooLarge { capacity, most });
        }
        let most = self.max_expiry_blocks;
        if wish.expiry_blocks.is_some_and(|blocks| blocks > most) {
            return Err(WishRefused::TooLong { most });
        }
        Ok(ChannelOrder {
            lsp_balance: wish.lsp_balance,
            client_balance: wish.client_balance,
            confirmations: self.min_confirmations.max(1),
            confirms_within: self.min_confirms_within.max(USUAL_CONFIRMS_WITHIN),
            expiry_blocks: wish.expiry_blocks.unwrap_or_else(|| USUAL_EXPIRY.min(most)),
            announce: wish.announce,
        })
    }
}

fn within(field: &'static str, amount: Msat, range: Range) -> Result<(), WishRefused> {
    let Range { least, most } = range;
    if Msat::from_sat(amount.as_sat_floor()) != Some(amount) {
        return Err(WishRefused::NotWhole { field });
    }
    if amount < least {
        return Err(WishRefused::TooSmall { field, least });
    }
    if amount > most {
        return Err(WishRefused::TooLarge { field, most });
    }
    Ok(())
}
