//! Making a promise to pay.

use std::num::NonZeroU64;

use bolt1::{Msat, Timestamp};
use bolt4::BlindedPath;
use bolt12::{InvoiceRequestBuilder, Offer, OfferBuilder, QuantityMax, Recurrence};

use super::turn::with_periods;
use super::{Payout, PayoutAmount, PromiseState, Refund, RefundFor, Uses};
use crate::amount::AmountSpec;
use crate::id::PayoutRow;
use crate::keys::{Keys, digest};
use crate::misuse::Misuse;
use crate::offer_book::fiat_amount;
use crate::policy::Policy;
use crate::rates::{Rate, Rounding};

/// What a payout was asked to promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutArguments {
    /// What it pays.
    pub amount: AmountSpec,
    /// What for.
    pub description: String,
    /// Who pays.
    pub issuer: Option<String>,
    /// The maker's own name for it.
    pub label: Option<String>,
    /// When it ends.
    pub absolute_expiry: Option<Timestamp>,
    /// Most that `any`, or any number of items, pays; the policy's default otherwise.
    pub max_amount: Option<Msat>,
    /// Most items that the redeemer may ask the amount for, 0 for any number; `None` where items are not counted.
    pub quantity_max: Option<u64>,
    /// How often it is kept.
    pub uses: Uses,
    /// What it refunds.
    pub refund_for: Option<RefundFor>,
    /// Its periods, each of which is redeemed once by the same redeemer; `uses` follows from it then.
    pub recurrence: Option<Recurrence>,
    /// Whether each redemption waits for its maker's word.
    pub approve: bool,
    /// Whether the `lno1…` string is made as well (`offerout`), or the `lnr1…` alone (`invoicerequest`).
    pub with_offer: bool,
}

/// By this key a repeated call of the same label is told from another one.
pub fn payout_arguments_key(arguments: &PayoutArguments) -> [u8; 32] {
    let amount = match &arguments.amount {
        AmountSpec::Any => "any".to_owned(),
        AmountSpec::Msat(amount) => amount.to_string(),
        AmountSpec::Fiat { currency, whole, decimals } => {
            format!("{whole}.{}{currency}", decimals.trim_end_matches('0'))
        }
    };
    let issuer = arguments.issuer.as_ref().map(|issuer| format!("+{issuer}")).unwrap_or_default();
    let expiry = arguments.absolute_expiry.map(|at| at.to_string()).unwrap_or_default();
    let most = arguments.max_amount.map(|most| most.to_string()).unwrap_or_default();
    let refund = arguments.refund_for.as_ref().map_or_else(Vec::new, |refund| {
        [refund.payment_hash.0.as_slice(), &[u8::from(refund.allow_more)]].concat()
    });
    let uses = arguments.uses;
    let items = arguments.quantity_max.map(|most| most.to_string()).unwrap_or_default();
    digest(&[
        amount.as_bytes(),
        arguments.description.as_bytes(),
        issuer.as_bytes(),
        expiry.as_bytes(),
        most.as_bytes(),
        &[u8::from(arguments.with_offer), u8::from(arguments.approve)],
        format!("{:?} {:?}", uses.most, uses.total.map(Msat::as_u64)).as_bytes(),
        &refund,
        items.as_bytes(),
        arguments.recurrence.map(|it| format!("{it:?}")).unwrap_or_default().as_bytes(),
    ])
}

/// What a caller who is not the owner of the node may promise, beside what the policy allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Most in one call, all redemptions together.
    pub per_call: Msat,
    /// Most in 24 hours.
    pub per_day: Msat,
    /// What this caller has promised within the last 24 hours.
    pub promised_today: Msat,
}

impl Allowance {
    /// Whether `all` more may be promised.
    fn check(&self, all: Msat) -> Result<(), Misuse> {
        let left_today = self.per_day.minus(self.promised_today).unwrap_or_default();
        let left = self.per_call.min(left_today);
        if all <= left {
            return Ok(());
        }
        let expected = format!("should be at most {left}: the limits of this caller leave no more");
        Err(Misuse::parameter("amount", expected))
    }
}

/// What the world must add to the arguments.
#[derive(Clone, Debug)]
pub struct MadePayout {
    /// Its number.
    pub row: PayoutRow,
    /// 16 random bytes.
    pub nonce: [u8; 16],
    /// Blinded paths to us, none when we can be found by our node id.
    pub paths: Vec<BlindedPath>,
    /// The secret at the end of those paths.
    pub path_id: Vec<u8>,
    /// What its maker may promise; `None` for the owner of the node, who is bound by the policy alone.
    pub allowance: Option<Allowance>,
    /// The current rate of the currency that it is in, if it is in one and there is a rate.
    pub rate: Option<Rate>,
    /// What it refunds, and how much of that is left: see [`decide_refund`](super::decide_refund).
    pub refund: Option<(Refund, Msat)>,
    /// Now.
    pub now: Timestamp,
}

/// Makes the promise with both its strings.
///
/// # Errors
/// [`Misuse`] names the parameter that does not fit.
pub fn make_payout(
    arguments: &PayoutArguments,
    made: MadePayout,
    policy: &Policy,
    keys: &Keys,
) -> Result<Payout, Misuse> {
    let arguments_key = payout_arguments_key(arguments);
    let arguments = &with_periods(arguments, made.now)?;
    let amount = promised(arguments, &made, policy)?;
    if arguments.absolute_expiry.is_some_and(|expiry| expiry <= made.now) {
        return Err(Misuse::parameter("absolute_expiry", "should be in the future"));
    }
    let built = |error: bolt12::BuildError| Misuse::WrongString(error.to_string());
    let offer = arguments
        .with_offer
        .then(|| build_offer(arguments, &amount, &made, policy, keys).map_err(built))
        .transpose()?;
    let (plain, signed) = match amount {
        PayoutAmount::Exact(exact) if made.refund.is_none() && arguments.recurrence.is_none() => {
            let builder = build_request(arguments, exact, &made, policy, keys);
            let plain = builder.clone().build_unsigned().map_err(built)?;
            let signed = builder.sign(keys.secp(), keys.node()).map_err(built)?;
            (Some(plain), Some(signed))
        }
        PayoutAmount::Exact(_)
        | PayoutAmount::UpTo(_)
        | PayoutAmount::Each { .. }
        | PayoutAmount::Fiat { .. } => (None, None),
    };
    Ok(Payout {
        row: made.row,
        nonce: made.nonce,
        label: arguments.label.clone(),
        arguments_key,
        amount,
        offer,
        invoice_request: plain,
        invoice_request_signed: signed,
        path_id: if made.paths.is_empty() { None } else { Some(made.path_id) },
        absolute_expiry: arguments.absolute_expiry,
        uses: arguments.uses,
        refund: made.refund.map(|(refund, _)| refund),
        approve: arguments.approve,
        state: PromiseState::Open,
        created_at: made.now,
    })
}

fn promised(
    arguments: &PayoutArguments,
    made: &MadePayout,
    policy: &Policy,
) -> Result<PayoutAmount, Misuse> {
    let within = |parameter, amount: Msat| {
        if amount.is_zero() {
            Err(Misuse::parameter(parameter, "should be a positive amount"))
        } else if amount > policy.payout_max {
            Err(Misuse::parameter(parameter, format!("should be at most {}", policy.payout_max)))
        } else {
            Ok(amount)
        }
    };
    let left = made.refund.filter(|(refund, _)| refund.at_most.is_some()).map(|(_, left)| left);
    let amount = match (&arguments.amount, arguments.max_amount) {
        (AmountSpec::Any, _) if arguments.quantity_max.is_some() => {
            return Err(Misuse::parameter("quantity_max", "goes with an amount for each item"));
        }
        (AmountSpec::Fiat { .. }, _) if arguments.quantity_max.is_some() => {
            return Err(Misuse::parameter("quantity_max", "goes with an amount of bitcoin"));
        }
        (AmountSpec::Any | AmountSpec::Fiat { .. }, _) if !arguments.with_offer => {
            return Err(Misuse::parameter("amount", "should be a positive amount in msat"));
        }
        (AmountSpec::Fiat { .. }, most) => {
            let cap = |most| within("max_amount_msat", most);
            in_currency(arguments, most.map(cap).transpose()?, made.rate.as_ref(), policy)?
        }
        (AmountSpec::Any, most) => {
            let default = left.map_or(policy.payout_any_max, |left| left.min(policy.payout_max));
            PayoutAmount::UpTo(within("max_amount_msat", most.unwrap_or(default))?)
        }
        (AmountSpec::Msat(amount), most) if let Some(items) = arguments.quantity_max => {
            let amount = within("amount", *amount)?;
            let at_most = most_for(amount, items, most, policy)?;
            PayoutAmount::Each { amount, at_most: within("quantity_max", at_most)? }
        }
        (AmountSpec::Msat(_), Some(_)) => {
            let expected = "goes with the amount `any`, or with quantity_max";
            return Err(Misuse::parameter("max_amount_msat", expected));
        }
        (AmountSpec::Msat(amount), None) => PayoutAmount::Exact(within("amount", *amount)?),
    };
    if let Some(left) = left.filter(|left| amount.at_most() > *left) {
        return Err(Misuse::parameter(
            "refund_for",
            format!(
                "of what was paid {left} are not refunded or promised yet, this would be more; \
                 set allow_more to refund more than was paid"
            ),
        ));
    }
    let all = bounded(arguments, amount, policy)?;
    if let Some(allowance) = &made.allowance {
        allowance.check(all)?;
    }
    Ok(amount)
}

/// The most that so many items of `amount` each may be paid, 0 for any number.
fn most_for(amount: Msat, items: u64, most: Option<Msat>, policy: &Policy) -> Result<Msat, Misuse> {
    let all = NonZeroU64::new(items).map(|items| amount.times(items).unwrap_or(Msat::MAX));
    let at_most = match (all, most) {
        (Some(all), Some(most)) => all.min(most),
        (Some(all), None) => all,
        (None, most) => most.unwrap_or(policy.payout_any_max),
    };
    if at_most < amount {
        let expected = format!("should be at least the amount of one item, {amount}");
        return Err(Misuse::parameter("max_amount_msat", expected));
    }
    Ok(at_most)
}

/// A promise in a currency: what it comes to is found when it is redeemed, and never more than a cap in bitcoin that is
/// fixed now.
fn in_currency(
    arguments: &PayoutArguments,
    cap: Option<Msat>,
    rate: Option<&Rate>,
    policy: &Policy,
) -> Result<PayoutAmount, Misuse> {
    let price = fiat_amount(&arguments.amount)?;
    let price = price.ok_or_else(|| Misuse::parameter("amount", "should be in a currency"))?;
    let rate = rate.filter(|rate| rate.currency == price.currency()).ok_or_else(|| {
        Misuse::parameter("amount", format!("no current rate of {} is known", price.currency()))
    })?;
    let now = rate.price.to_msat(price, Rounding::Up);
    let usual = now.and_then(|now| now.plus(now.ppm(policy.payout_rate_margin_ppm)));
    match (cap, now, usual) {
        (Some(at_most), _, _) => Ok(PayoutAmount::Fiat { price, at_most }),
        (None, Some(now), Some(usual)) if now <= policy.payout_max => {
            Ok(PayoutAmount::Fiat { price, at_most: usual.min(policy.payout_max) })
        }
        (None, _, _) => {
            let expected = format!("should come to at most {} now", policy.payout_max);
            Err(Misuse::parameter("amount", expected))
        }
    }
}

/// A promise that is kept more than once has a bound that at least one redemption fits in. Gives what all of them may
/// be paid together.
fn bounded(
    arguments: &PayoutArguments,
    amount: PayoutAmount,
    policy: &Policy,
) -> Result<Msat, Misuse> {
    let Uses { most, total } = arguments.uses;
    let each = amount.at_most();
    let all = match (most, total) {
        (None, None) => {
            let expected = "`false` needs max_uses or max_total_msat";
            return Err(Misuse::parameter("single_use", expected));
        }
        (Some(0), _) => return Err(Misuse::parameter("max_uses", "should be at least 1")),
        (_, Some(total)) if total < each => {
            let expected = format!("should be at least the amount of one redemption, {each}");
            return Err(Misuse::parameter("max_total_msat", expected));
        }
        (_, Some(total)) => Some(total),
        (Some(most), None) => NonZeroU64::new(u64::from(most)).and_then(|most| each.times(most)),
    };
    all.filter(|all| *all <= policy.payout_max).ok_or_else(|| {
        let parameter = match (total, arguments.recurrence) {
            (Some(_), _) => "max_total_msat",
            (None, Some(_)) => "recurrence_limit",
            (None, None) => "max_uses",
        };
        let expected = format!("all redemptions together should be at most {}", policy.payout_max);
        Misuse::parameter(parameter, expected)
    })
}

fn build_offer(
    arguments: &PayoutArguments,
    amount: &PayoutAmount,
    made: &MadePayout,
    policy: &Policy,
    keys: &Keys,
) -> Result<Offer, bolt12::BuildError> {
    let mut builder = OfferBuilder::new()
        .metadata(made.nonce)
        .description(&arguments.description)
        .issuer_id(&keys.node_id())
        .send_invoice();
    if policy.chain != bolt1::ChainHash::BITCOIN {
        builder = builder.chains(&[policy.chain]);
    }
    match amount {
        PayoutAmount::Exact(amount) | PayoutAmount::Each { amount, .. } => {
            builder = builder.amount(*amount);
        }
        PayoutAmount::Fiat { price, .. } => {
            builder = builder.fiat(price.currency(), price.minor_units());
        }
        PayoutAmount::UpTo(_) => {}
    }
    if let Some(most) = arguments.quantity_max {
        builder = builder.quantity_max(QuantityMax::new(most));
    }
    if let Some(issuer) = &arguments.issuer {
        builder = builder.issuer(issuer);
    }
    if let Some(expiry) = arguments.absolute_expiry {
        builder = builder.absolute_expiry(expiry);
    }
    if !made.paths.is_empty() {
        builder = builder.paths(&made.paths);
    }
    if let Some(recurrence) = arguments.recurrence {
        builder = builder.recurrence(recurrence);
    }
    if let Some((refund, _)) = &made.refund {
        builder = builder.refund_for(refund.payment_hash.0);
    }
    builder.build()
}

fn build_request(
    arguments: &PayoutArguments,
    amount: Msat,
    made: &MadePayout,
    policy: &Policy,
    keys: &Keys,
) -> InvoiceRequestBuilder<bolt12::invoice_request::Payout> {
    let mut builder = InvoiceRequestBuilder::payout()
        .metadata(made.nonce)
        // req RW-22
        .payer_id(&keys.node_id())
        .description(&arguments.description)
        .amount(amount);
    if policy.chain != bolt1::ChainHash::BITCOIN {
        // req RW-25
        builder = builder.chain(policy.chain);
    }
    if let Some(issuer) = &arguments.issuer {
        builder = builder.issuer(issuer);
    }
    if let Some(expiry) = arguments.absolute_expiry {
        builder = builder.absolute_expiry(expiry);
    }
    if !made.paths.is_empty() {
        // req RW-23
        builder = builder.paths(&made.paths);
    }
    builder
}
