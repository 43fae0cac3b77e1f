//! `backup`

use std::path::PathBuf;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let destination: String = args.need("destination")?;
    view::json(api.node.back_up(PathBuf::from(destination)).await?)
}
