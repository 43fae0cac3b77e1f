//! What a call may cost us at most, for the limit per day of a rune.

use std::num::NonZeroU64;

use bolt1::Msat;
use offerd_core::Policy;
use offerd_core::amount::AmountSpec;

use crate::driver::Outlay;
use crate::rpc::params::Args;

/// Methods that neither move money nor give away what does. Whatever is not among them counts as without bound.
const HARMLESS: [&str; 31] = [
    "audit",
    "cancelrecurringinvoice",
    "cancelsubscription",
    "checkmessage",
    "checkout",
    "checkrune",
    "connect",
    "currencyconvert",
    "currencyrate",
    "decode",
    "denypayout",
    "disableinvoicerequest",
    "disableoffer",
    "disconnect",
    "fetchinvoice",
    "getinfo",
    "help",
    "invoice",
    "lsps-lsps1-getinfo",
    "lsps-lsps1-list",
    "lsps-lsps1-order",
    "lsps-lsps2-getinfo",
    "lsps-lsps2-list",
    "newaddr",
    "notifications",
    "offer",
    "pausesubscription",
    "ping",
    "sendinvoice",
    "signmessage",
    "verifyproof",
];

/// What a call of `method` with these parameters may cost.
pub(super) fn of(method: &str, args: &Args, policy: &Policy) -> Outlay {
    let bounded = match method {
        "offerout" => promised(args, policy),
        "invoicerequest" => several(args),
        "subscribe" => subscribed(args, policy),
        "pay" | "xpay" => paid(args, policy),
        _ => return without_params(method),
    };
    bounded.map_or(Outlay::Unbounded, Outlay::AtMost)
}

/// What a call of `method` costs whatever its parameters are.
pub(super) fn without_params(method: &str) -> Outlay {
    let harmless =
        HARMLESS.contains(&method) || method.starts_with("list") || method.starts_with("wait");
    if harmless { Outlay::Nothing } else { Outlay::Unbounded }
}

fn msat(args: &Args, name: &str) -> Option<Msat> {
    args.get(name).ok().flatten()
}

fn fixed(args: &Args) -> Option<Msat> {
    match args.get::<AmountSpec>("amount").ok().flatten()? {
        AmountSpec::Msat(amount) => Some(amount),
        AmountSpec::Any | AmountSpec::Fiat { .. } => None,
    }
}

/// A promise of one payment, or of one in each period, with the fees that it may cost.
fn promised(args: &Args, policy: &Policy) -> Option<Msat> {
    let most = msat(args, "max_amount_msat");
    let quantity: Option<u64> = args.get("quantity_max").ok()?;
    let limit: Option<u32> = args.get("recurrence_limit").ok()?;
    let periods = NonZeroU64::new(u64::from(limit.unwrap_or(0)))
        .map_or(NonZeroU64::MIN, |last| last.saturating_add(1));
    let amount = match (most, fixed(args), quantity) {
        (Some(most), _, _) => most,
        (None, Some(amount), None) => amount,
        (None, None, None) if is_any(args) => policy.payout_any_max,
        _ => return None,
    };
    amount.plus(policy.payout_fee(amount))?.times(periods)
}

fn is_any(args: &Args) -> bool {
    matches!(args.get("amount"), Ok(Some(AmountSpec::Any)))
}

/// A promise of one payment or several: their sum where it is bounded, else so many times the amount.
fn several(args: &Args) -> Option<Msat> {
    if let Some(total) = msat(args, "max_total_msat") {
        return Some(total);
    }
    let uses: u64 = match args.get::<bool>("single_use").ok()? {
        Some(false) => args.get("max_uses").ok()??,
        Some(true) | None => 1,
    };
    let amount = fixed(args)?;
    amount.as_u64().checked_mul(uses).and_then(Msat::new)
}

/// All payments of a subscription, with the fees that each may cost, where it has an end.
fn subscribed(args: &Args, policy: &Policy) -> Option<Msat> {
    let total = msat(args, "max_total_msat")?;
    let periods: u32 = args.get("max_periods").ok()??;
    let fees = policy.pay_fee(total).times(u64::from(periods).try_into().ok()?)?;
    total.plus(fees)
}

/// A payment: what the call allows, or what is asked, and the fee.
fn paid(args: &Args, policy: &Policy) -> Option<Msat> {
    let amount = msat(args, "max_amount_msat").or_else(|| msat(args, "amount_msat"));
    let amount = amount.or_else(|| {
        let code: Option<String> = args.get("bolt11").ok().flatten();
        let code = code.or_else(|| args.get("invstring").ok().flatten())?;
        let view = offerd_api::decode::decode(&code).view;
        let member = |name| view.get(name).and_then(serde_json::Value::as_u64);
        member("invoice_amount_msat").or_else(|| member("amount_msat")).and_then(Msat::new)
    })?;
    let fee = msat(args, "maxfee").unwrap_or_else(|| policy.pay_fee(amount));
    amount.plus(fee)
}
