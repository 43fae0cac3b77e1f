//! Checking what came back for a request.

use bolt1::{Msat, Timestamp};
use bolt12::{Invoice, InvoiceError, PeerText, Price, field};

use super::Fetch;
use crate::keys::Keys;
use crate::misuse::Misuse;
use crate::policy::Policy;
use crate::port::{Destination, MessageContent};

/// The onion message fields that may answer a request.
const INVOICE: u64 = 66;
const INVOICE_ERROR: u64 = 68;

/// What the other side said.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
#[derive(Debug)]
pub enum Reply {
    /// An invoice for exactly what was asked.
    Invoice(FetchedInvoice),
    /// It refuses. Peer text.
    Refused(InvoiceError),
}

/// An invoice that was checked against its request.
#[derive(Clone, Debug)]
pub struct FetchedInvoice {
    /// The invoice.
    pub invoice: Invoice,
    /// Its amount where that is not the offer's price times the quantity: the payer should look twice.
    pub changed_amount: Option<Msat>,
}

/// The reason in a refusal, without what some issuers put before it: Core Lightning repeats the whole request
/// (`Failed invreq lnr1…: reason`). Peer text.
pub fn refusal_reason(error: &InvoiceError) -> PeerText {
    let text = error.error.as_str();
    let reason = text
        .strip_prefix("Failed ")
        .and_then(|rest| rest.split_once(": "))
        .map_or(text, |(_, reason)| reason);
    PeerText::new(reason)
}

/// Checks a reply by all of BOLT 12's requirements on the reader of an invoice: every field of the request
/// mirrored, the right signer, our chain, the amount that was asked for, not expired.
///
/// # Errors
/// [`Misuse::WrongInvoice`] with the field that is wrong; [`Misuse::BadReply`] when it is something else altogether.
pub fn check_reply(
    fetch: &Fetch,
    content: &MessageContent,
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<Reply, Misuse> {
    match content.typ {
        INVOICE => {
            let invoice = Invoice::decode(&content.bytes).map_err(|error| {
                wrong(error.field().unwrap_or(field::INVOICE_PATHS), &error.to_string())
            })?;
            check_invoice(fetch, invoice, keys, policy, now).map(Reply::Invoice)
        }
        INVOICE_ERROR => InvoiceError::decode(&content.bytes)
            .map(Reply::Refused)
            .map_err(|error| Misuse::BadReply(format!("unreadable invoice_error: {error}"))),
        other => Err(Misuse::BadReply(format!(
            "neither an invoice nor an invoice_error came back, but field {other}"
        ))),
    }
}

fn check_invoice(
    fetch: &Fetch,
    invoice: Invoice,
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<FetchedInvoice, Misuse> {
    // req IR-11
    invoice
        .mirrors(&fetch.request)
        .map_err(|field| wrong(field, "differs from the invoice_request"))?;
    let signers = signers(fetch);
    // req IR-12
    if !signers.contains(&invoice.node_id()) {
        return Err(wrong(field::INVOICE_NODE_ID, "not the issuer of the offer"));
    }
    invoice
        // req IR-13
        .verify_signature(keys.secp())
        .map_err(|_| wrong(field::SIGNATURE, "does not verify"))?;
    // req IR-05
    if invoice.request_view().chain() != policy.chain {
        return Err(wrong(field::INVREQ_CHAIN, "another chain"));
    }
    // req IR-07
    if invoice.is_expired_at(now) {
        return Err(wrong(field::INVOICE_RELATIVE_EXPIRY, "it has expired already"));
    }
    // req IR-10
    if invoice.usable_paths().next().is_none() {
        return Err(wrong(field::INVOICE_BLINDEDPAY, "no usable payment path"));
    }
    let basetime = invoice.recurrence_basetime();
    // req RCI-R3
    if fetch.basetime.is_some() && basetime != fetch.basetime {
        let field = field::EXPERIMENTAL_INVOICE_RECURRENCE_BASETIME;
        return Err(wrong(field, "differs from the one of the payments before"));
    }
    let asked = fetch.request.amount();
    // req IR-16
    if asked.is_some_and(|asked| asked != invoice.amount()) {
        return Err(wrong(field::INVOICE_AMOUNT, "not the amount that was asked for"));
    }
    // req OR-09
    let expected = match fetch.offer.price() {
        Price::Msat(each) => {
            fetch.request.checked_quantity().ok().and_then(|quantity| each.times(quantity))
        }
        Price::PayerDecides | Price::Fiat { .. } => asked,
    };
    let changed_amount = (expected != Some(invoice.amount())).then(|| invoice.amount());
    Ok(FetchedInvoice { invoice, changed_amount })
}

/// Who may sign: the issuer, or the last hop of a path that the request was sent over.
fn signers(fetch: &Fetch) -> Vec<bolt1::PublicKey> {
    match fetch.offer.issuer_id() {
        Some(issuer) => vec![issuer],
        None => fetch
            .destinations
            .iter()
            .filter_map(|destination| match destination {
                Destination::Path(path) => path.hops.last().map(|hop| hop.blinded_node_id),
                Destination::Node(id) => Some(*id),
            })
            .collect(),
    }
}

fn wrong(field: u64, why: &str) -> Misuse {
    Misuse::WrongInvoice { field: field::name(field).unwrap_or("field"), why: why.to_owned() }
}
