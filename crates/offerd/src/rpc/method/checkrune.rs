//! `checkrune`

use bolt1::PublicKey;
use offerd_api::ErrorObject;
use offerd_api::rune::RuneChecked;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::{Outcome, createrune};
use crate::rpc::call::Api;
use crate::rpc::error::{fault_object, rune_object};
use crate::rpc::params::Args;
use crate::rpc::rune::Facts;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let rune = createrune::rune(args)?;
    let rune = rune.ok_or_else(|| ErrorObject::parameter("rune", "is required"))?;
    let method: Option<String> = args.get("method")?;
    let params: Option<Value> = args.get("params")?;
    let params: Option<Box<RawValue>> = params
        .map(|params| to_raw_value(&params))
        .transpose()
        .map_err(|error| ErrorObject::parameter("params", error))?;
    let node: Option<PublicKey> = args.get("nodeid")?;
    let facts = match method {
        Some(method) => Facts::of(&method, params.as_deref(), api.driver.policy())?,
        None => Facts::of_unknown(""),
    };
    let facts = facts.by_node(node.map(|node| node.to_string()));
    let allowed = facts.ask(|asked| api.driver.use_rune(&rune, asked));
    allowed.map_err(|error| fault_object(&error))?.map_err(|refusal| rune_object(&refusal))?;
    view::json(RuneChecked { valid: true })
}
