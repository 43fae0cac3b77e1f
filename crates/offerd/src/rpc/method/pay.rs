//! `pay`

use std::time::Duration;

use bitcoin::hashes::{Hash as _, sha256};
use bolt1::{CltvDelta, Msat};
use bolt11::is_bolt11;
use bolt12::{Bolt12String, Price};
use offerd_api::ErrorObject;
use offerd_api::payment::PayResult;
use offerd_core::Misuse;
use offerd_core::payment::{OutgoingPayment, PaymentEnd, PaymentState};

use super::Outcome;
use crate::driver::{CallError, PayCall};
use crate::rpc::call::Api;
use crate::rpc::error::{fault_object, to_object};
use crate::rpc::params::{Args, read_code};
use crate::rpc::view;

/// A fee that is always fine where a percentage is asked for, unless the call says otherwise.
const DEFAULT_EXEMPT: u64 = 5_000;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let mut call = read_common(&args, "bolt11")?;
    if let Some(description) = args.get::<String>("description")? {
        check_description(&call.string, &description)?;
    }
    let expected = if is_bolt11(&call.string) {
        let asked = api.driver.read_bolt11(&call.string).await.map_err(unreadable)?.amount;
        call.amount.or(asked)
    } else {
        expected_amount(&call)
    };
    call.max_fee = max_fee(&args, expected)?;
    let outcome = api.driver.pay(call).await.map_err(to_object)?;
    let label = outcome.label().map(str::to_owned);
    let attempts = outcome.attempts.iter().map(view::attempt).collect();
    let payment = outcome.payment;
    let end = End::of(&payment);
    view::json(PayResult {
        payment_preimage: end.preimage,
        destination: payment.invoice.node_id().to_string(),
        payment_hash: payment.payment_hash().to_string(),
        created_at: payment.created_at.0,
        parts: failed_attempts(api, &payment)?.saturating_add(end.arrived_parts.max(1)),
        amount_msat: payment.amount.as_u64(),
        amount_sent_msat: end.sent_msat,
        status: end.status.to_owned(),
        bolt12: payment.invoice.bolt12().map(ToString::to_string),
        bolt11: payment.invoice.bolt11().map(|invoice| invoice.string.clone()),
        priced: view::priced_payment(&payment),
        label,
        attempts,
    })
}

/// Whether an invoice is for what the caller says that it is for.
fn check_description(string: &str, description: &str) -> Result<(), ErrorObject> {
    let misfit = |expected: &str| Err(ErrorObject::parameter("description", expected));
    if !is_bolt11(string) {
        return misfit("goes with an lnbc… string alone: others say themselves what they are for");
    }
    // What cannot be read is refused by its own name later.
    let Ok(invoice) = bolt11::Invoice::decode(string) else { return Ok(()) };
    let said = match (&invoice.description, invoice.description_hash) {
        (Some(text), _) => *text == description,
        (None, Some(hash)) => sha256::Hash::hash(description.as_bytes()).to_byte_array() == hash,
        (None, None) => description.is_empty(),
    };
    if said { Ok(()) } else { misfit("is not what the invoice says that it is for") }
}

/// How many ways that were tried did not lead to the payee.
pub(super) fn failed_attempts(api: &Api, payment: &OutgoingPayment) -> Result<u64, ErrorObject> {
    let failed = api.driver.store().failed_attempts(payment.id);
    let failed = failed.map_err(|error| fault_object(&error))?.len();
    Ok(u64::try_from(failed).unwrap_or(u64::MAX))
}

/// The refusal of a string, under the name that it has here.
fn unreadable(error: CallError) -> ErrorObject {
    if let CallError::Misuse(Misuse::Parameter { expected, .. }) = error {
        return ErrorObject::parameter("bolt11", expected);
    }
    to_object(error)
}

/// What `pay` and `xpay` share; the fee limit is left to them.
pub(super) fn read_common(args: &Args, string: &'static str) -> Result<PayCall, ErrorObject> {
    let max_delay: Option<u64> = args.get("maxdelay")?;
    let max_delay = max_delay.map(|blocks| CltvDelta(u32::try_from(blocks).unwrap_or(u32::MAX)));
    let text = read_code(args, string)?;
    if !is_bolt11(&text)
        && let Err(error) = text.parse::<Bolt12String>()
    {
        return Err(ErrorObject::parameter(string, error));
    }
    Ok(PayCall {
        string: text,
        amount: args.get("amount_msat")?,
        quantity: args.get("quantity")?,
        payer_note: args.get("payer_note")?,
        label: args.get("label")?,
        max_amount: args.get("max_amount_msat")?,
        max_rate_drift_ppm: drift(args)?,
        max_fee: None,
        max_delay,
        retry_for: Duration::from_secs(args.need("retry_for")?),
        trust_payee: args.need("trust_payee")?,
    })
}

/// `max_rate_drift_ppm`.
pub(super) fn drift(args: &Args) -> Result<Option<u32>, ErrorObject> {
    let drift: Option<u64> = args.get("max_rate_drift_ppm")?;
    Ok(drift.map(|ppm| u32::try_from(ppm).unwrap_or(u32::MAX)))
}

/// `maxfee`, or `maxfeepercent` of the amount but not below `exemptfee`.
fn max_fee(args: &Args, expected: Option<Msat>) -> Result<Option<Msat>, ErrorObject> {
    let fixed: Option<Msat> = args.get("maxfee")?;
    let percent: Option<f64> = args.get("maxfeepercent")?;
    let exempt: Option<Msat> = args.get("exemptfee")?;
    if fixed.is_some() && (percent.is_some() || exempt.is_some()) {
        let expected = "cannot go with maxfeepercent or exemptfee";
        return Err(ErrorObject::parameter("maxfee", expected));
    }
    let Some(percent) = percent else {
        return match exempt {
            Some(_) => Err(ErrorObject::parameter("exemptfee", "needs maxfeepercent")),
            None => Ok(fixed),
        };
    };
    let amount = expected.ok_or_else(|| {
        ErrorObject::parameter("maxfeepercent", "needs an amount: give amount_msat, or maxfee")
    })?;
    let exempt = exempt.or_else(|| Msat::new(DEFAULT_EXEMPT)).unwrap_or_default();
    Ok(Some(exempt.max(amount.ppm(to_ppm(percent)))))
}

/// Percent, from 0 to 100, in millionths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 1 000 000, not negative"
)]
fn to_ppm(percent: f64) -> u32 {
    (percent.clamp(0.0, 100.0) * 10_000.0).round() as u32
}

/// What the call will pay, as far as it can be told before anything is fetched.
fn expected_amount(call: &PayCall) -> Option<Msat> {
    if call.amount.is_some() {
        return call.amount;
    }
    match call.string.parse().ok()? {
        Bolt12String::Invoice(invoice) => Some(invoice.amount()),
        Bolt12String::Offer(offer) => match offer.price() {
            Price::Msat(each) => each.times(std::num::NonZeroU64::new(call.quantity.unwrap_or(1))?),
            Price::PayerDecides | Price::Fiat { .. } => call.max_amount,
        },
        Bolt12String::InvoiceRequest(_) | Bolt12String::PayerProof(_) => None,
    }
}

/// How a payment stands, in the words of the API.
pub(super) struct End {
    pub(super) status: &'static str,
    pub(super) preimage: Option<String>,
    pub(super) sent_msat: u64,
    /// In how many parts it arrived; 0 while that is not known to have happened.
    pub(super) arrived_parts: u64,
}

impl End {
    pub(super) fn of(payment: &OutgoingPayment) -> Self {
        let (status, preimage, fee, arrived_parts) = match &payment.state {
            PaymentState::Ended(PaymentEnd::Paid { preimage, fee, parts, .. }) => {
                // Where a restart has lost the number there was one at least.
                let parts = parts.unwrap_or(1);
                ("complete", Some(hex::encode(preimage)), fee.unwrap_or_default(), parts)
            }
            PaymentState::Ended(PaymentEnd::Failed { .. }) => ("failed", None, Msat::ZERO, 0),
            PaymentState::Awaiting | PaymentState::Pending { .. } => {
                ("pending", None, Msat::ZERO, 0)
            }
        };
        let sent_msat = payment.amount.plus(fee).unwrap_or(payment.amount).as_u64();
        Self { status, preimage, sent_msat, arrived_parts: arrived_parts.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_exact_to_the_millionth() {
        for (percent, ppm) in [(0.0, 0), (0.5, 5_000), (0.0001, 1), (100.0, 1_000_000)] {
            assert_eq!(to_ppm(percent), ppm);
        }
    }
}
