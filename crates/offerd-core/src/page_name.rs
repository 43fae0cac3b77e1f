//! Secret names of the pages that are about one order or one payout.
//!
//! Whoever knows the name sees the page, so it cannot be guessed: it is the record's number, masked, and 128 bits of a
//! MAC over it. Nothing is stored for it, and the same record has the same name after any restart.

use std::fmt;

use crate::id::{OfferRow, PayoutRow};
use crate::keys::{KeyPurpose, Keys, same_secret};

/// Bytes of the masked number.
const NUMBER: usize = 4;
/// Bytes of the MAC.
const MAC: usize = 16;

/// The name of one page: 40 hexadecimal digits. Debug does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PageName([u8; NUMBER + MAC]);

/// What a page is about. A name made for one kind is none of the other.
#[derive(Clone, Copy)]
enum Kind {
    Order,
    Payout,
}

impl Kind {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Order => b"order",
            Self::Payout => b"payout",
        }
    }
}

impl PageName {
    /// The page of an order: of an offer that is paid once.
    pub fn of_order(row: OfferRow, keys: &Keys) -> Self {
        Self::of(Kind::Order, row.0, keys)
    }

    /// The page of a payout.
    pub fn of_payout(row: PayoutRow, keys: &Keys) -> Self {
        Self::of(Kind::Payout, row.0, keys)
    }

    /// The order whose page has this name; `None` for any other text.
    pub fn order(text: &str, keys: &Keys) -> Option<OfferRow> {
        Self::read(Kind::Order, text, keys).map(OfferRow)
    }

    /// The payout whose page has this name; `None` for any other text.
    pub fn payout(text: &str, keys: &Keys) -> Option<PayoutRow> {
        Self::read(Kind::Payout, text, keys).map(PayoutRow)
    }

    fn of(kind: Kind, number: u32, keys: &Keys) -> Self {
        let mac = mac(kind, number, keys);
        let mut bytes = [0; NUMBER + MAC];
        let (masked, rest) = bytes.split_at_mut(NUMBER);
        masked.copy_from_slice(&mask(number, &mac, keys).to_be_bytes());
        rest.copy_from_slice(&mac);
        Self(bytes)
    }

    fn read(kind: Kind, text: &str, keys: &Keys) -> Option<u32> {
        let bytes: [u8; NUMBER + MAC] = from_hex(text)?;
        let (masked, given) = bytes.split_at(NUMBER);
        let given: [u8; MAC] = given.try_into().ok()?;
        let number = mask(u32::from_be_bytes(masked.try_into().ok()?), &given, keys);
        same_secret(&mac(kind, number, keys), &given).then_some(number)
    }
}

fn mac(kind: Kind, number: u32, keys: &Keys) -> [u8; MAC] {
    let mac = keys.derive(KeyPurpose::PageName, &[kind.label(), &number.to_be_bytes()]);
    first(&mac)
}

/// The number under a mask that follows from its MAC, or back: names do not tell how many records there are.
fn mask(number: u32, mac: &[u8; MAC], keys: &Keys) -> u32 {
    let mask = keys.derive(KeyPurpose::PageName, &[b"mask", mac]);
    number ^ u32::from_be_bytes(first(&mask))
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    let mut first = [0; N];
    first.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    first
}

/// Exactly so many bytes in lower-case hexadecimal: a page has one name.
fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'a'..=b'f' => byte.checked_sub(b'a')?.checked_add(10),
        _ => None,
    };
    let mut bytes = [0; N];
    let pairs = text.as_bytes().chunks(2);
    if text.len() != N.checked_mul(2)? {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair else { return None };
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(bytes)
}

impl fmt::Display for PageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageName(…)")
    }
}

#[cfg(test)]
mod tests {
    use secp256k1::SecretKey;

    use super::*;

    fn keys(byte: u8) -> Keys {
        Keys::new(&SecretKey::from_slice(&[byte; 32]).unwrap())
    }

    #[test]
    fn a_name_leads_back_to_its_record_and_to_no_other() {
        let keys_here = keys(1);
        for number in [1, 2, 7_000, u32::MAX] {
            let name = PageName::of_order(OfferRow(number), &keys_here).to_string();
            assert_eq!(name.len(), 40);
            assert_eq!(PageName::order(&name, &keys_here), Some(OfferRow(number)));
            assert_eq!(PageName::payout(&name, &keys_here), None, "an order is no payout");
            assert_eq!(PageName::order(&name, &keys(2)), None, "nor is it of another node");
            let payout = PageName::of_payout(PayoutRow(number), &keys_here).to_string();
            assert_eq!(PageName::payout(&payout, &keys_here), Some(PayoutRow(number)));
        }
    }

    #[test]
    fn any_other_text_is_no_name() {
        let keys = keys(1);
        let name = PageName::of_order(OfferRow(1), &keys).to_string();
        for position in 0..name.len() {
            let changed = |(at, digit): (usize, char)| match (at == position, digit) {
                (false, digit) => digit,
                (true, '0') => '1',
                (true, _) => '0',
            };
            let other: String = name.chars().enumerate().map(changed).collect();
            assert_eq!(PageName::order(&other, &keys), None, "{other}");
        }
        let short = name.get(1..).unwrap();
        for text in ["", "0", short, &format!("{name}00"), &name.to_uppercase(), "☕"] {
            assert_eq!(PageName::order(text, &keys), None, "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_it() {
        let name = PageName::of_order(OfferRow(1), &keys(1));
        assert_eq!(format!("{name:?}"), "PageName(…)");
    }
}
