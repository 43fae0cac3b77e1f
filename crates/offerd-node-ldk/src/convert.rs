//! Paths between our types and those of the `lightning` crate. Bytes go over unchanged.

use bolt1::{Direction, NodeRef, PublicKey, ShortChannelId};
use bolt4::BlindedPath;
use bolt12::BlindedPayInfo;
use lightning::blinded_path::payment::{BlindedPayInfo as LdkPayInfo, BlindedPaymentPath};
use lightning::blinded_path::{BlindedHop, Direction as LdkDirection, IntroductionNode};
use lightning::types::features::{BlindedHopFeatures, Bolt12InvoiceFeatures};
use offerd_core::port::PaymentPath;

/// A path to pay over, with the node id of its introduction node, which the crate cannot look up.
pub(crate) fn to_ldk(path: &PaymentPath, introduction: PublicKey) -> BlindedPaymentPath {
    let hops = path.path.hops.iter().map(|hop| BlindedHop {
        blinded_node_id: hop.blinded_node_id,
        encrypted_payload: hop.encrypted_recipient_data.clone(),
    });
    let info = &path.pay_info;
    let info = LdkPayInfo {
        fee_base_msat: info.fee_base_msat,
        fee_proportional_millionths: info.fee_proportional_millionths,
        cltv_expiry_delta: info.cltv_expiry_delta,
        htlc_minimum_msat: info.htlc_minimum_msat,
        htlc_maximum_msat: info.htlc_maximum_msat,
        features: BlindedHopFeatures::from_be_bytes(info.features.clone()),
    };
    BlindedPaymentPath::from_blinded_path_and_payinfo(
        introduction,
        path.path.first_path_key,
        hops.collect(),
        info,
    )
}

/// A path of ours, as an invoice carries it.
pub(crate) fn from_ldk(path: &BlindedPaymentPath) -> PaymentPath {
    let hops = path.blinded_hops().iter().map(|hop| bolt4::BlindedHop {
        blinded_node_id: hop.blinded_node_id,
        encrypted_recipient_data: hop.encrypted_payload.clone(),
    });
    let info = &path.payinfo;
    PaymentPath {
        path: BlindedPath {
            first_node_id: node_ref(path.introduction_node()),
            first_path_key: path.blinding_point(),
            hops: hops.collect(),
        },
        pay_info: BlindedPayInfo {
            fee_base_msat: info.fee_base_msat,
            fee_proportional_millionths: info.fee_proportional_millionths,
            cltv_expiry_delta: info.cltv_expiry_delta,
            htlc_minimum_msat: info.htlc_minimum_msat,
            htlc_maximum_msat: info.htlc_maximum_msat,
            features: info.features.le_flags().iter().rev().copied().collect(),
        },
    }
}

fn node_ref(node: &IntroductionNode) -> NodeRef {
    match node {
        IntroductionNode::NodeId(id) => NodeRef::Id(*id),
        IntroductionNode::DirectedShortChannelId(direction, scid) => NodeRef::ChannelEnd {
            scid: ShortChannelId(*scid),
            direction: match direction {
                LdkDirection::NodeOne => Direction::Zero,
                LdkDirection::NodeTwo => Direction::One,
            },
        },
    }
}

/// `invoice_features` from their big-endian bytes.
pub(crate) fn invoice_features(bytes: &[u8]) -> Bolt12InvoiceFeatures {
    Bolt12InvoiceFeatures::from_be_bytes(bytes.to_vec())
}

/// The leading part of `text` that fits `most` bytes, cut between characters.
pub(crate) fn truncated(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bitcoin::secp256k1::{Secp256k1, SecretKey};

    use super::*;

    fn point(byte: u8) -> PublicKey {
        SecretKey::from_slice(&[byte; 32]).unwrap().public_key(&Secp256k1::new())
    }

    // req IW-13
    #[test]
    fn a_payment_path_survives_both_ways_byte_for_byte() {
        let hop = |byte| bolt4::BlindedHop {
            blinded_node_id: point(byte),
            encrypted_recipient_data: vec![byte; usize::from(byte)],
        };
        let path = PaymentPath {
            path: BlindedPath {
                first_node_id: NodeRef::Id(point(1)),
                first_path_key: point(2),
                hops: vec![hop(3), hop(4)],
            },
            pay_info: BlindedPayInfo {
                fee_base_msat: 1,
                fee_proportional_millionths: 2,
                cltv_expiry_delta: 3,
                htlc_minimum_msat: 4,
                htlc_maximum_msat: 5,
                features: vec![0x40, 0, 1],
            },
        };
        assert_eq!(from_ldk(&to_ldk(&path, point(1))), path);
    }

    #[test]
    fn notes_are_cut_between_characters() {
        assert_eq!(truncated("grüße", 3), "gr");
        assert_eq!(truncated("grüße", 4), "grü");
        assert_eq!(truncated("short", 128), "short");
    }
}
