//! Spending from the wallet, and closing channels.

use std::time::Duration;

use bitcoin::address::NetworkUnchecked;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{Address, Amount, FeeRate, Network};
use offerd_api::node::{ClosedChannel, Withdrawn};
use offerd_api::{ErrorObject, code};
use offerd_node_ldk::{ChannelError, CloseKind, Node, Speed, WalletError, finished_psbt};
use serde_json::json;

use super::{core_lightning_name, general};
use crate::rpc::node_control::{FeeChoice, Withdrawal};

/// What a transaction is to pay.
pub(super) fn fee_rate(node: &Node, choice: FeeChoice) -> FeeRate {
    match choice {
        FeeChoice::Minimum => node.fee_rate(Speed::Minimum),
        FeeChoice::Slow => node.fee_rate(Speed::Day),
        FeeChoice::Normal => node.fee_rate(Speed::TwoHours),
        FeeChoice::Urgent => node.fee_rate(Speed::Hour),
        FeeChoice::PerKw(sat) => FeeRate::from_sat_per_kwu(sat),
    }
}

pub(super) async fn withdraw(
    node: &Node,
    network: Network,
    withdrawal: Withdrawal,
) -> Result<Withdrawn, ErrorObject> {
    let address = address(&withdrawal.destination, network)?;
    let fee_rate = Some(fee_rate(node, withdrawal.fee));
    let sent = match withdrawal.amount_sat {
        Some(sat) => node.withdraw(&address, Amount::from_sat(sat), fee_rate).await,
        None => node.withdraw_all(&address, fee_rate).await,
    };
    let tx = sent.map_err(|error| wallet_error(&error))?;
    Ok(Withdrawn {
        txid: tx.compute_txid().to_string(),
        psbt: finished_psbt(&tx).unwrap_or_default(),
        tx: serialize_hex(&tx),
    })
}

fn address(text: &str, network: Network) -> Result<Address, ErrorObject> {
    let refuse = |what: String| ErrorObject::parameter("destination", what);
    let parsed: Result<Address<NetworkUnchecked>, _> = text.trim().parse();
    let address = parsed.map_err(|error| refuse(format!("should be an address ({error})")))?;
    address.require_network(network).map_err(|_| {
        refuse(format!("should be an address of this network, {}", core_lightning_name(network)))
    })
}

pub(super) async fn close(
    node: &Node,
    channel_id: [u8; 32],
    unilateral_after: Option<Duration>,
) -> Result<ClosedChannel, ErrorObject> {
    let closed =
        node.close(channel_id, unilateral_after).await.map_err(|error| channel_error(&error))?;
    let kind = match closed.kind {
        CloseKind::Mutual => "mutual",
        CloseKind::Unilateral => "unilateral",
        CloseKind::Unopened => "unopened",
    };
    let tx = closed.tx.as_ref().map(serialize_hex);
    let txid = closed.tx.as_ref().map(|tx| tx.compute_txid().to_string());
    Ok(ClosedChannel {
        kind: kind.to_owned(),
        txs: tx.iter().cloned().collect(),
        txids: txid.iter().cloned().collect(),
        tx,
        txid,
    })
}

pub(super) fn wallet_error(error: &WalletError) -> ErrorObject {
    let code = match error {
        WalletError::Insufficient { needed, available, .. } if needed <= available => {
            code::FUNDING_EMERGENCY_LOW_RESERVE
        }
        WalletError::Insufficient { .. } => code::FUND_CANNOT_AFFORD,
        WalletError::Dust { .. } => code::FUND_OUTPUT_IS_DUST,
        WalletError::Unknown { txid, .. } => {
            return ErrorObject::new(code::FUNDING_BROADCAST_FAIL, error.to_string())
                .with_data(json!({ "txid": txid.to_string() }));
        }
        WalletError::Build(_) | WalletError::AddressKind | WalletError::Store(_) => {
            return general(error);
        }
    };
    ErrorObject::new(code, error.to_string())
}

pub(super) fn channel_error(error: &ChannelError) -> ErrorObject {
    match error {
        ChannelError::Wallet(error) => wallet_error(error),
        ChannelError::PeerNotConnected => {
            ErrorObject::new(code::FUNDING_UNKNOWN_PEER, error.to_string())
        }
        ChannelError::Unknown
        | ChannelError::Refused(_)
        | ChannelError::Closed(_)
        | ChannelError::Broadcast(_)
        | ChannelError::Timeout => general(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_must_be_one_and_of_our_network() {
        let ours = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
        assert!(address(&format!(" {ours}\n"), Network::Regtest).is_ok());
        for (text, told) in [
            ("", "destination: should be an address ("),
            ("bcrt1qqq", "destination: should be an address ("),
            (
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                "destination: should be an address of this network, regtest",
            ),
        ] {
            let error = address(text, Network::Regtest).unwrap_err();
            assert_eq!(error.code, -32602);
            assert!(error.message.starts_with(told), "{text}: {error}");
        }
    }
}
