//! A string of which it is not known beforehand what it carries.

use core::str::FromStr;

use crate::encoding::{self, Hrp};
use crate::error::Bolt12Error;
use crate::invoice::Invoice;
use crate::invoice_request::InvoiceRequest;
use crate::offer::Offer;
use crate::payer_proof::PayerProof;

/// Whatever a string of BOLT 12 turned out to be.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bolt12String {
    /// `lno1…`
    Offer(Offer),
    /// `lnr1…`
    InvoiceRequest(InvoiceRequest),
    /// `lni1…`
    Invoice(Invoice),
    /// `lnp1…`
    PayerProof(PayerProof),
}

impl FromStr for Bolt12String {
    type Err = Bolt12Error;

    fn from_str(string: &str) -> Result<Self, Bolt12Error> {
        let (hrp, bytes) = encoding::decode_string(string)?;
        match hrp {
            Hrp::Offer => Offer::decode(&bytes).map(Self::Offer),
            Hrp::InvoiceRequest => InvoiceRequest::decode(&bytes).map(Self::InvoiceRequest),
            Hrp::Invoice => Invoice::decode(&bytes).map(Self::Invoice),
            Hrp::PayerProof => PayerProof::decode(&bytes).map(Self::PayerProof),
        }
    }
}
