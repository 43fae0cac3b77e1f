//! `lsps-lsps2-list`

use offerd_api::liquidity::OpeningList;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::view;

pub(super) async fn call(api: &Api) -> Outcome {
    let openings = api.node.openings(api.driver.now()).await?;
    view::json(OpeningList { openings })
}
