//! Making a promise to pay.

use bolt1::{Msat, Timestamp};
use bolt4::BlindedPath;
use bolt12::{InvoiceRequestBuilder, Offer, OfferBuilder};

use super::{Payout, PayoutAmount, PromiseState};
use crate::amount::AmountSpec;
use crate::id::PayoutRow;
use crate::keys::{Keys, digest};
use crate::misuse::Misuse;
use crate::policy::Policy;

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
    /// Most that `any` pays; the policy's default otherwise.
    pub max_amount: Option<Msat>,
    /// Whether the `lno1…` string is made as well (`offerout`), or the `lnr1…` alone (`invoicerequest`).
    pub with_offer: bool,
}

/// By this key a repeated call of the same label is told from another one.
pub fn payout_arguments_key(arguments: &PayoutArguments) -> [u8; 32] {
    let amount = match &arguments.amount {
        AmountSpec::Any => "any".to_owned(),
        AmountSpec::Msat(amount) => amount.to_string(),
        AmountSpec::Fiat { currency, whole, decimals } => format!("{whole}.{decimals}{currency}"),
    };
    let issuer = arguments.issuer.as_ref().map(|issuer| format!("+{issuer}")).unwrap_or_default();
    let expiry = arguments.absolute_expiry.map(|at| at.to_string()).unwrap_or_default();
    let most = arguments.max_amount.map(|most| most.to_string()).unwrap_or_default();
    digest(&[
        amount.as_bytes(),
        arguments.description.as_bytes(),
        issuer.as_bytes(),
        expiry.as_bytes(),
        most.as_bytes(),
        &[u8::from(arguments.with_offer)],
    ])
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
    let amount = promised(arguments, policy)?;
    if arguments.absolute_expiry.is_some_and(|expiry| expiry <= made.now) {
        return Err(Misuse::parameter("absolute_expiry", "should be in the future"));
    }
    let built = |error: bolt12::BuildError| Misuse::WrongString(error.to_string());
    let offer = arguments
        .with_offer
        .then(|| build_offer(arguments, &amount, &made, policy, keys).map_err(built))
        .transpose()?;
    let (plain, signed) = match amount {
        PayoutAmount::Exact(exact) => {
            let builder = build_request(arguments, exact, &made, policy, keys);
            let plain = builder.clone().build_unsigned().map_err(built)?;
            let signed = builder.sign(keys.secp(), keys.node()).map_err(built)?;
            (Some(plain), Some(signed))
        }
        PayoutAmount::UpTo(_) => (None, None),
    };
    Ok(Payout {
        row: made.row,
        nonce: made.nonce,
        label: arguments.label.clone(),
        arguments_key: payout_arguments_key(arguments),
        amount,
        offer,
        invoice_request: plain,
        invoice_request_signed: signed,
        path_id: if made.paths.is_empty() { None } else { Some(made.path_id) },
        absolute_expiry: arguments.absolute_expiry,
        state: PromiseState::Open,
        created_at: made.now,
    })
}

fn promised(arguments: &PayoutArguments, policy: &Policy) -> Result<PayoutAmount, Misuse> {
    let within = |parameter, amount: Msat| {
        if amount.is_zero() {
            Err(Misuse::parameter(parameter, "should be a positive amount"))
        } else if amount > policy.payout_max {
            Err(Misuse::parameter(parameter, format!("should be at most {}", policy.payout_max)))
        } else {
            Ok(amount)
        }
    };
    match (&arguments.amount, arguments.max_amount) {
        (AmountSpec::Fiat { .. }, _) => {
            Err(Misuse::NotYet { parameter: "amount", what: "payouts in currencies" })
        }
        (AmountSpec::Any, _) if !arguments.with_offer => {
            Err(Misuse::parameter("amount", "should be a positive amount in msat"))
        }
        (AmountSpec::Any, most) => {
            within("max_amount_msat", most.unwrap_or(policy.payout_any_max)).map(PayoutAmount::UpTo)
        }
        (AmountSpec::Msat(_), Some(_)) => {
            Err(Misuse::parameter("max_amount_msat", "goes with the amount `any` only"))
        }
        (AmountSpec::Msat(amount), None) => within("amount", *amount).map(PayoutAmount::Exact),
    }
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
    if let PayoutAmount::Exact(amount) = amount {
        builder = builder.amount(*amount);
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
