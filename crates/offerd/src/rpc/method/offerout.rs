//! `offerout`

use bolt1::Timestamp;
use bolt12::Recurrence;
use offerd_api::ErrorObject;
use offerd_api::payout::PayoutCreated;
use offerd_core::PaymentHash;
use offerd_core::amount::AmountSpec;
use offerd_core::offer_book::{ScheduleArguments, schedule};
use offerd_core::payout::{PayoutAmount, PayoutArguments, RefundFor, Uses};

use super::Outcome;
use crate::driver::Warning;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::outlook::Outlook;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let made = api.driver.create_payout(read(&args, api.driver.now())?).await.map_err(to_object)?;
    let payout = made.payout;
    let outlook = Outlook::of(&api.node.channels().await?);
    let warning_no_outbound = outlook.outbound(most(payout.amount));
    let Some(offer) = view::payout_as_offer(&payout, None) else {
        return Err(ErrorObject::new(offerd_api::code::GENERAL, "internal error: no offer"));
    };
    let request = view::payout_as_request(&payout).unwrap_or_default();
    view::json(PayoutCreated {
        offer_id: offer.offer_id,
        active: offer.active,
        single_use: offer.single_use,
        bolt12: offer.bolt12,
        used: offer.used,
        created: true,
        label: offer.label,
        max_amount_msat: match payout.amount {
            PayoutAmount::UpTo(most)
            | PayoutAmount::Each { at_most: most, .. }
            | PayoutAmount::Fiat { at_most: most, .. } => Some(most.as_u64()),
            PayoutAmount::Exact(_) => None,
        },
        price: payout.amount.fiat().map(|price| price.to_string()),
        invreq_id: payout.invreq_id().map(|id| id.to_string()),
        invoice_request: request.invoice_request,
        invoice_request_signed: request.invoice_request_signed,
        page_url: api.pages.as_ref().map(|links| links.payout(&api.driver.payout_page(payout.row))),
        warning_only_offerd: told(&made.warnings, Warning::OnlyOfferd),
        warning_unreachable: told(&made.warnings, Warning::Unreachable),
        warning_no_outbound,
    })
}

/// The periods of a code that recurs.
fn read_schedule(args: &Args, now: Timestamp) -> Result<Option<Recurrence>, ErrorObject> {
    let arguments = ScheduleArguments {
        recurrence: args.get("recurrence")?,
        base: args.get("recurrence_base")?.map(Timestamp),
        paywindow: args.get("recurrence_paywindow")?,
        limit: args.get("recurrence_limit")?,
        ..ScheduleArguments::default()
    };
    schedule(&arguments, now).map_err(|error| to_object(error.into()))
}

fn read(args: &Args, now: Timestamp) -> Result<PayoutArguments, ErrorObject> {
    let amount: AmountSpec = args.need("amount")?;
    let max_amount = args.get("max_amount_msat")?;
    let quantity_max = args.get("quantity_max")?;
    if max_amount.is_some() && matches!(amount, AmountSpec::Msat(_)) && quantity_max.is_none() {
        let expected =
            "unnecessary: goes with the amount `any`, with one of a currency, or with quantity_max";
        return Err(ErrorObject::parameter("max_amount_msat", expected));
    }
    Ok(PayoutArguments {
        amount,
        description: args.need("description")?,
        issuer: args.get("issuer")?,
        label: args.get("label")?,
        absolute_expiry: args.get("absolute_expiry")?.map(Timestamp),
        max_amount,
        quantity_max,
        uses: Uses::ONCE,
        refund_for: refund_for(args)?,
        recurrence: read_schedule(args, now)?,
        approve: args.need("approve")?,
        with_offer: true,
    })
}

/// The most that a promise pays, in msat.
pub(super) fn most(amount: PayoutAmount) -> u64 {
    amount.at_most().as_u64()
}

/// An invoice of ours, or its payment hash.
fn refund_for(args: &Args) -> Result<Option<RefundFor>, ErrorObject> {
    let allow_more: bool = args.need("allow_more")?;
    let Some(text) = args.get::<String>("refund_for")? else {
        return if allow_more {
            Err(ErrorObject::parameter("allow_more", "unnecessary: goes with refund_for alone"))
        } else {
            Ok(None)
        };
    };
    let text = text.trim();
    let mut hash = [0; 32];
    let (payment_hash, node_id) = match hex::decode_to_slice(text, &mut hash) {
        Ok(()) => (hash, None),
        Err(_) => {
            let invoice: bolt12::Invoice = text.parse().map_err(|error| {
                let expected = format!("should be an invoice or 64 hexadecimal digits: {error}");
                ErrorObject::parameter("refund_for", expected)
            })?;
            (invoice.payment_hash(), Some(invoice.node_id()))
        }
    };
    Ok(Some(RefundFor { payment_hash: PaymentHash(payment_hash), node_id, allow_more }))
}

/// The text of a warning, where it is among them.
pub(super) fn told(warnings: &[Warning], wanted: Warning) -> Option<String> {
    warnings.contains(&wanted).then(|| wanted.to_string())
}
