//! A node to ask about itself, that has nothing.

use async_trait::async_trait;
use bolt1::PublicKey;
use offerd::rpc::NodeControl;
use offerd::rpc::node_control::{OpenChannel, PeerAddress};
use offerd_api::node::{ChannelView, Connected, FundedChannel, NodeInfo, PeerView, WalletOutput};
use offerd_api::{ErrorObject, code};

pub struct EmptyNode;

#[async_trait]
impl NodeControl for EmptyNode {
    async fn info(&self) -> Result<NodeInfo, ErrorObject> {
        Ok(NodeInfo { network: "regtest".into(), ..NodeInfo::default() })
    }

    async fn new_address(&self) -> Result<String, ErrorObject> {
        Ok("bcrt1qqq".into())
    }

    async fn wallet_outputs(&self, _: bool) -> Result<Vec<WalletOutput>, ErrorObject> {
        Ok(Vec::new())
    }

    async fn connect(
        &self,
        peer: PublicKey,
        _: Option<PeerAddress>,
    ) -> Result<Connected, ErrorObject> {
        Ok(Connected { id: peer.to_string(), direction: "out".into(), ..Connected::default() })
    }

    async fn peers(&self) -> Result<Vec<PeerView>, ErrorObject> {
        Ok(Vec::new())
    }

    async fn channels(&self) -> Result<Vec<ChannelView>, ErrorObject> {
        Ok(Vec::new())
    }

    async fn open_channel(&self, _: OpenChannel) -> Result<FundedChannel, ErrorObject> {
        Err(ErrorObject::new(code::FUND_CANNOT_AFFORD, "nothing here"))
    }
}
