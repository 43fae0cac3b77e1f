use bitcoin::secp256k1::SecretKey;
use lightning::blinded_path::BlindedHop;
use lightning::routing::router::{BlindedTail, RouteHop};
use lightning::types::features::{BlindedHopFeatures, ChannelFeatures, NodeFeatures};

use super::*;

const CLTV_OF_PATH: u16 = 40;
/// What the crate would add to hide the end of the route; too little for the payee.
const SHADOW: u32 = 6;

fn key(byte: u8) -> PublicKey {
    SecretKey::from_slice(&[byte; 32]).unwrap().public_key(&Secp256k1::new())
}

fn hop(byte: u8) -> BlindedHop {
    BlindedHop { blinded_node_id: key(byte), encrypted_payload: vec![byte; 10] }
}

/// A blinded path with `hops` hops, told apart by `tag`.
fn blinded(
    tag: u8,
    hops: u8,
    htlc_minimum_msat: u64,
    htlc_maximum_msat: u64,
) -> BlindedPaymentPath {
    BlindedPaymentPath::from_blinded_path_and_payinfo(
        key(tag),
        key(100 + tag),
        (0..hops).map(|index| hop(200 + index)).collect(),
        BlindedPayInfo {
            fee_base_msat: 0,
            fee_proportional_millionths: 0,
            cltv_expiry_delta: CLTV_OF_PATH,
            htlc_minimum_msat,
            htlc_maximum_msat,
            features: BlindedHopFeatures::empty(),
        },
    )
}

fn wanted(paths: Vec<BlindedPaymentPath>, max_delay: u32) -> RouteParameters {
    let params = PaymentParameters::blinded(paths).with_max_total_cltv_expiry_delta(max_delay);
    RouteParameters::from_payment_params_and_value(params, 1_000)
}

/// Routes over the first path given, as the crate does: with nothing of a one-hop path's `blinded_payinfo`.
struct Careless;

impl Router for Careless {
    fn find_route(
        &self,
        _payer: &PublicKey,
        wanted: &RouteParameters,
        _first_hops: Option<&[&ChannelDetails]>,
        _inflight_htlcs: InFlightHtlcs,
    ) -> Result<Route, &'static str> {
        let hint = blinded_paths(&wanted.payment_params).first().ok_or("no path")?;
        let of_path = if hint.blinded_hops().len() == 1 { 0 } else { u32::from(CLTV_OF_PATH) };
        let delay = of_path + SHADOW;
        if delay > wanted.payment_params.max_total_cltv_expiry_delta {
            return Err("too long");
        }
        let last = RouteHop {
            pubkey: key(1),
            node_features: NodeFeatures::empty(),
            short_channel_id: 7,
            channel_features: ChannelFeatures::empty(),
            fee_msat: 0,
            cltv_expiry_delta: delay,
            maybe_announced_channel: true,
        };
        let tail = BlindedTail {
            trampoline_hops: Vec::new(),
            hops: hint.blinded_hops().to_vec(),
            blinding_point: hint.blinding_point(),
            excess_final_cltv_expiry_delta: SHADOW,
            final_value_msat: wanted.final_value_msat,
        };
        let path = Path { hops: vec![last], blinded_tail: Some(tail) };
        Ok(Route { paths: vec![path], route_params: Some(wanted.clone()) })
    }

    fn create_blinded_payment_paths<T: Signing + Verification>(
        &self,
        _recipient: PublicKey,
        _first_hops: Vec<ChannelDetails>,
        _tlvs: ReceiveTlvs,
        _amount_msats: Option<u64>,
        _secp: &Secp256k1<T>,
    ) -> Result<Vec<BlindedPaymentPath>, ()> {
        Err(())
    }
}

fn route(wanted: &RouteParameters) -> Result<Route, &'static str> {
    OneHopRouter(Careless, Parts::new()).find_route(&key(1), wanted, None, InFlightHtlcs::new())
}

/// Delay of the last hop, and what of it reaches the payee beyond the least.
fn delays(route: &Route) -> (u32, u32) {
    let path = route.paths.first().unwrap();
    let excess = path.blinded_tail.as_ref().unwrap().excess_final_cltv_expiry_delta;
    (path.hops.last().unwrap().cltv_expiry_delta, excess)
}

#[test]
fn the_delay_of_a_one_hop_path_is_added_for_the_last_hop_and_the_payee() {
    let found = route(&wanted(vec![blinded(1, 1, 0, u64::MAX)], 1_008)).unwrap();
    assert_eq!(delays(&found), (SHADOW + 40, SHADOW + 40));
}

#[test]
fn a_path_of_several_hops_is_left_alone() {
    let found = route(&wanted(vec![blinded(1, 2, 0, u64::MAX)], 1_008)).unwrap();
    assert_eq!(delays(&found), (40 + SHADOW, SHADOW));
}

#[test]
fn the_limit_on_delay_counts_what_is_added() {
    let paths = || vec![blinded(1, 1, 0, u64::MAX)];
    assert!(route(&wanted(paths(), 40 + SHADOW)).is_ok());
    assert_eq!(route(&wanted(paths(), 39 + SHADOW)), Err("too long"));
    assert!(route(&wanted(paths(), 39)).is_err());
}

#[test]
fn the_route_carries_the_parameters_that_were_asked_for() {
    let wanted = wanted(vec![blinded(1, 1, 0, u64::MAX)], 1_008);
    assert_eq!(route(&wanted).unwrap().route_params, Some(wanted));
}

#[test]
fn a_part_outside_the_limits_of_a_one_hop_path_is_refused() {
    assert!(route(&wanted(vec![blinded(1, 1, 1_000, 1_000)], 1_008)).is_ok());
    assert!(route(&wanted(vec![blinded(1, 1, 1_001, 2_000)], 1_008)).is_err());
    assert!(route(&wanted(vec![blinded(1, 1, 1, 999)], 1_008)).is_err());
}
