//! `decode`

use serde_json::Value;

use super::Outcome;
use crate::rpc::params::Args;

pub(super) fn call(args: &Args) -> Outcome {
    let string: String = args.need("string")?;
    Ok(Value::Object(offerd_api::decode::decode(&string).view))
}
