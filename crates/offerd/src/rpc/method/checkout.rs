//! `checkout`

use bolt1::Seconds;
use bolt12::Price;
use offerd_api::ErrorObject;
use offerd_api::offer::CheckoutCreated;
use offerd_core::offer_book::OfferArguments;
use offerd_core::port::Fronts;

use super::Outcome;
use super::offerout::told;
use crate::driver::{OfferRequest, Warning};
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::outlook::Outlook;
use crate::rpc::params::Args;
use crate::rpc::view;

/// Longest address that is believed to be meant.
const MAX_URL: usize = 2_048;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let made = api.driver.create_offer(read(&args)?).await.map_err(to_object)?;
    let (entry, offer) = (&made.entry, &made.entry.newest().offer);
    let amount = offer.price();
    let amount = if let Price::Msat(amount) = amount { Some(amount.as_u64()) } else { None };
    let inbound = Outlook::of(&api.node.channels().await?).inbound(amount);
    let name = api.driver.order_page(entry.row);
    let links = api.pages.as_ref();
    let no_pages = "no pages are served: set pages-listen, and pages-url where visitors reach it";
    view::json(CheckoutCreated {
        offer_id: offer.id().to_string(),
        bolt12: offer.to_string(),
        created: made.created,
        expires_at: offer.absolute_expiry().unwrap_or_default().0,
        checkout_url: links.map(|links| links.order(&name)),
        status_url: links.map(|links| links.order_status(&name)),
        label: entry.label.clone(),
        external_id: entry.external_id.clone(),
        return_url: entry.return_url.clone(),
        warning_no_pages: links.is_none().then(|| no_pages.to_owned()),
        warning_unreachable: told(&made.warnings, Warning::Unreachable),
        warning_no_inbound: inbound.no_inbound,
        warning_capacity: inbound.capacity,
        warning_offline: inbound.offline,
    })
}

fn read(args: &Args) -> Result<OfferRequest, ErrorObject> {
    let return_url: Option<String> = args.get("return_url")?;
    if return_url.as_deref().is_some_and(|url| !leads_back(url)) {
        let expected = "should be an https:// or http:// address of at most 2048 bytes";
        return Err(ErrorObject::parameter("return_url", expected));
    }
    Ok(OfferRequest {
        arguments: OfferArguments {
            amount: args.need("amount")?,
            description: args.get("description")?,
            issuer: args.get("issuer")?,
            quantity_max: None,
            absolute_expiry: None,
            single_use: true,
            recurrence: None,
            fronts: Fronts::Usual,
        },
        label: args.get("label")?,
        external_id: args.get("external_id")?,
        tags: args.get("tags")?.unwrap_or_default(),
        return_url,
        lifetime: Some(Seconds(args.need("expiry")?)),
    })
}

/// Whether a link may lead there: to a page, and to nothing that runs.
fn leads_back(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_host = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    rest.is_some_and(is_host)
        && url.len() <= MAX_URL
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}
