//! Making an offer.

use std::num::NonZeroU64;

use bolt1::{Msat, Timestamp};
use bolt4::BlindedPath;
use bolt12::{Offer, OfferBuilder, QuantityMax, Recurrence, TimeUnit};

use crate::amount::AmountSpec;
use crate::keys::{Keys, digest};
use crate::misuse::Misuse;
use crate::policy::Policy;
use crate::port::Fronts;
use crate::rates::FiatAmount;

/// What an offer was asked to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferArguments {
    /// Price of one item, or whatever the payer decides.
    pub amount: AmountSpec,
    /// What it is for; required with an amount.
    pub description: Option<String>,
    /// Who sells.
    pub issuer: Option<String>,
    /// `None`: one item a payment. `Some(0)`: any number. Else the most items.
    pub quantity_max: Option<u64>,
    /// When it ends.
    pub absolute_expiry: Option<Timestamp>,
    /// At most one payment is accepted.
    pub single_use: bool,
    /// By which schedule it is to be paid again and again.
    pub recurrence: Option<Recurrence>,
    /// The peers that are to stand in front of us.
    pub fronts: Fronts,
}

/// By this key a repeated call finds the offer that was made before.
pub fn offer_arguments_key(arguments: &OfferArguments) -> [u8; 32] {
    let amount = match &arguments.amount {
        AmountSpec::Any => "any".to_owned(),
        AmountSpec::Msat(amount) => amount.to_string(),
        AmountSpec::Fiat { currency, whole, decimals } => {
            let trimmed = decimals.trim_end_matches('0');
            format!("{whole}.{trimmed}{currency}")
        }
    };
    let text =
        |value: &Option<String>| value.as_ref().map(|text| format!("+{text}")).unwrap_or_default();
    let number = |value: Option<u64>| value.map(|n| n.to_string()).unwrap_or_default();
    let description = text(&arguments.description);
    let issuer = text(&arguments.issuer);
    let quantity_max = number(arguments.quantity_max);
    let expiry = number(arguments.absolute_expiry.map(|expiry| expiry.0));
    let schedule = arguments.recurrence.map(|schedule| schedule_text(&schedule));
    let once = [&amount, &description, &issuer, &quantity_max, &expiry];
    let fronts = fronts_text(&arguments.fronts);
    let rest = schedule.iter().chain(&fronts);
    let parts: Vec<&[u8]> = once.into_iter().chain(rest).map(|part| part.as_bytes()).collect();
    digest(&parts)
}

/// The nodes in front, in one order; unlike any schedule.
fn fronts_text(fronts: &Fronts) -> Option<String> {
    let Fronts::Only(nodes) = fronts else { return None };
    let mut nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    nodes.sort_unstable();
    nodes.dedup();
    Some(format!("via {}", nodes.join(" ")))
}

/// A schedule, each a different text.
fn schedule_text(schedule: &Recurrence) -> String {
    let Recurrence { unit, period, compulsory, base, paywindow, limit, numbering: _ } = schedule;
    let unit = match unit {
        TimeUnit::Seconds => 's',
        TimeUnit::Days => 'd',
        TimeUnit::Months => 'm',
    };
    let base =
        base.map(|base| format!("@{}{}", base.basetime, if base.proportional { "%" } else { "" }));
    let window =
        paywindow.map(|window| format!("-{}+{}", window.seconds_before, window.seconds_after));
    let limit = limit.map(|limit| format!("<{limit}"));
    let kind = if *compulsory { '!' } else { '?' };
    let rest: String = [base, window, limit].into_iter().flatten().collect();
    format!("{kind}{period}{unit}{rest}")
}

/// Encodes the offer. `paths` are blinded paths to us (none when we can be found by our node id), `nonce` goes
/// into a single-use offer so that it is unlike any other.
///
/// # Errors
/// [`Misuse`] names the parameter that does not fit.
pub fn make_offer(
    arguments: &OfferArguments,
    paths: Vec<BlindedPath>,
    nonce: [u8; 16],
    policy: &Policy,
    keys: &Keys,
    now: Timestamp,
) -> Result<Offer, Misuse> {
    let mut builder = OfferBuilder::new().issuer_id(&keys.node_id());
    if policy.chain != bolt1::ChainHash::BITCOIN {
        builder = builder.chains(&[policy.chain]);
    }
    match &arguments.amount {
        AmountSpec::Any => {}
        AmountSpec::Msat(Msat::ZERO) => {
            return Err(Misuse::parameter("amount", "should be `any` or a positive amount"));
        }
        AmountSpec::Msat(amount) => {
            if arguments.description.is_none() {
                return Err(no_description());
            }
            builder = builder.amount(*amount);
        }
        AmountSpec::Fiat { .. } => {
            if arguments.description.is_none() {
                return Err(no_description());
            }
            let price = fiat_amount(&arguments.amount)?;
            if let Some(price) = price {
                // req OW-05
                builder = builder.fiat(price.currency(), price.minor_units());
            }
        }
    }
    if let Some(description) = &arguments.description {
        builder = builder.description(description);
    }
    if let Some(issuer) = &arguments.issuer {
        builder = builder.issuer(issuer);
    }
    if let Some(most) = arguments.quantity_max {
        builder = builder.quantity_max(
            NonZeroU64::new(most).map_or(QuantityMax::Unbounded, QuantityMax::Bounded),
        );
    }
    if let Some(expiry) = arguments.absolute_expiry {
        if expiry <= now {
            return Err(Misuse::parameter("absolute_expiry", "should be in the future"));
        }
        // req OW-10
        builder = builder.absolute_expiry(expiry);
    }
    if let Some(schedule) = arguments.recurrence {
        if arguments.single_use {
            let expected = "does not go with recurrence: such a code is paid more than once";
            return Err(Misuse::parameter("single_use", expected));
        }
        builder = builder.recurrence(schedule);
    }
    if arguments.single_use {
        builder = builder.metadata(nonce.to_vec());
    }
    if !paths.is_empty() {
        builder = builder.paths(&paths);
    }
    builder.build().map_err(|error| Misuse::WrongString(error.to_string()))
}

/// The amount of a currency that a caller asked for; `None` where that was no currency.
///
/// # Errors
/// [`Misuse`] in `amount`: an unknown currency, the wrong number of decimals, zero, or too much.
pub fn fiat_amount(amount: &AmountSpec) -> Result<Option<FiatAmount>, Misuse> {
    FiatAmount::read(amount).map_err(|error| Misuse::parameter("amount", error.to_string()))
}

fn no_description() -> Misuse {
    let expected = "is required: whoever pays an amount must know what for";
    Misuse::parameter("description", expected)
}
