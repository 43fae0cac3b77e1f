//! `invoice`

use bolt1::{CltvDelta, Msat, Seconds};
use offerd_api::invoice::InvoiceCreated;
use offerd_core::Preimage;
use offerd_core::change::{ChangeKind, Subject};
use offerd_core::invoice_book::Bolt11Arguments;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::{fault_object, to_object};
use crate::rpc::outlook::Bolt11Warnings;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let final_delay: Option<u64> = args.get("cltv")?;
    let final_delay = final_delay.map(|blocks| u32::try_from(blocks).unwrap_or(u32::MAX));
    let arguments = Bolt11Arguments {
        amount: args.need("amount_msat")?,
        label: args.need("label")?,
        description: args.need("description")?,
        description_as_hash: args.need("deschashonly")?,
        expiry: Seconds(args.need("expiry")?),
        final_delay: final_delay.map(CltvDelta),
        fallbacks: args.get("fallbacks")?.unwrap_or_default(),
        preimage: args.get("preimage")?.map(Preimage),
        hints: args.get("exposeprivatechannels")?.unwrap_or_default(),
    };
    let hints = arguments.hints.clone();
    let made = api.driver.create_bolt11(arguments).await.map_err(to_object)?;
    let invoice = made.invoice;
    let channels = api.node.channels().await?;
    let warnings = Bolt11Warnings::of(&channels, invoice.amount().map(Msat::as_u64), &hints);
    let place = api.driver.store().place_of(&Subject::Invoice(invoice.row), ChangeKind::Created);
    view::json(InvoiceCreated {
        bolt11: invoice.bolt11().map(|terms| terms.string.clone()).unwrap_or_default(),
        payment_hash: invoice.payment_hash().to_string(),
        payment_secret: hex::encode(made.payment_secret),
        expires_at: invoice.expires_at().0,
        created_index: place.map_err(|error| fault_object(&error))?,
        warning_capacity: warnings.capacity,
        warning_offline: warnings.offline,
        warning_deadends: warnings.deadends,
        warning_private_unused: warnings.private_unused,
        warning_mpp: warnings.mpp,
    })
}
