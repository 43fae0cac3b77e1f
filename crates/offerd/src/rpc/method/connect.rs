//! `connect`

use bolt1::PublicKey;
use offerd_api::ErrorObject;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::node_control::PeerAddress;
use crate::rpc::params::Args;
use crate::rpc::peer::address;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let (peer, address) = read(&args)?;
    view::json(api.node.connect(peer, address).await?)
}

fn read(args: &Args) -> Result<(PublicKey, Option<PeerAddress>), ErrorObject> {
    let (id, host): (String, Option<String>) = (args.need("id")?, args.get("host")?);
    let port: Option<u64> = args.get("port")?;
    let (id, inline) = match id.split_once('@') {
        Some((id, inline)) => (id.to_owned(), Some(inline.to_owned())),
        None => (id, None),
    };
    let bad_id = || {
        ErrorObject::parameter(
            "id",
            "should be a node id (33 bytes in hexadecimal), or id@host:port",
        )
    };
    let bytes = hex::decode(&id).map_err(|_| bad_id())?;
    let peer = bolt1::decode_point(&bytes).map_err(|_| bad_id())?;
    if inline.is_some() && host.is_some() {
        return Err(ErrorObject::parameter("host", "given twice, in id as well"));
    }
    let port = port.map(u16::try_from).transpose().ok().flatten();
    let address = match (inline, host) {
        (Some(inline), _) => Some(address(&inline, port).ok_or_else(bad_id)?),
        (None, Some(host)) => Some(
            address(&host, port)
                .ok_or_else(|| ErrorObject::parameter("host", "should be a host, or host:port"))?,
        ),
        (None, None) => None,
    };
    Ok((peer, address))
}
