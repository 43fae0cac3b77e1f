//! Buying liquidity.

use bolt1::{Msat, Timestamp};
use offerd_api::liquidity::OpeningView;
use offerd_api::{ErrorObject, code};
use offerd_core::liquidity::{JustInTime, OpeningTerms};
use offerd_node_ldk::{AgreementView, LspError, Node};

use super::{connect_error, general, host_and_port};
use crate::rpc::liquidity::Provider;

pub(super) async fn terms(
    node: &Node,
    provider: &Provider,
) -> Result<Vec<OpeningTerms>, ErrorObject> {
    let address = provider.address.as_ref().map(host_and_port);
    let token = provider.token.clone();
    node.opening_terms(provider.node, address.as_deref(), token).await.map_err(error)
}

pub(super) async fn buy(
    node: &Node,
    provider: &Provider,
    terms: &OpeningTerms,
    (payment, fee): (Msat, Msat),
) -> Result<JustInTime, ErrorObject> {
    node.buy_opening(provider.node, terms, payment, fee).await.map_err(error)
}

pub(super) fn list(node: &Node, now: Timestamp) -> Result<Vec<OpeningView>, ErrorObject> {
    let mut all = node.agreements().map_err(|error| general(&error))?;
    all.sort_by_key(|it| (std::cmp::Reverse(it.valid_until), it.payment_hash));
    Ok(all.into_iter().map(|it| view(&it, now)).collect())
}

fn view(it: &AgreementView, now: Timestamp) -> OpeningView {
    let status = match it.kept {
        Some(_) => "arrived",
        None if now > it.valid_until => "expired",
        None => "waiting",
    };
    OpeningView {
        payment_hash: hex::encode(it.payment_hash),
        lsp_id: it.provider.to_string(),
        status: status.to_owned(),
        amount_msat: it.payment.as_u64(),
        opening_fee_msat: it.opening_fee.as_u64(),
        kept_msat: it.kept.map(Msat::as_u64),
        valid_until: it.valid_until.0,
    }
}

pub(super) fn error(error: LspError) -> ErrorObject {
    match error {
        LspError::Connect(error) => connect_error(&error),
        LspError::NoAnswer
        | LspError::Unreadable
        | LspError::Gone
        | LspError::Refused { .. }
        | LspError::Busy
        | LspError::Stopping
        | LspError::Delay { .. }
        | LspError::Terms(_) => ErrorObject::new(code::GENERAL, error.to_string()),
    }
}
