//! Messages judged by LDK's `lightning` 0.2 and by us: the same verdict, or one of the differences that [`intended`]
//! lists, each with its reason. What both read says the same, as far as both tell.
//!
//! Few changed bytes leave a signature valid, so each input is judged a second time with the keys of fixed parties in it,
//! signed anew.

mod intended;
mod proofs;
mod resign;

use std::sync::LazyLock;

use bolt12::{
    Bolt12Error, InvalidReason, Invoice, InvoiceKind, InvoiceRequest, Msat, Offer, Price,
    SignatureError, field,
};
use lightning::offers::invoice::Bolt12Invoice;
use lightning::offers::invoice_request::InvoiceRequest as LdkRequest;
use lightning::offers::offer::{Amount, Offer as LdkOffer};
use lightning::offers::parse::Bolt12ParseError;
use lightning::offers::refund::Refund;
use secp256k1::{All, Secp256k1};

pub use proofs::{ldk_proof_creation, ldk_proofs};

pub(crate) static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// Why we refuse what LDK accepts.
#[derive(Debug)]
enum Ours {
    Message(Bolt12Error),
    Signature(SignatureError),
}

impl From<Bolt12Error> for Ours {
    fn from(error: Bolt12Error) -> Self {
        Self::Message(error)
    }
}

impl From<SignatureError> for Ours {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

/// Both verdicts are the same, or we mean them to differ; what both accept goes to `compare`.
fn judge<T, L>(
    bytes: &[u8],
    ours: Result<T, Ours>,
    ldks: Result<L, Bolt12ParseError>,
    compare: impl FnOnce(&T, &L),
) {
    let reason = match (&ours, &ldks) {
        (Ok(ours), Ok(ldks)) => return compare(ours, ldks),
        (Err(_), Err(_)) => return,
        (Err(Ours::Message(error)), Ok(_)) => intended::refusal(bytes, error),
        (Err(Ours::Signature(_)), Ok(_)) => None,
        (Ok(_), Err(error)) => intended::acceptance(bytes, error),
    };
    let told = match (ours.err(), ldks.err()) {
        (Some(Ours::Message(error)), _) => format!("we refuse: {error}"),
        (Some(Ours::Signature(error)), _) => format!("we refuse: {error}"),
        (None, error) => format!("LDK refuses: {error:?}"),
    };
    assert!(reason.is_some(), "{told}, without a reason: {}", hex(bytes));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Offers.
pub fn ldk_offers(data: &[u8]) {
    let ours = Offer::decode(data).map_err(Ours::from);
    judge(data, ours, LdkOffer::try_from(data.to_vec()), |ours, ldks| {
        assert_eq!(ours.bytes(), ldks.as_ref());
        assert_eq!(ours.to_string(), ldks.to_string());
        assert_eq!(ours.issuer_id(), ldks.issuer_signing_pubkey());
        assert_eq!(
            ours.absolute_expiry().map(|at| at.0),
            ldks.absolute_expiry().map(|d| d.as_secs())
        );
        assert_eq!(ours.paths().len(), ldks.paths().len());
        let text = |text: Option<lightning::types::string::PrintableString<'_>>| {
            text.map(|t| t.0.to_owned())
        };
        assert_eq!(ours.description().map(|d| d.as_str().to_owned()), text(ldks.description()));
        assert_eq!(ours.issuer().map(|d| d.as_str().to_owned()), text(ldks.issuer()));
        match (ours.price(), ldks.amount()) {
            (Price::PayerDecides, None) => {}
            (Price::Msat(ours), Some(Amount::Bitcoin { amount_msats })) => {
                assert_eq!(ours.as_u64(), amount_msats)
            }
            (Price::Fiat { .. }, Some(Amount::Currency { .. })) => {}
            other => panic!("two prices: {other:?}"),
        }
    });
}

/// Invoice requests, signatures included, and whether what they ask for can be had. LDK reads those without an offer as
/// refunds.
pub fn ldk_requests(data: &[u8]) {
    for bytes in [Some(data.to_vec()), resign::request(data)].into_iter().flatten() {
        let ours = request(&bytes).and_then(|request| {
            if request.is_for_offer() || request.has_signature() {
                request.verify_signature(&SECP)?;
            }
            Ok(request)
        });
        if resign::names_issuer(&bytes) {
            judge(&bytes, ours, LdkRequest::try_from(bytes.clone()), |ours, ldks| {
                let due = ours.amount_due(None).expect("judged before").as_u64();
                assert_eq!(ours.payer_id(), ldks.payer_signing_pubkey());
                assert_eq!(Some(due), ldks.amount_msats());
                assert_eq!(ours.quantity(), ldks.quantity());
                assert_eq!(ours.metadata(), ldks.payer_metadata());
            });
        } else {
            judge(&bytes, ours, Refund::try_from(bytes.clone()), |ours, ldks| {
                let due = ours.amount_due(None).expect("judged before").as_u64();
                assert_eq!(ours.payer_id(), ldks.payer_signing_pubkey());
                assert_eq!(due, ldks.amount_msats());
                assert_eq!(ours.metadata(), ldks.payer_metadata());
            });
        }
    }
}

/// A request that can be answered: what it asks for is what its offer offers. A currency is worth something.
fn request(bytes: &[u8]) -> Result<InvoiceRequest, Ours> {
    let request = InvoiceRequest::decode(bytes)?;
    request.amount_due(Msat::new(1))?;
    let offer = request.offer_view();
    if request.is_for_offer() && !offer.supports_chain(request.chain()) {
        return Err(Bolt12Error::invalid(field::INVREQ_CHAIN, InvalidReason::Mismatch).into());
    }
    Ok(request)
}

/// Invoices, signatures included.
pub fn ldk_invoices(data: &[u8]) {
    for bytes in [Some(data.to_vec()), resign::invoice(data)].into_iter().flatten() {
        let ours = Invoice::decode(&bytes).map_err(Ours::from).and_then(|invoice| {
            invoice.verify_signature(&SECP)?;
            // Who pays compares what is mirrored with the request; LDK judges the mirror as if it were that.
            if invoice.kind() != InvoiceKind::ForPayoutOffer {
                let request = request(&mirrored_request(&invoice))?;
                let in_currency = matches!(request.offer_view().price(), Price::Fiat { .. });
                // Another amount than was asked for is for the payer to approve; LDK refuses it as it reads.
                if !in_currency && request.amount_due(None)? != invoice.amount() {
                    let reason = InvalidReason::Mismatch;
                    return Err(Bolt12Error::invalid(field::INVOICE_AMOUNT, reason).into());
                }
            }
            Ok(invoice)
        });
        judge(&bytes, ours, Bolt12Invoice::try_from(bytes.clone()), |ours, ldks| {
            assert_eq!(ours.node_id(), ldks.signing_pubkey());
            assert_eq!(ours.amount().as_u64(), ldks.amount_msats());
            assert_eq!(ours.payment_hash(), ldks.payment_hash().0);
            assert_eq!(ours.created_at().0, ldks.created_at().as_secs());
            assert_eq!(ours.relative_expiry().0, ldks.relative_expiry().as_secs());
            assert_eq!(ours.payment_paths().len(), ldks.payment_paths().len());
        });
    }
}

fn mirrored_request(invoice: &Invoice) -> Vec<u8> {
    invoice.invreq_records().flat_map(|record| record.bytes).copied().collect()
}
