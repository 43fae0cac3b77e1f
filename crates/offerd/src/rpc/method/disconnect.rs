//! `disconnect`

use bolt1::PublicKey;
use offerd_api::control::Nothing;
use offerd_api::{ErrorObject, code};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let peer: PublicKey = args.need("id")?;
    let id = peer.to_string();
    if !api.node.peers().await?.iter().any(|view| view.id == id && view.connected) {
        return Err(ErrorObject::new(code::GENERAL, "Peer not connected"));
    }
    if !args.need::<bool>("force")? {
        let channels = api.node.channels().await?;
        if let Some(channel) = channels.iter().find(|channel| channel.peer_id == id) {
            let message = format!(
                "Peer has (at least one) channel in state {}: say force=true to disconnect it",
                channel.state
            );
            return Err(ErrorObject::new(code::GENERAL, message));
        }
    }
    api.node.disconnect(peer).await?;
    view::json(Nothing {})
}
