//! `listconfigs`

use offerd_api::ErrorObject;
use offerd_api::control::ConfigList;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let wanted: Option<String> = args.get("config")?;
    if let Some(name) = &wanted
        && crate::config::option::find(name).is_none()
    {
        let name = name.chars().take(64).collect::<String>();
        let expected = format!("there is no option `{}`", name.escape_debug());
        return Err(ErrorObject::parameter("config", expected));
    }
    let fits = |name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    let configs = api.configs.iter().filter(|(name, _)| fits(name));
    view::json(ConfigList {
        configs: configs.map(|(name, view)| (name.clone(), view.clone())).collect(),
    })
}
