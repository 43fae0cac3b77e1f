//! What a provider may keep of a payment.

use bolt1::Msat;

/// A provider has kept more of a payment than it may: the payment is to be sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptTooMuch {
    /// Nothing was agreed on for this payment.
    #[error("the peer kept {kept} of a payment for which nothing was agreed")]
    NothingAgreed {
        /// What it kept.
        kept: Msat,
    },
    /// More than was agreed.
    #[error("the provider kept {kept} of a payment, {agreed} was agreed")]
    MoreThanAgreed {
        /// What it kept.
        kept: Msat,
        /// What it may keep.
        agreed: Msat,
    },
}

/// Whether what was `kept` of a payment, all of its parts together, is within what was `agreed` on for it; `None` where
/// nothing was.
///
/// # Errors
/// [`KeptTooMuch`]: by a single millisatoshi, too.
pub fn judge_kept(agreed: Option<Msat>, kept: Msat) -> Result<(), KeptTooMuch> {
    match agreed {
        _ if kept.is_zero() => Ok(()),
        None => Err(KeptTooMuch::NothingAgreed { kept }),
        Some(agreed) if kept > agreed => Err(KeptTooMuch::MoreThanAgreed { kept, agreed }),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_keeps_what_was_agreed_and_not_a_millisatoshi_more() {
        let msat = |amount| Msat::new(amount).unwrap();
        assert_eq!(judge_kept(None, Msat::ZERO), Ok(()));
        assert_eq!(judge_kept(Some(msat(5_000)), Msat::ZERO), Ok(()));
        assert_eq!(judge_kept(Some(msat(5_000)), msat(5_000)), Ok(()));
        let (kept, agreed) = (msat(5_001), msat(5_000));
        assert_eq!(
            judge_kept(Some(agreed), kept),
            Err(KeptTooMuch::MoreThanAgreed { kept, agreed })
        );
        let kept = msat(1);
        assert_eq!(judge_kept(None, kept), Err(KeptTooMuch::NothingAgreed { kept }));
    }
}
