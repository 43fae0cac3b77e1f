//! `cancelsubscription`

use super::{Outcome, listsubscriptions};
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let label: String = args.need("label")?;
    let known = api.driver.cancel_subscription(&label).await.map_err(to_object)?;
    view::json(listsubscriptions::view_of(&known))
}
