//! Invoices of BOLT 11: what our caller may ask for, and what is on record when their payment arrives.

use bolt1::{CltvDelta, Msat, Seconds, Timestamp};

use super::state::{Bolt11Terms, OwnContent, OwnInvoice};
use crate::amount::AmountSpec;
use crate::id::{InvoiceRow, PaymentHash, Preimage};
use crate::keys::Keys;
use crate::misuse::Misuse;
use crate::port::{Bolt11Minted, Bolt11Order, Hints};
use crate::receipt::{ReceiptKey, Sealed, Source, request_mac};

/// The longest description that such an invoice can hold, in bytes.
const LONGEST_DESCRIPTION: usize = 639;

/// What the caller of `invoice` said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bolt11Arguments {
    /// What to ask for.
    pub amount: AmountSpec,
    /// The caller's name for the invoice.
    pub label: String,
    /// What is paid for.
    pub description: String,
    /// Whether the invoice has the hash of the description in its place.
    pub description_as_hash: bool,
    /// How long it may be paid.
    pub expiry: Seconds,
    /// Blocks that the last HTLC must have left when it comes; `None` for the least that is safe.
    pub final_delay: Option<CltvDelta>,
    /// Addresses of our chain to be paid at where this fails, best first.
    pub fallbacks: Vec<String>,
    /// The preimage, where the caller chooses it.
    pub preimage: Option<Preimage>,
    /// Which channels that are not announced are shown.
    pub hints: Hints,
}

impl Bolt11Arguments {
    /// What the node must make.
    ///
    /// # Errors
    /// [`Misuse`] names what cannot be in such an invoice.
    pub fn order(&self) -> Result<Bolt11Order, Misuse> {
        let amount = match &self.amount {
            AmountSpec::Any => None,
            AmountSpec::Msat(amount) if *amount > Msat::ZERO => Some(*amount),
            AmountSpec::Msat(_) | AmountSpec::Fiat { .. } => {
                let expected = "should be a positive amount in msat, or `any`";
                return Err(Misuse::parameter("amount_msat", expected));
            }
        };
        if !self.description_as_hash && self.description.len() > LONGEST_DESCRIPTION {
            let expected = format!(
                "should be at most {LONGEST_DESCRIPTION} bytes long, unless deschashonly is true"
            );
            return Err(Misuse::parameter("description", expected));
        }
        Ok(Bolt11Order {
            amount,
            description: self.description.clone(),
            description_as_hash: self.description_as_hash,
            expiry: self.expiry,
            final_delay: self.final_delay,
            fallbacks: self.fallbacks.clone(),
            preimage: self.preimage,
            hints: self.hints.clone(),
        })
    }

    /// The record of what the node has made, to be committed before anybody sees it.
    pub fn record(self, row: InvoiceRow, minted: &Bolt11Minted, now: Timestamp) -> OwnInvoice {
        let amount = match self.amount {
            AmountSpec::Msat(amount) => Some(amount),
            AmountSpec::Any | AmountSpec::Fiat { .. } => None,
        };
        let terms = Bolt11Terms {
            string: minted.string.clone(),
            payment_hash: PaymentHash(minted.payment_hash),
            amount,
            description: self.description,
            expires_at: minted.created_at.plus(self.expiry),
        };
        let content = OwnContent::Bolt11(terms);
        OwnInvoice { row, label: self.label, content, created_at: now, refused_at: None }
    }
}

/// What other invoices carry sealed, for one that carries nothing of ours: read from its record. `None` for an invoice
/// that is not of BOLT 11. Where the payer chooses, what has `arrived` is what is asked.
pub fn sealed_on_record(own: &OwnInvoice, arrived: Msat, keys: &Keys) -> Option<Sealed> {
    let terms = own.bolt11()?;
    let source = Source::Invoice(own.row);
    Some(Sealed {
        key: ReceiptKey { source, request_mac: request_mac(keys, source, &terms.payment_hash.0) },
        amount: terms.amount.unwrap_or(arrived),
        created_at: own.created_at,
        expiry: terms.expires_at.since(own.created_at),
        counter: 0,
    })
}
