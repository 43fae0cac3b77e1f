//! `lsps-lsps2-invoice`

use bolt1::{Msat, Seconds};
use offerd_api::liquidity::OpeningInvoice;
use offerd_api::{ErrorObject, code};
use offerd_core::amount::AmountSpec;
use offerd_core::change::{ChangeKind, Subject};
use offerd_core::invoice_book::Bolt11Arguments;
use offerd_core::liquidity::{TermsRefused, choose_terms};
use offerd_core::port::Hints;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::{fault_object, to_object};
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let (provider, max_fee) = (api.providers.meant(&args)?, api.providers.max_fee(&args)?);
    let payment: Msat = args.need("amount_msat")?;
    let mut arguments = Bolt11Arguments {
        amount: AmountSpec::Msat(payment),
        label: args.need("label")?,
        description: args.need("description")?,
        description_as_hash: false,
        expiry: Seconds(args.need("expiry")?),
        final_delay: None,
        fallbacks: Vec::new(),
        preimage: None,
        hints: Hints::Never,
    };
    // Whatever is wrong with the invoice is said before anything is bought.
    api.driver.check_bolt11(&arguments).map_err(to_object)?;
    let menu = api.node.opening_terms(&provider).await?;
    let now = api.driver.now();
    let (terms, fee) = choose_terms(&menu, payment, max_fee, now).map_err(refused)?;
    let channel = api.node.buy_opening(&provider, terms, payment, fee).await?;
    arguments.expiry = arguments.expiry.min(channel.life(now));
    arguments.hints = Hints::JustInTime(channel);
    let made = api.driver.create_bolt11(arguments).await.map_err(to_object)?;
    let invoice = made.invoice;
    let place = api.driver.store().place_of(&Subject::Invoice(invoice.row), ChangeKind::Created);
    view::json(OpeningInvoice {
        bolt11: invoice.bolt11().map(|terms| terms.string.clone()).unwrap_or_default(),
        payment_hash: invoice.payment_hash().to_string(),
        payment_secret: hex::encode(made.payment_secret),
        expires_at: invoice.expires_at().0,
        created_index: place.map_err(|error| fault_object(&error))?,
        lsp_id: provider.node.to_string(),
        amount_msat: payment.as_u64(),
        opening_fee_msat: fee.as_u64(),
    })
}

/// Terms that are not taken, by what is to be changed.
fn refused(refused: TermsRefused) -> ErrorObject {
    let text = refused.to_string();
    match refused {
        TermsRefused::TooSmall { .. }
        | TermsRefused::TooLarge { .. }
        | TermsRefused::NothingLeft { .. } => ErrorObject::parameter("amount_msat", text),
        TermsRefused::TooExpensive { .. } => ErrorObject::new(code::PAY_TOO_EXPENSIVE, text),
        TermsRefused::Empty
        | TermsRefused::Expired
        | TermsRefused::Nonsense
        | TermsRefused::Delay { .. } => ErrorObject::new(code::GENERAL, text),
    }
}
