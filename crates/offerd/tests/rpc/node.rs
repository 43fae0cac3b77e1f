//! A node to ask about itself, that has nothing.

use std::path::PathBuf;

use async_trait::async_trait;
use bolt1::PublicKey;
use offerd::rpc::NodeControl;
use std::time::Duration;

use offerd::rpc::node_control::{OpenChannel, PeerAddress, Vitals, Withdrawal};
use offerd_api::node::{
    ChannelView, CheckedText, ClosedChannel, Connected, FundedChannel, NodeInfo, PeerView,
    SignedText, WalletOutput, Withdrawn,
};
use offerd_api::recovery::{BackupMade, RecoveringChannel};
use offerd_api::{ErrorObject, code};
use offerd_core::audit::NodeBooks;
use offerd_testkit::sample;

/// Without funds, peers and coins; with channels where a test says so.
#[derive(Default)]
pub struct EmptyNode {
    pub channels: Vec<ChannelView>,
}

#[async_trait]
impl NodeControl for EmptyNode {
    async fn info(&self) -> Result<NodeInfo, ErrorObject> {
        Ok(NodeInfo {
            id: format!("02{}", "00".repeat(32)),
            color: "000000".into(),
            network: "regtest".into(),
            ..NodeInfo::default()
        })
    }

    async fn vitals(&self) -> Result<Vitals, ErrorObject> {
        Ok(Vitals { tip_time: Some(sample::NOW), store_bytes: 4_096 })
    }

    async fn new_address(&self) -> Result<String, ErrorObject> {
        Ok("bcrt1qqq".into())
    }

    async fn wallet_outputs(&self, _: bool) -> Result<Vec<WalletOutput>, ErrorObject> {
        Ok(Vec::new())
    }

    async fn books(&self) -> Result<NodeBooks, ErrorObject> {
        Ok(NodeBooks::default())
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
        Ok(self.channels.clone())
    }

    async fn recovering(&self) -> Result<Vec<RecoveringChannel>, ErrorObject> {
        Ok(Vec::new())
    }

    async fn back_up(&self, _: PathBuf) -> Result<BackupMade, ErrorObject> {
        Ok(BackupMade::default())
    }

    async fn open_channel(&self, _: OpenChannel) -> Result<FundedChannel, ErrorObject> {
        Err(ErrorObject::new(code::FUND_CANNOT_AFFORD, "nothing here"))
    }

    async fn withdraw(&self, _: Withdrawal) -> Result<Withdrawn, ErrorObject> {
        Err(ErrorObject::new(code::FUND_CANNOT_AFFORD, "nothing here"))
    }

    async fn close_channel(
        &self,
        _: [u8; 32],
        _: Option<Duration>,
    ) -> Result<ClosedChannel, ErrorObject> {
        Err(ErrorObject::new(code::GENERAL, "nothing here"))
    }

    async fn disconnect(&self, _: PublicKey) -> Result<(), ErrorObject> {
        Ok(())
    }

    async fn sign_message(&self, _: &str) -> Result<SignedText, ErrorObject> {
        Ok(SignedText { signature: "00".repeat(64), recid: "00".into(), zbase: "y".repeat(104) })
    }

    async fn check_message(
        &self,
        _: &str,
        _: &str,
        _: Option<PublicKey>,
    ) -> Result<CheckedText, ErrorObject> {
        Ok(CheckedText { pubkey: format!("02{}", "00".repeat(32)), verified: false })
    }
}
