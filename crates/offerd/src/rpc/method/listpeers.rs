//! `listpeers`

use bolt1::PublicKey;
use offerd_api::node::PeerList;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let wanted = args.get::<PublicKey>("id")?.map(|id| id.to_string());
    let mut peers = api.node.peers().await?;
    peers.retain(|peer| wanted.as_ref().is_none_or(|wanted| peer.id == *wanted));
    peers.sort_by(|a, b| a.id.cmp(&b.id));
    view::json(PeerList { peers })
}
