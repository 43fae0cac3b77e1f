//! Labels of payments and redemptions that were begun at the screen: the same form sent twice is one payment.

use offerd_core::port::PortError;

use crate::driver::{Entropy as _, OsEntropy};

/// What they begin with.
const BEGINNING: &str = "screen-";
/// Hexadecimal digits behind it.
const DIGITS: usize = 32;

/// A new one.
///
/// # Errors
/// When the system gives no randomness.
pub(super) fn fresh() -> Result<String, PortError> {
    let mut bytes = [0; DIGITS / 2];
    OsEntropy.fill(&mut bytes)?;
    Ok(format!("{BEGINNING}{}", hex::encode(bytes)))
}

/// Whether a text is one, so that a form cannot name another payment.
pub(super) fn is_one(text: &str) -> bool {
    let digits = text.strip_prefix(BEGINNING).unwrap_or_default();
    digits.len() == DIGITS && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_labels_are_taken() {
        assert!(is_one(&fresh().unwrap()));
        for text in ["", "screen-", "order 17", "screen-00", &format!("screen-{}", "G".repeat(32))]
        {
            assert!(!is_one(text), "{text}");
        }
    }
}
