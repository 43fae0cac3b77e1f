//! `lsps-lsps2-getinfo`

use offerd_api::liquidity::{OpeningMenu, OpeningParams};
use offerd_core::liquidity::OpeningTerms;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let provider = api.providers.meant(&args)?;
    let lsp_id = provider.node.to_string();
    let menu = api.node.opening_terms(&provider).await?;
    let opening_fee_params_menu = menu.into_iter().map(params).collect();
    view::json(OpeningMenu { lsp_id, opening_fee_params_menu })
}

fn params(terms: OpeningTerms) -> OpeningParams {
    OpeningParams {
        min_fee_msat: terms.min_fee.as_u64(),
        proportional: terms.proportional_ppm,
        valid_until: terms.valid_until.0,
        min_lifetime: terms.min_lifetime,
        max_client_to_self_delay: terms.max_client_to_self_delay,
        min_payment_size_msat: terms.min_payment.as_u64(),
        max_payment_size_msat: terms.max_payment.as_u64(),
        promise: terms.promise,
    }
}
