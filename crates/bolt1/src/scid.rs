//! Channels by their place in the block chain.

use core::fmt;
use core::str::FromStr;

/// A `short_channel_id`: block height (3 bytes), transaction index (3 bytes), output index (2 bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortChannelId(pub u64);

/// Which end of a channel: `Zero` is `node_id_1` of its `channel_announcement`, `One` is `node_id_2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The node with the lesser id.
    Zero,
    /// The node with the greater id.
    One,
}

impl ShortChannelId {
    /// From its three parts; `None` where one exceeds its 3, 3 or 2 bytes.
    pub const fn from_parts(block: u32, transaction: u32, output: u16) -> Option<Self> {
        if block > 0x00ff_ffff || transaction > 0x00ff_ffff {
            return None;
        }
        let [_, b1, b2, b3] = block.to_be_bytes();
        let [_, t1, t2, t3] = transaction.to_be_bytes();
        let [o1, o2] = output.to_be_bytes();
        Some(Self(u64::from_be_bytes([b1, b2, b3, t1, t2, t3, o1, o2])))
    }
}

impl fmt::Display for ShortChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [b1, b2, b3, t1, t2, t3, o1, o2] = self.0.to_be_bytes();
        write!(
            f,
            "{}x{}x{}",
            u32::from_be_bytes([0, b1, b2, b3]),
            u32::from_be_bytes([0, t1, t2, t3]),
            u16::from_be_bytes([o1, o2])
        )
    }
}

/// The text is no [`ShortChannelId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAShortChannelId;

impl fmt::Display for NotAShortChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("should be a short_channel_id, such as 103x1x0")
    }
}

impl core::error::Error for NotAShortChannelId {}

/// Decimal digits and `x` between them, as [`fmt::Display`] writes it.
impl FromStr for ShortChannelId {
    type Err = NotAShortChannelId;

    fn from_str(text: &str) -> Result<Self, NotAShortChannelId> {
        let mut parts = text.split('x').map(|part| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<u32>().ok()).flatten()
        });
        let mut next = || parts.next().flatten().ok_or(NotAShortChannelId);
        let (block, transaction, output) = (next()?, next()?, next()?);
        let output = u16::try_from(output).map_err(|_| NotAShortChannelId)?;
        if parts.next().is_some() {
            return Err(NotAShortChannelId);
        }
        Self::from_parts(block, transaction, output).ok_or(NotAShortChannelId)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn parts_and_display_agree() {
        let scid = ShortChannelId::from_parts(539_268, 845, 1).unwrap();
        assert_eq!(scid.to_string(), "539268x845x1");
        assert_eq!(ShortChannelId::from_parts(0x0100_0000, 0, 0), None);
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let scid = ShortChannelId::from_parts(0x00ff_ffff, 0, u16::MAX).unwrap();
        assert_eq!(scid.to_string().parse(), Ok(scid));
        for wrong in
            ["", "1", "1x1", "1x1x1x1", "1x1x", "1x-1x1", "1x+1x1", "16777216x0x0", "1x1x65536"]
        {
            assert_eq!(wrong.parse::<ShortChannelId>(), Err(NotAShortChannelId), "{wrong}");
        }
    }
}
