//! `newaddr`

use offerd_api::ErrorObject;
use offerd_api::node::NewAddress;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

/// The witness version in an address is the first character behind the last `1` of its prefix: `q` is 0, `p` is 1.
fn is_taproot(address: &str) -> bool {
    address.split_once('1').is_some_and(|(_, data)| data.starts_with('p'))
}

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let wanted: Option<String> = args.get("addresstype")?;
    let address = api.node.new_address().await?;
    let made = if is_taproot(&address) { "p2tr" } else { "bech32" };
    if wanted.as_deref().is_some_and(|wanted| wanted != "all" && wanted != made) {
        let expected = format!("should be `{made}`: this wallet makes no others");
        return Err(ErrorObject::parameter("addresstype", expected));
    }
    view::json(match made {
        "p2tr" => NewAddress { p2tr: Some(address), bech32: None },
        _ => NewAddress { p2tr: None, bech32: Some(address) },
    })
}
