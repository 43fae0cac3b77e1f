//! Staying reachable: codes lead over peers of ours, and peers go.
//!
//! Two things are done about it. Offers whose newest string leads over nobody who is still there get another string, which
//! pages and `listoffers` show from then on; the strings of before are answered still. And the node is told over whom all
//! codes lead that can still be used, so that it connects to those again: for whoever has such a code there is no other way.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use bolt1::{NodeRef, PublicKey, Seconds};
use bolt4::BlindedPath;
use offerd_core::offer_book::{OfferEncoding, OfferEntry, renew_offer, wants_new_string};
use offerd_core::payout::{Payout, PromiseState};
use offerd_core::port::{Fronts, Page, PortError};
use offerd_core::{Batch, Event};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::Driver;
use super::offers::reach_warnings;
use super::world::random;

/// Time between two looks at our peers.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);
/// All codes are gone through after this time, even if our peers are the same.
const SCAN_INTERVAL: Duration = Duration::from_secs(3_600);
/// A string is that old before another one follows it, so that peers that come and go do not make one a minute.
const LEAST_AGE: Seconds = Seconds(600);
/// Records that are read at once.
const PAGE: u64 = 200;
/// Most peers that are kept for the sake of codes.
const MOST_KEPT: usize = 16;

/// What came of going through all codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Renewed {
    /// Offers that have a new string.
    pub offers: usize,
    /// Offers that are to have one, but not yet.
    pub postponed: usize,
    /// Peers that the node was told to keep.
    pub kept: usize,
}

/// What is known while codes are gone through.
#[derive(Default)]
struct Scan {
    /// Paths that lead to us now, by who is to stand in front; none where nobody could come by them.
    paths: Vec<(Fronts, Option<Vec<BlindedPath>>)>,
    /// How many codes lead over each node.
    codes_over: BTreeMap<PublicKey, usize>,
    done: Renewed,
}

impl Driver {
    /// Looks every minute over whom others reach us. When that has changed, and is the same at the next look, all codes
    /// are gone through. Never returns.
    pub async fn stay_reachable(&self) {
        let mut seen = None;
        let mut scanned: Option<(Vec<NodeRef>, Instant)> = None;
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            let paths = self.ports.onion.message_paths(&[0; 32], &Fronts::Usual).await;
            let now_over = paths.as_deref().map(first_nodes).unwrap_or_default();
            let is_new = |(known, at): &(Vec<NodeRef>, Instant)| {
                *known != now_over || at.elapsed() >= SCAN_INTERVAL
            };
            let steady = seen.as_ref() == Some(&now_over);
            if steady && scanned.as_ref().is_none_or(is_new) {
                match self.renew_codes().await {
                    Ok(Renewed { postponed: 0, .. }) => {
                        scanned = Some((now_over.clone(), Instant::now()));
                    }
                    Ok(Renewed { .. }) => {}
                    Err(error) => warn!(%error, "codes could not be looked at"),
                }
            }
            seen = Some(now_over);
        }
    }

    /// Goes through all codes that can still be used, once.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn renew_codes(&self) -> Result<Renewed, PortError> {
        let mut scan = Scan::default();
        let mut start = 1;
        loop {
            let page = self.ports.store.offers(Page { start, limit: PAGE })?;
            let Some(last) = page.last() else { break };
            start = last.created_index.saturating_add(1);
            for entry in page {
                self.look_at(&entry.row, &mut scan).await?;
            }
            tokio::task::yield_now().await;
        }
        let mut start = 1;
        loop {
            let page = self.ports.store.payouts(Page { start, limit: PAGE })?;
            let Some(last) = page.last() else { break };
            start = last.created_index.saturating_add(1);
            let now = self.now();
            let open = page
                .iter()
                .map(|payout| &payout.row)
                .filter(|payout| payout.state == PromiseState::Open && !payout.is_expired_at(now));
            open.for_each(|payout| scan.count(paths_of(payout)));
            tokio::task::yield_now().await;
        }
        let kept = scan.most_needed(self.keys.node_id());
        self.ports.onion.stay_connected(&kept).await;
        Ok(Renewed { kept: kept.len(), ..scan.done })
    }

    async fn look_at(&self, entry: &OfferEntry, scan: &mut Scan) -> Result<(), PortError> {
        let now = self.now();
        if !entry.is_open() || entry.newest().offer.is_expired_at(now) {
            return Ok(());
        }
        scan.count(entry.encodings.iter().flat_map(|encoding| encoding.offer.paths()));
        let Some(paths) = self.paths_now(&entry.fronts, scan).await else { return Ok(()) };
        if !wants_new_string(entry, paths, now) {
            return Ok(());
        }
        if entry.newest().created_at.plus(LEAST_AGE) > now {
            scan.done.postponed = scan.done.postponed.saturating_add(1);
        } else if self.renew(entry).await? {
            scan.done.offers = scan.done.offers.saturating_add(1);
        }
        Ok(())
    }

    /// Over whom we are reached now; `None` where that is nobody.
    async fn paths_now<'a>(
        &self,
        fronts: &Fronts,
        scan: &'a mut Scan,
    ) -> Option<&'a [BlindedPath]> {
        let at = scan.paths.iter().position(|(known, _)| known == fronts);
        let at = match at {
            Some(at) => at,
            None => {
                let paths = self.ports.onion.message_paths(&[0; 32], fronts).await.ok();
                let announced = self.ports.onion.is_announced().await;
                let us = self.keys.node_id();
                let paths = paths.filter(|paths| reach_warnings(announced, paths, us).is_empty());
                scan.paths.push((fronts.clone(), paths));
                scan.paths.len().saturating_sub(1)
            }
        };
        scan.paths.get(at)?.1.as_deref()
    }

    /// Gives an offer another string, if it still wants one.
    async fn renew(&self, entry: &OfferEntry) -> Result<bool, PortError> {
        let path_id = random::<32>(&*self.ports.entropy)?.to_vec();
        let paths = self.ports.onion.message_paths(&path_id, &entry.fronts).await?;
        let _deciding = self.deciding.lock().await;
        let now = self.now();
        let Some(entry) = self.ports.store.offer(entry.row)? else { return Ok(false) };
        if !wants_new_string(&entry, &paths, now) {
            return Ok(false);
        }
        let offer = match renew_offer(&entry.newest().offer, &paths) {
            Ok(offer) => offer,
            Err(error) => {
                debug!(offer = entry.row.0, %error, "no other string for this offer");
                return Ok(false);
            }
        };
        let path_id = (!paths.is_empty()).then_some(path_id);
        let encoding = OfferEncoding { offer, path_id, created_at: now };
        info!(offer = entry.row.0, "a new code, for those over whom the old one leads are gone");
        self.commit(&Batch::of(Event::OfferEncoded { row: entry.row, encoding }))?;
        Ok(true)
    }
}

impl Scan {
    fn count<'a>(&mut self, paths: impl IntoIterator<Item = &'a BlindedPath>) {
        for path in paths {
            if let NodeRef::Id(node) = path.first_node_id {
                let codes = self.codes_over.entry(node).or_default();
                *codes = codes.saturating_add(1);
            }
        }
    }

    /// The nodes over which most codes lead.
    fn most_needed(&self, us: PublicKey) -> Vec<PublicKey> {
        let others = self.codes_over.iter().filter(|(node, _)| **node != us);
        let mut others: Vec<(PublicKey, usize)> = others.map(|(node, n)| (*node, *n)).collect();
        others.sort_by_key(|(_, codes)| Reverse(*codes));
        others.into_iter().map(|(node, _)| node).take(MOST_KEPT).collect()
    }
}

/// Where paths begin, in one order.
fn first_nodes(paths: &[BlindedPath]) -> Vec<NodeRef> {
    let mut nodes: Vec<NodeRef> = paths.iter().map(|path| path.first_node_id).collect();
    nodes.sort_by_key(|node| format!("{node:?}"));
    nodes
}

fn paths_of(payout: &Payout) -> impl Iterator<Item = &BlindedPath> {
    let request = payout.invoice_request.iter().flat_map(|request| request.paths());
    payout.offer.iter().flat_map(|offer| offer.paths()).chain(request)
}
