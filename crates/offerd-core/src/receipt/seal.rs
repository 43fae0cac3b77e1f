//! What travels with an invoice and comes back with its payment.

use bolt1::{Msat, Seconds, Timestamp};

use super::{Receipt, ReceiptKey, Source};
use crate::id::{InvoiceRow, OfferRow};
use crate::keys::{KeyPurpose, Keys};
use crate::port::SealedContext;

/// The facts about an unpaid invoice, kept nowhere but in the invoice itself: the node authenticates them and
/// brings them back with the payment.
///
/// | bytes | meaning |
/// |---|---|
/// | 0–3 | row of the offer or invoice; the highest bit tells which |
/// | 4–13 | MAC of the request key |
/// | 14–20 | amount in msat |
/// | 21–24 | `invoice_created_at` |
/// | 25–27 | expiry in seconds |
/// | 28–31 | recurrence counter, else 0 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which request, of which offer or invoice.
    pub key: ReceiptKey,
    /// What the invoice asks; below 2^56 msat.
    pub amount: Msat,
    /// When the invoice was made; below 2^32.
    pub created_at: Timestamp,
    /// How long it may be paid; below 2^24 seconds.
    pub expiry: Seconds,
    /// `invreq_recurrence_counter`.
    pub counter: u32,
}

/// Set in the row of an invoice of ours, clear in that of an offer.
const INVOICE_BIT: u32 = 1 << 31;

impl Sealed {
    /// The 32 bytes, or `None` when a value is out of its range.
    pub fn seal(&self) -> Option<SealedContext> {
        let row = match self.key.source {
            Source::Offer(OfferRow(row)) if row < INVOICE_BIT => row,
            Source::Invoice(InvoiceRow(row)) if row < INVOICE_BIT => row | INVOICE_BIT,
            Source::Offer(_) | Source::Invoice(_) => return None,
        };
        let [0, amount @ ..] = self.amount.as_u64().to_be_bytes() else { return None };
        let created_at = u32::try_from(self.created_at.0).ok()?.to_be_bytes();
        let [0, expiry @ ..] = u32::try_from(self.expiry.0).ok()?.to_be_bytes() else {
            return None;
        };
        let bytes: Vec<u8> = [
            row.to_be_bytes().as_slice(),
            &self.key.request_mac,
            &amount,
            &created_at,
            &expiry,
            &self.counter.to_be_bytes(),
        ]
        .concat();
        bytes.try_into().ok()
    }

    /// Reads what [`Sealed::seal`] wrote. Every 32 bytes mean something; that they are ours is for the node to
    /// know. `None` for an amount that cannot be.
    pub fn open(context: &SealedContext) -> Option<Self> {
        let mut reader = bolt1::Reader::new(context);
        let row = reader.read_u32().ok()?;
        let source = if row & INVOICE_BIT == 0 {
            Source::Offer(OfferRow(row))
        } else {
            Source::Invoice(InvoiceRow(row & !INVOICE_BIT))
        };
        let request_mac = reader.read_array::<10>().ok()?;
        let [a1, a2, a3, a4, a5, a6, a7] = reader.read_array::<7>().ok()?;
        let created_at = reader.read_u32().ok()?;
        let [e1, e2, e3] = reader.read_array::<3>().ok()?;
        Some(Self {
            key: ReceiptKey { source, request_mac },
            amount: Msat::new(u64::from_be_bytes([0, a1, a2, a3, a4, a5, a6, a7]))?,
            created_at: Timestamp(u64::from(created_at)),
            expiry: Seconds(u64::from(u32::from_be_bytes([0, e1, e2, e3]))),
            counter: reader.read_u32().ok()?,
        })
    }

    /// What must have been sealed into the invoice of a payment that was accepted: for one that comes again. It is
    /// judged by its receipt alone then, so that its expiry no longer counts.
    pub fn of_receipt(receipt: &Receipt) -> Self {
        Self {
            key: receipt.key,
            amount: receipt.asked,
            created_at: receipt.invoice_created_at,
            expiry: Seconds(0),
            counter: receipt.turn.map_or(0, |turn| turn.counter),
        }
    }

    /// Whether the invoice can no longer be paid.
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        now > self.created_at.plus(self.expiry)
    }
}

/// The MAC that stands for a request in 10 bytes. Strangers cannot find two requests with the same one.
pub fn request_mac(keys: &Keys, source: Source, request_key: &[u8; 32]) -> [u8; 10] {
    let (kind, row) = match source {
        Source::Offer(row) => (0u8, row.0),
        Source::Invoice(row) => (1u8, row.0),
    };
    let full = keys.derive(KeyPurpose::RequestMac, &[&[kind], &row.to_be_bytes(), request_key]);
    let (short, _) = full.split_first_chunk::<10>().expect("32 bytes hold 10");
    *short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Sealed {
        Sealed {
            key: ReceiptKey { source: Source::Invoice(InvoiceRow(77)), request_mac: [9; 10] },
            amount: Msat::new(123_456_789).unwrap(),
            created_at: Timestamp(1_790_000_000),
            expiry: Seconds(7200),
            counter: 3,
        }
    }

    #[test]
    fn what_was_sealed_comes_back() {
        let offer = Sealed {
            key: ReceiptKey { source: Source::Offer(OfferRow(1)), request_mac: [1; 10] },
            ..sealed()
        };
        for facts in [sealed(), offer] {
            assert_eq!(Sealed::open(&facts.seal().unwrap()), Some(facts));
        }
    }

    #[test]
    fn values_out_of_range_are_not_sealed() {
        let row = InvoiceRow(1 << 31);
        for facts in [
            Sealed { amount: Msat::new(1 << 56).unwrap(), ..sealed() },
            Sealed { created_at: Timestamp(1 << 32), ..sealed() },
            Sealed { expiry: Seconds(1 << 24), ..sealed() },
            Sealed {
                key: ReceiptKey { source: Source::Invoice(row), request_mac: [0; 10] },
                ..sealed()
            },
        ] {
            assert_eq!(facts.seal(), None, "{facts:?}");
        }
    }

    #[test]
    fn an_invoice_expires_after_its_last_second() {
        let end = sealed().created_at.plus(Seconds(7200));
        assert!(!sealed().is_expired_at(end));
        assert!(sealed().is_expired_at(end.plus(Seconds(1))));
    }
}
