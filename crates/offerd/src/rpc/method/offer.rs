//! `offer`

use bolt12::{Price, Recurrence};
use offerd_api::ErrorObject;
use offerd_api::offer::OfferCreated;
use offerd_core::offer_book::{OfferArguments, OfferEntry, ScheduleArguments, schedule};
use offerd_core::port::Fronts;

use super::Outcome;
use super::offerout::told;
use crate::driver::{OfferRequest, Warning};
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::outlook::Outlook;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let made = api.driver.create_offer(read(&args, api.driver.now())?).await.map_err(to_object)?;
    let amount = made.entry.newest().offer.price();
    let amount = if let Price::Msat(amount) = amount { Some(amount.as_u64()) } else { None };
    let inbound = Outlook::of(&api.node.channels().await?).inbound(amount);
    let shown = view::offer(&made.entry, None, None);
    view::json(OfferCreated {
        offer_id: shown.offer_id,
        active: shown.active,
        single_use: shown.single_use,
        bolt12: shown.bolt12,
        used: shown.used,
        force_paths: shown.force_paths,
        created: made.created,
        label: shown.label,
        external_id: shown.external_id,
        tags: shown.tags,
        page_url: page_url(api, &made.entry),
        warning_unreachable: told(&made.warnings, Warning::Unreachable),
        warning_no_inbound: inbound.no_inbound,
        warning_capacity: inbound.capacity,
        warning_offline: inbound.offline,
    })
}

/// Where people see it: by its id, or, where it is paid once, by a name that cannot be guessed.
fn page_url(api: &Api, entry: &OfferEntry) -> Option<String> {
    let links = api.pages.as_ref()?;
    Some(if entry.single_use {
        links.order(&api.driver.order_page(entry.row))
    } else {
        links.offer(&entry.newest().offer_id())
    })
}

/// The schedule that a code is to say.
fn read_schedule(args: &Args, now: bolt1::Timestamp) -> Result<Option<Recurrence>, ErrorObject> {
    let arguments = ScheduleArguments {
        recurrence: args.get("recurrence")?,
        base: args.get("recurrence_base")?.map(bolt1::Timestamp),
        paywindow: args.get("recurrence_paywindow")?,
        limit: args.get("recurrence_limit")?,
        proportional: args.need("proportional_amount")?,
        optional: args.need("optional_recurrence")?,
    };
    schedule(&arguments, now).map_err(|error| to_object(error.into()))
}

fn read(args: &Args, now: bolt1::Timestamp) -> Result<OfferRequest, ErrorObject> {
    Ok(OfferRequest {
        arguments: OfferArguments {
            amount: args.need("amount")?,
            description: args.get("description")?,
            issuer: args.get("issuer")?,
            quantity_max: args.get("quantity_max")?,
            absolute_expiry: args.get("absolute_expiry")?.map(bolt1::Timestamp),
            single_use: args.need("single_use")?,
            recurrence: read_schedule(args, now)?,
            fronts: args.get("fronting_nodes")?.map_or(Fronts::Usual, Fronts::Only),
        },
        label: args.get("label")?,
        external_id: args.get("external_id")?,
        tags: args.get("tags")?.unwrap_or_default(),
        return_url: None,
        lifetime: None,
    })
}
