//! Routes over blinded paths of one hop, done right.
//!
//! The `lightning` crate's router takes a blinded path of one hop (the payee is the introduction node) for the
//! bare node: it leaves out what `blinded_payinfo` says of it. The HTLC then arrives with too little time left,
//! and the payee refuses. [`OneHopRouter`] asks that router for a route with so much less delay, and adds the
//! delay of those paths to what comes back. Fees on such a path are refused where the order is read (`payer`),
//! and so is a path that cannot carry the whole amount; a part below a path's minimum is refused here.

use std::sync::Arc;

use bitcoin::secp256k1::{PublicKey, Secp256k1, Signing, Verification};
use lightning::blinded_path::payment::{BlindedPayInfo, BlindedPaymentPath, ReceiveTlvs};
use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::channelmanager::PaymentId;
use lightning::routing::router::{
    InFlightHtlcs, Path, Payee, PaymentParameters, Route, RouteParameters, Router,
};
use lightning::types::payment::PaymentHash;

use crate::parts::Parts;
use crate::types::InnerRouter;

/// The crate's router with the delay of one-hop blinded paths added, counting the parts of payments.
pub(crate) struct OneHopRouter<R = InnerRouter>(pub(crate) R, pub(crate) Arc<Parts>);

impl<R> std::fmt::Debug for OneHopRouter<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneHopRouter").finish_non_exhaustive()
    }
}

impl<R: Router> Router for OneHopRouter<R> {
    fn find_route(
        &self,
        payer: &PublicKey,
        wanted: &RouteParameters,
        first_hops: Option<&[&ChannelDetails]>,
        inflight_htlcs: InFlightHtlcs,
    ) -> Result<Route, &'static str> {
        let longest = one_hop_delays(&wanted.payment_params).max().unwrap_or(0);
        let mut reduced = wanted.clone();
        let max_delay = &mut reduced.payment_params.max_total_cltv_expiry_delta;
        *max_delay = max_delay
            .checked_sub(longest)
            .ok_or("the blinded paths take longer than the payment may")?;
        let mut route = self.0.find_route(payer, &reduced, first_hops, inflight_htlcs)?;
        for path in &mut route.paths {
            complete(path, &wanted.payment_params)?;
        }
        route.route_params = Some(wanted.clone());
        Ok(route)
    }

    /// The way of a payment that is sent at once.
    fn find_route_with_id(
        &self,
        payer: &PublicKey,
        wanted: &RouteParameters,
        first_hops: Option<&[&ChannelDetails]>,
        inflight_htlcs: InFlightHtlcs,
        _payment_hash: PaymentHash,
        payment_id: PaymentId,
    ) -> Result<Route, &'static str> {
        let route = self.find_route(payer, wanted, first_hops, inflight_htlcs)?;
        self.1.went_out(payment_id, route.paths.len());
        Ok(route)
    }

    fn create_blinded_payment_paths<T: Signing + Verification>(
        &self,
        recipient: PublicKey,
        first_hops: Vec<ChannelDetails>,
        tlvs: ReceiveTlvs,
        amount_msats: Option<u64>,
        secp: &Secp256k1<T>,
    ) -> Result<Vec<BlindedPaymentPath>, ()> {
        self.0.create_blinded_payment_paths(recipient, first_hops, tlvs, amount_msats, secp)
    }
}

fn blinded_paths(params: &PaymentParameters) -> &[BlindedPaymentPath] {
    match &params.payee {
        Payee::Blinded { route_hints, .. } => route_hints,
        Payee::Clear { .. } => &[],
    }
}

fn one_hop_delays(params: &PaymentParameters) -> impl Iterator<Item = u32> + '_ {
    let one_hop = blinded_paths(params).iter().filter(|path| path.blinded_hops().len() == 1);
    one_hop.map(|path| u32::from(path.payinfo.cltv_expiry_delta))
}

/// Adds to a route's path what its one-hop blinded tail asks for.
fn complete(path: &mut Path, params: &PaymentParameters) -> Result<(), &'static str> {
    let Some(tail) = path.blinded_tail.as_mut().filter(|tail| tail.hops.len() == 1) else {
        return Ok(());
    };
    let hint = blinded_paths(params)
        .iter()
        .find(|hint| hint.blinding_point() == tail.blinding_point)
        .ok_or("a route over a blinded path that was not given")?;
    let last = path.hops.last_mut().ok_or("a route without hops")?;
    within_limits(tail.final_value_msat, &hint.payinfo)?;
    let delay = u32::from(hint.payinfo.cltv_expiry_delta);
    tail.excess_final_cltv_expiry_delta =
        tail.excess_final_cltv_expiry_delta.checked_add(delay).ok_or("delay overflow")?;
    last.cltv_expiry_delta = last.cltv_expiry_delta.checked_add(delay).ok_or("delay overflow")?;
    Ok(())
}

fn within_limits(amount_msat: u64, info: &BlindedPayInfo) -> Result<(), &'static str> {
    if amount_msat < info.htlc_minimum_msat {
        return Err("a part would be below the minimum of its blinded path");
    }
    if amount_msat > info.htlc_maximum_msat {
        return Err("a part would be above the maximum of its blinded path");
    }
    Ok(())
}

#[cfg(test)]
#[path = "router_tests.rs"]
mod tests;
