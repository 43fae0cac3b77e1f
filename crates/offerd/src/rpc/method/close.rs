//! `close`

use std::time::Duration;

use offerd_api::ErrorObject;
use offerd_api::node::ChannelView;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let id: String = args.need("id")?;
    let patience: u64 = args.need("unilateraltimeout")?;
    let channel_id = find(&id, &api.node.channels().await?)?;
    let patience = (patience > 0).then(|| Duration::from_secs(patience));
    view::json(api.node.close_channel(channel_id, patience).await?)
}

/// The channel that is meant: by its channel_id, its short_channel_id, or as the only one with a node.
fn find(id: &str, channels: &[ChannelView]) -> Result<[u8; 32], ErrorObject> {
    let refuse = |what: &str| ErrorObject::parameter("id", what);
    let meant = |channel: &&ChannelView| {
        channel.channel_id.eq_ignore_ascii_case(id)
            || channel.short_channel_id.as_deref() == Some(id)
            || channel.peer_id.eq_ignore_ascii_case(id)
    };
    let mut found = channels.iter().filter(meant);
    let none = || {
        refuse(
            "no such channel: should be a channel_id, a short_channel_id, or a node we have a channel with",
        )
    };
    let channel = found.next().ok_or_else(none)?;
    if found.next().is_some() {
        return Err(refuse("this node has several channels with us: say which by its channel_id"));
    }
    hex::decode(&channel.channel_id).ok().and_then(|id| id.try_into().ok()).ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(byte: u8, peer: &str, scid: &str) -> ChannelView {
        ChannelView {
            channel_id: hex::encode([byte; 32]),
            peer_id: peer.to_owned(),
            short_channel_id: Some(scid.to_owned()),
            ..ChannelView::default()
        }
    }

    #[test]
    fn a_channel_is_meant_by_any_of_its_names_but_never_two_at_once() {
        let channels = [
            channel(0xa1, "02aa", "1x1x0"),
            channel(2, "02bb", "2x1x0"),
            channel(3, "02bb", "3x1x0"),
        ];
        for (id, byte) in [
            (hex::encode([0xa1; 32]), 0xa1),
            (hex::encode_upper([0xa1; 32]), 0xa1),
            ("02AA".to_owned(), 0xa1),
            ("3x1x0".to_owned(), 3),
        ] {
            assert_eq!(find(&id, &channels).unwrap(), [byte; 32], "{id}");
        }
        for (id, told) in
            [("02bb", "several"), ("02cc", "no such"), ("", "no such"), ("4x1x0", "no such")]
        {
            let error = find(id, &channels).unwrap_err();
            assert_eq!(error.code, -32602);
            assert!(error.message.starts_with("id: ") && error.message.contains(told), "{error}");
        }
    }
}
