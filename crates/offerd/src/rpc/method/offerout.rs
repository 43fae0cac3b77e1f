//! `offerout`

use bolt1::Timestamp;
use offerd_api::ErrorObject;
use offerd_api::payout::PayoutCreated;
use offerd_core::amount::AmountSpec;
use offerd_core::payout::{PayoutAmount, PayoutArguments};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let made = api.driver.create_payout(read(&args)?).await.map_err(to_object)?;
    let warnings = sort_warnings(made.warnings);
    let payout = made.payout;
    let Some(offer) = view::payout_as_offer(&payout, None) else {
        return Err(ErrorObject::new(offerd_api::code::GENERAL, "internal error: no offer"));
    };
    let request = view::payout_as_request(&payout);
    let only_offerd = request.is_none().then(|| {
        "an invoice request cannot carry this promise: only offerd can redeem the code".to_owned()
    });
    let request = request.unwrap_or_default();
    view::json(PayoutCreated {
        offer_id: offer.offer_id,
        active: offer.active,
        single_use: true,
        bolt12: offer.bolt12,
        used: offer.used,
        created: true,
        label: offer.label,
        max_amount_msat: match payout.amount {
            PayoutAmount::UpTo(most) => Some(most.as_u64()),
            PayoutAmount::Exact(_) => None,
        },
        invreq_id: payout.invreq_id().map(|id| id.to_string()),
        invoice_request: request.invoice_request,
        invoice_request_signed: request.invoice_request_signed,
        warning_only_offerd: only_offerd,
        warning_unreachable: warnings.unreachable,
        warning_capacity: warnings.capacity,
    })
}

fn read(args: &Args) -> Result<PayoutArguments, ErrorObject> {
    let amount: AmountSpec = args.need("amount")?;
    let max_amount = args.get("max_amount_msat")?;
    if max_amount.is_some() && amount != AmountSpec::Any {
        let expected = "unnecessary: goes with the amount `any` alone";
        return Err(ErrorObject::parameter("max_amount_msat", expected));
    }
    Ok(PayoutArguments {
        amount,
        description: args.need("description")?,
        issuer: args.get("issuer")?,
        label: args.get("label")?,
        absolute_expiry: args.get("absolute_expiry")?.map(Timestamp),
        max_amount,
        with_offer: true,
    })
}

/// What the maker of a code should know, by the names under which it is told.
pub(super) struct Warnings {
    pub(super) unreachable: Option<String>,
    pub(super) capacity: Option<String>,
}

pub(super) fn sort_warnings(warnings: Vec<String>) -> Warnings {
    let mut sorted = Warnings { unreachable: None, capacity: None };
    for warning in warnings {
        if warning.contains("reach") {
            sorted.unreachable = Some(warning);
        } else if !warning.contains("only offerd") {
            sorted.capacity = Some(warning);
        }
    }
    sorted
}
