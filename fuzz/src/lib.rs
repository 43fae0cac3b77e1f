//! What every fuzz target does with its input, as plain functions: the targets call them, and so does the test
//! that replays the corpus. None of them may panic other than by its own assertion, which states what must hold
//! of whatever was accepted.

use bolt1::{Reader, Writer, tlv};
use bolt4::encrypted_data::EncryptedData;
use bolt4::onion_message::{OnionMessage, Peeled, peel};
use bolt12::{
    Bolt12String, Hrp, Invoice, InvoiceError, InvoiceRequest, Msat, Offer, PayerProof, Paywindow,
    Recurrence, RecurrenceBase, TimeUnit, Timestamp, draft2021 as draft,
};
use offerd_core::amount::AmountSpec;
use offerd_core::receipt::Sealed;
use secp256k1::{Secp256k1, SecretKey};

mod bolt11;
mod differential;
/// The daemon's own file: it needs nothing of the daemon, and the daemon is too much to build for it.
#[path = "../../crates/offerd/src/rpc/frame.rs"]
#[allow(dead_code, reason = "the daemon uses all of it")]
mod frame;
mod proofs;

pub use bolt11::bolt11;
pub use differential::{ldk_invoices, ldk_offers, ldk_proof_creation, ldk_proofs, ldk_requests};
pub use proofs::proof_creation;

/// The name of each target with what it does.
#[allow(clippy::type_complexity, reason = "a name and a function")]
pub const TARGETS: [(&str, fn(&[u8])); 22] = [
    ("amount", amount),
    ("blinded_path", blinded_path),
    ("bolt11", bolt11),
    ("bolt12_string", bolt12_string),
    ("draft2021", draft2021),
    ("encrypted_data", encrypted_data),
    ("invoice", invoice),
    ("invoice_error", invoice_error),
    ("invoice_request", invoice_request),
    ("ldk_invoices", ldk_invoices),
    ("ldk_offers", ldk_offers),
    ("ldk_proof_creation", ldk_proof_creation),
    ("ldk_proofs", ldk_proofs),
    ("ldk_requests", ldk_requests),
    ("offer", offer),
    ("onion_message", onion_message),
    ("payer_proof", payer_proof),
    ("periods", periods),
    ("proof_creation", proof_creation),
    ("rpc_frames", rpc_frames),
    ("sealed_context", sealed_context),
    ("tlv_stream", tlv_stream),
];

/// Accepted streams are exactly their records.
pub fn tlv_stream(data: &[u8]) {
    if let Ok(records) = tlv::records(data) {
        let mut writer = Writer::new();
        for record in records {
            tlv::write_record(&mut writer, record.typ, record.value);
        }
        assert_eq!(writer.into_bytes(), data);
    }
}

/// Accepted paths re-encode identically.
pub fn blinded_path(data: &[u8]) {
    let mut reader = Reader::new(data);
    if let Ok(path) = bolt4::BlindedPath::decode(&mut reader) {
        let mut writer = Writer::new();
        path.encode(&mut writer);
        assert!(data.starts_with(&writer.into_bytes()));
    }
}

/// What was decoded says the same again after a round trip.
pub fn encrypted_data(data: &[u8]) {
    if let Ok(decoded) = EncryptedData::decode(data) {
        assert_eq!(EncryptedData::decode(&decoded.encode()), Ok(decoded));
    }
}

/// A stranger's onion never yields content, nor a forward that could not be sent.
pub fn onion_message(data: &[u8]) {
    let Ok(message) = OnionMessage::decode(data) else { return };
    assert!(data.starts_with(&message.encode()));
    let key = SecretKey::from_slice(&[0x42; 32]).expect("a valid key");
    if let Ok(Peeled::Forward { message: next, .. }) = peel(&Secp256k1::new(), &key, &message) {
        assert_eq!(next.encode().len(), message.encode().len());
    }
}

/// Accepted strings name the same bytes when written again.
pub fn bolt12_string(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(parsed) = text.parse::<Bolt12String>() else { return };
    let (again, twice) = match &parsed {
        Bolt12String::Offer(offer) => (offer.to_string(), offer.to_qr_string()),
        Bolt12String::InvoiceRequest(request) => (request.to_string(), request.to_qr_string()),
        Bolt12String::Invoice(invoice) => (invoice.to_string(), invoice.to_qr_string()),
        Bolt12String::PayerProof(proof) => (proof.to_string(), proof.to_qr_string()),
    };
    assert_eq!(again.parse().as_ref(), Ok(&parsed));
    assert_eq!(twice.parse().as_ref(), Ok(&parsed));
}

/// Accepted offers keep their bytes.
pub fn offer(data: &[u8]) {
    if let Ok(offer) = Offer::decode(data) {
        assert_eq!(offer.bytes(), data);
        assert_eq!(offer.to_string().parse(), Ok(offer));
    }
}

/// Accepted requests keep their bytes; their signature is judged without a panic.
pub fn invoice_request(data: &[u8]) {
    if let Ok(request) = InvoiceRequest::decode(data) {
        assert_eq!(request.bytes(), data);
        let _verdict = request.verify_signature(&Secp256k1::new());
        let _amount = request.amount_due(None);
    }
}

/// Accepted invoices keep their bytes; their signature is judged without a panic.
pub fn invoice(data: &[u8]) {
    if let Ok(invoice) = Invoice::decode(data) {
        assert_eq!(invoice.bytes(), data);
        let _verdict = invoice.verify_signature(&Secp256k1::new());
        assert!(invoice.usable_paths().count() <= invoice.payment_paths().len());
    }
}

/// Accepted errors show nothing that could steer a terminal.
pub fn invoice_error(data: &[u8]) {
    if let Ok(error) = InvoiceError::decode(data) {
        assert!(!error.error.to_string().contains(char::is_control));
        assert!(data.ends_with(&error.encode()), "it is written as it was read");
    }
}

/// An amount is read or refused.
pub fn amount(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _verdict = text.parse::<AmountSpec>();
    }
}

/// What comes back with a payment is read as it was sealed.
pub fn sealed_context(data: &[u8]) {
    let Ok(context) = data.try_into() else { return };
    if let Some(sealed) = Sealed::open(context) {
        assert_eq!(sealed.seal().as_ref(), Some(context));
    }
}

/// Accepted proofs keep their bytes; their signatures are judged without a panic.
pub fn payer_proof(data: &[u8]) {
    if let Ok(proof) = PayerProof::decode(data) {
        assert_eq!(proof.bytes(), data);
        let _verdict = proof.verify(&Secp256k1::new());
    }
}

/// A draft is recognised or not, and what is recognised is no message of today.
pub fn draft2021(data: &[u8]) {
    for hrp in Hrp::ALL {
        if let Some(found) = draft::recognise(hrp, data) {
            let records = tlv::records(data).expect("it is a stream").len();
            assert_eq!(found.fields().count() + found.unknown_records().count(), records);
            let _verdict = found.verify_signature(&Secp256k1::new());
            assert!(Offer::decode(data).is_err() || hrp != Hrp::Offer);
        }
    }
}

/// Periods follow one another without a gap, windows open before they close, and nobody pays more than the whole.
pub fn periods(data: &[u8]) {
    let mut reader = Reader::new(data);
    let Ok(numbers) = reader.read_array::<38>() else { return };
    let mut numbers = Reader::new(&numbers);
    let mut u64 = || numbers.read_u64().unwrap_or(0);
    let (basetime, now, amount) = (Timestamp(u64()), Timestamp(u64()), u64());
    let mut u32 = || numbers.read_u32().unwrap_or(0);
    let (period, index, after) = (u32(), u32(), u32());
    let unit = [TimeUnit::Seconds, TimeUnit::Days, TimeUnit::Months][usize::from(data[36] % 3)];
    let Some(period) = std::num::NonZeroU32::new(period) else { return };
    let mut recurrence = Recurrence::every(period, unit);
    if data[37] & 1 != 0 {
        recurrence.base = Some(RecurrenceBase { basetime, proportional: true });
    }
    if data[37] & 2 != 0 {
        recurrence.paywindow = Some(Paywindow { seconds_before: after / 2, seconds_after: after });
    }
    let Some(this) = recurrence.period_at(basetime, index) else { return };
    assert!(this.start < this.end);
    if let Some(next) = index.checked_add(1).and_then(|next| recurrence.period_at(basetime, next)) {
        assert_eq!(next.start, this.end);
    }
    assert_eq!(recurrence.index_at(basetime, this.start), Some(index));
    if let Some(window) = recurrence.window_at(basetime, index) {
        assert!(window.opens <= window.closes);
        assert_eq!(window.contains(now), window.opens <= now && now < window.closes);
    }
    if let Some(amount) = Msat::new(amount) {
        assert!(this.share_left(amount, now) <= amount);
    }
}

/// What comes in pieces is cut into the same requests as what comes at once. Only where something is not JSON may
/// one of the two find that out earlier.
pub fn rpc_frames(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let middle = usize::from(*first).min(data.len());
    let (head, tail) = data.split_at(middle);
    let (at_once, in_pieces) = (requests(&[data]), requests(&[head, tail]));
    assert!(at_once.iter().zip(&in_pieces).all(|(one, other)| one == other));
    let is_json =
        |request: &Vec<u8>| serde_json::from_slice::<serde::de::IgnoredAny>(request).is_ok();
    if at_once.iter().chain(&in_pieces).all(is_json) {
        assert_eq!(at_once, in_pieces);
    }
}

/// The requests in these pieces, up to where they cannot be understood.
fn requests(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut frames = frame::Frames::default();
    let mut requests = Vec::new();
    for piece in pieces {
        frames.push(piece);
        while let Ok(next) = frames.next_request() {
            match next {
                Some(request) => requests.push(request),
                None => break,
            }
        }
    }
    requests
}
