//! Making an offer.

use std::num::NonZeroU64;

use bolt1::{Msat, Timestamp};
use bolt4::BlindedPath;
use bolt12::{Offer, OfferBuilder, QuantityMax};

use crate::amount::AmountSpec;
use crate::keys::{Keys, digest};
use crate::misuse::Misuse;
use crate::policy::Policy;

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
}

/// By this key a repeated call finds the offer that was made before.
pub fn offer_arguments_key(arguments: &OfferArguments) -> [u8; 32] {
    let amount = match &arguments.amount {
        AmountSpec::Any => "any".to_owned(),
        AmountSpec::Msat(amount) => amount.to_string(),
        AmountSpec::Fiat { currency, whole, decimals } => format!("{whole}.{decimals}{currency}"),
    };
    let text =
        |value: &Option<String>| value.as_ref().map(|text| format!("+{text}")).unwrap_or_default();
    let number = |value: Option<u64>| value.map(|n| n.to_string()).unwrap_or_default();
    digest(&[
        amount.as_bytes(),
        text(&arguments.description).as_bytes(),
        text(&arguments.issuer).as_bytes(),
        number(arguments.quantity_max).as_bytes(),
        number(arguments.absolute_expiry.map(|expiry| expiry.0)).as_bytes(),
    ])
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
                return Err(Misuse::parameter(
                    "description",
                    "is required: whoever pays an amount must know what for",
                ));
            }
            builder = builder.amount(*amount);
        }
        AmountSpec::Fiat { .. } => {
            return Err(Misuse::NotYet { parameter: "amount", what: "prices in currencies" });
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
    if arguments.single_use {
        builder = builder.metadata(nonce.to_vec());
    }
    if !paths.is_empty() {
        builder = builder.paths(&paths);
    }
    builder.build().map_err(|error| Misuse::WrongString(error.to_string()))
}
