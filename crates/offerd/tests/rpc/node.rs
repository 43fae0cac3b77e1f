//! A node to ask about itself, that has nothing.

use std::path::PathBuf;

use async_trait::async_trait;
use bolt1::{CltvDelta, Msat, PublicKey, Seconds, ShortChannelId, Timestamp};
use offerd::rpc::NodeControl;
use offerd::rpc::liquidity::Provider;
use std::time::Duration;

use offerd::rpc::node_control::{OpenChannel, PeerAddress, Vitals, WhichChannels, Withdrawal};
use offerd_api::liquidity::{OpeningView, OrderView};
use offerd_api::node::{
    ChannelView, CheckedText, ClosedChannel, Connected, FundedChannel, NetworkChannel, NodeInfo,
    PeerView, SignedText, WalletOutput, Withdrawn,
};
use offerd_api::recovery::{BackupMade, RecoveringChannel};
use offerd_api::{ErrorObject, code};
use offerd_core::audit::{Forwarded, NodeBooks};
use offerd_core::liquidity::order::{ChannelOrder, OrderOptions, Range};
use offerd_core::liquidity::{JustInTime, OpeningTerms};
use offerd_core::port::Page;
use offerd_testkit::sample;

/// What the only provider there is asks: 3000 sat of payments up to a million.
fn terms() -> OpeningTerms {
    let sat = |sat| Msat::from_sat(sat).unwrap();
    OpeningTerms {
        min_fee: sat(3_000),
        proportional_ppm: 0,
        valid_until: sample::NOW.plus(Seconds(1_800)),
        valid_until_text: "soon".to_owned(),
        min_lifetime: 1_008,
        max_client_to_self_delay: 2_016,
        min_payment: sat(4_000),
        max_payment: sat(1_000_000),
        promise: "a promise".to_owned(),
    }
}

/// What it sells for money: channels of 100 000 sat to a million, half of them ours at most, for a month.
fn options() -> OrderOptions {
    let range = |least, most| Range {
        least: Msat::from_sat(least).unwrap(),
        most: Msat::from_sat(most).unwrap(),
    };
    OrderOptions {
        min_confirmations: 1,
        min_confirms_within: 6,
        supports_zero_reserve: false,
        max_expiry_blocks: 4_320,
        client_balance: range(0, 500_000),
        lsp_balance: range(50_000, 1_000_000),
        channel_balance: range(100_000, 1_000_000),
    }
}

/// Without funds, peers and coins; with channels where a test says so.
#[derive(Default)]
pub struct EmptyNode {
    pub channels: Vec<ChannelView>,
    pub forwards: Vec<Forwarded>,
}

#[async_trait]
impl NodeControl for EmptyNode {
    async fn info(&self) -> Result<NodeInfo, ErrorObject> {
        Ok(NodeInfo {
            id: format!("02{}", "00".repeat(32)),
            color: "000000".into(),
            network: "regtest".into(),
            blocktime: Some(sample::NOW.0),
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

    async fn forwards(&self, page: Page) -> Result<Vec<Forwarded>, ErrorObject> {
        let all = self.forwards.iter().filter(|forward| forward.created_index >= page.start);
        Ok(all.take(usize::try_from(page.limit).unwrap_or(usize::MAX)).cloned().collect())
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

    async fn network_channels(&self, _: WhichChannels) -> Result<Vec<NetworkChannel>, ErrorObject> {
        Ok(Vec::new())
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

    async fn opening_terms(&self, provider: &Provider) -> Result<Vec<OpeningTerms>, ErrorObject> {
        let known = provider.node == sample::point(7);
        known.then(|| vec![terms()]).ok_or_else(|| {
            ErrorObject::new(code::CONNECT_NO_KNOWN_ADDRESS, "no address of this node is known")
        })
    }

    async fn buy_opening(
        &self,
        provider: &Provider,
        terms: &OpeningTerms,
        payment: Msat,
        fee: Msat,
    ) -> Result<JustInTime, ErrorObject> {
        Ok(JustInTime {
            provider: provider.node,
            scid: ShortChannelId(7),
            delay: CltvDelta(80),
            payment,
            opening_fee: fee,
            valid_until: terms.valid_until,
        })
    }

    async fn openings(&self, _: Timestamp) -> Result<Vec<OpeningView>, ErrorObject> {
        Ok(Vec::new())
    }

    async fn order_options(&self, provider: &Provider) -> Result<OrderOptions, ErrorObject> {
        let known = provider.node == sample::point(7);
        known.then(options).ok_or_else(|| {
            ErrorObject::new(code::CONNECT_NO_KNOWN_ADDRESS, "no address of this node is known")
        })
    }

    async fn order_channel(
        &self,
        _: &Provider,
        _: &ChannelOrder,
        _: Msat,
    ) -> Result<OrderView, ErrorObject> {
        Err(ErrorObject::new(code::GENERAL, "nothing is for sale here"))
    }

    async fn orders(&self, _: Timestamp) -> Result<Vec<OrderView>, ErrorObject> {
        Ok(Vec::new())
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
