//! The human-readable part: `ln`, the chain's prefix, and an amount.

use bolt1::Msat;

use crate::Bolt11Error;

/// Prefixes of chains, longer ones first where one begins like another.
const CURRENCIES: [&str; 4] = ["bcrt", "bc", "tbs", "tb"];
/// Millisatoshi in a bitcoin.
const MSAT_PER_BITCOIN: u64 = 100_000_000_000;

/// The prefix of the chain, and what is asked for.
pub(crate) fn read(hrp: &str) -> Result<(&'static str, Option<Msat>), Bolt11Error> {
    let rest = hrp.strip_prefix("ln").ok_or(Bolt11Error::Prefix)?;
    let read = |currency: &&'static str| {
        // The amount begins with a digit, so that `tbs` is not `tb` and something else.
        let amount = rest.strip_prefix(*currency)?;
        let begins = amount.bytes().next().is_none_or(|first| first.is_ascii_digit());
        begins.then_some((*currency, amount))
    };
    let (currency, amount) = CURRENCIES.iter().find_map(read).ok_or(Bolt11Error::Prefix)?;
    if amount.is_empty() {
        return Ok((currency, None));
    }
    Ok((currency, Some(read_amount(amount).ok_or(Bolt11Error::Amount)?)))
}

fn read_amount(text: &str) -> Option<Msat> {
    let unit = text.chars().last()?;
    let digits = text.strip_suffix(|last: char| !last.is_ascii_digit()).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    let msat = match unit {
        '0'..='9' => number.checked_mul(MSAT_PER_BITCOIN)?,
        'm' => number.checked_mul(MSAT_PER_BITCOIN.checked_div(1_000)?)?,
        'u' => number.checked_mul(MSAT_PER_BITCOIN.checked_div(1_000_000)?)?,
        'n' => number.checked_mul(100)?,
        // A tenth of a msat.
        'p' if number.is_multiple_of(10) => number.checked_div(10)?,
        _ => return None,
    };
    Msat::new(msat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_exactly_or_not_at_all() {
        for (hrp, currency, msat) in [
            ("lnbc", "bc", None),
            ("lntbs", "tbs", None),
            ("lnbcrt1", "bcrt", Some(100_000_000_000)),
            ("lntb1m", "tb", Some(100_000_000)),
            ("lnbc2500u", "bc", Some(250_000_000)),
            ("lnbc3n", "bc", Some(300)),
            ("lnbc10p", "bc", Some(1)),
        ] {
            let amount = msat.and_then(Msat::new);
            assert_eq!(read(hrp), Ok((currency, amount)), "{hrp}");
        }
        for hrp in ["lnbc15p", "lnbc1x", "lnbc1mm", "lnbc99999999999999999999", "lnbc22000000"] {
            assert_eq!(read(hrp), Err(Bolt11Error::Amount), "{hrp}");
        }
        for hrp in ["", "ln", "lnxx", "bc", "lnbcx", "lnbcm"] {
            assert_eq!(read(hrp), Err(Bolt11Error::Prefix), "{hrp}");
        }
    }
}
