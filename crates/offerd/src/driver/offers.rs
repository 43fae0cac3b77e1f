//! Making, disabling and enabling offers.

use bolt1::{NodeRef, PublicKey, Seconds};
use bolt4::BlindedPath;
use bolt12::OfferId;
use offerd_core::offer_book::{
    OfferArguments, OfferEncoding, OfferEntry, fiat_amount, make_offer, offer_arguments_key,
};
use offerd_core::port::{Fronts, PortError, PortErrorKind};
use offerd_core::{Batch, Event, Misuse, OfferRow};

use super::world::random;
use super::{CallError, Driver, Warning};

/// What `offer` was asked.
#[derive(Clone, Debug)]
pub struct OfferRequest {
    /// What the code is to say.
    pub arguments: OfferArguments,
    /// The maker's own name for it.
    pub label: Option<String>,
    /// The shop's order number or the like.
    pub external_id: Option<String>,
    /// Free words to sort by.
    pub tags: Vec<String>,
    /// Where its page sends the payer once it is paid.
    pub return_url: Option<String>,
    /// How long it is valid from now on, instead of `absolute_expiry`; a repeated call does not prolong it.
    pub lifetime: Option<Seconds>,
}

/// An offer that was made or found.
#[derive(Clone, Debug)]
pub struct OfferMade {
    /// It.
    pub entry: OfferEntry,
    /// Whether this call made it.
    pub created: bool,
    /// What its maker should know.
    pub warnings: Vec<Warning>,
}

impl Driver {
    /// Makes an offer, or finds the one that was made with the same arguments. When our paths have changed, the
    /// offer gets a new string; the old ones are answered still.
    ///
    /// # Errors
    /// [`CallError`]; nothing was changed.
    pub async fn create_offer(&self, request: OfferRequest) -> Result<OfferMade, CallError> {
        if let Some(price) = fiat_amount(&request.arguments.amount)? {
            self.rate_to_price_by(price.currency()).await?;
        }
        let path_id = random::<32>(&*self.ports.entropy)?.to_vec();
        let paths = self.paths_through(&request.arguments.fronts, &path_id).await?;
        let announced = self.ports.onion.is_announced().await;
        let warnings = reach_warnings(announced, &paths, self.keys.node_id());
        let nonce = random(&*self.ports.entropy)?;
        let _deciding = self.deciding.lock().await;
        let now = self.now();
        let OfferRequest { mut arguments, label, external_id, tags, return_url, lifetime } =
            request;
        if let Some(lifetime) = lifetime {
            arguments.absolute_expiry = Some(now.plus(lifetime));
        }
        let has_paths = !paths.is_empty();
        let offer = make_offer(&arguments, paths, nonce, &self.policy, &self.keys, now)?;
        let path_id = has_paths.then_some(path_id);
        let encoding = OfferEncoding { offer, path_id, created_at: now };
        let store = &self.ports.store;
        let arguments_key = (!arguments.single_use).then(|| offer_arguments_key(&arguments));
        let known = match (&arguments_key, &label) {
            (Some(key), _) => store.offer_by_arguments(key)?,
            (None, Some(label)) => store.single_use_offer_by_label(label)?,
            (None, None) => None,
        };
        if let Some(entry) = known {
            if !entry.fronts.same_as(&arguments.fronts) {
                let offer_id = entry.newest().offer_id().0;
                return Err(Misuse::LabelTaken { offer_id, same_arguments: false }.into());
            }
            return self.known_offer(entry, encoding, lifetime.is_some(), warnings);
        }
        let entry = OfferEntry {
            row: store.next_offer_row()?,
            arguments_key,
            label,
            external_id,
            tags,
            return_url,
            single_use: arguments.single_use,
            active: true,
            used: false,
            created_at: now,
            fronts: arguments.fronts,
            encodings: vec![encoding],
        };
        self.commit(&Batch::of(Event::OfferCreated(entry.clone())))?;
        Ok(OfferMade { entry, created: true, warnings })
    }

    fn known_offer(
        &self,
        mut entry: OfferEntry,
        fresh: OfferEncoding,
        any_expiry: bool,
        warnings: Vec<Warning>,
    ) -> Result<OfferMade, CallError> {
        if !entry.active {
            return Err(Misuse::ExistsInactive.into());
        }
        let newest = entry.newest();
        if entry.single_use {
            if !say_the_same(&newest.offer, &fresh.offer, any_expiry) {
                let offer_id = newest.offer_id().0;
                return Err(Misuse::LabelTaken { offer_id, same_arguments: false }.into());
            }
        } else if introductions(&newest.offer) != introductions(&fresh.offer) {
            let row = entry.row;
            self.commit(&Batch::of(Event::OfferEncoded { row, encoding: fresh.clone() }))?;
            entry.encodings.push(fresh);
        }
        Ok(OfferMade { entry, created: false, warnings })
    }

    /// Paths to us that carry `path_id`, one for each node that was named.
    ///
    /// # Errors
    /// [`Misuse`] in `fronting_nodes` for one of them that cannot be in front of us now.
    async fn paths_through(
        &self,
        fronts: &Fronts,
        path_id: &[u8],
    ) -> Result<Vec<BlindedPath>, CallError> {
        let paths = match self.ports.onion.message_paths(path_id, fronts).await {
            Err(error)
                if error.kind == PortErrorKind::Unavailable && !fronts.named().is_empty() =>
            {
                Vec::new()
            }
            paths => paths?,
        };
        let leads_over = |node| paths.iter().any(|path| path.first_node_id == NodeRef::Id(node));
        match fronts.named().iter().find(|node| !leads_over(**node)) {
            None => Ok(paths),
            Some(away) => {
                let expected = format!("{away} is not connected, or takes no onion messages");
                Err(Misuse::parameter("fronting_nodes", expected).into())
            }
        }
    }

    /// Stops answering an offer and accepting payments for it.
    ///
    /// # Errors
    /// [`Misuse::Unknown`], [`Misuse::AlreadyDisabled`].
    pub async fn disable_offer(&self, id: &OfferId) -> Result<OfferEntry, CallError> {
        let _deciding = self.deciding.lock().await;
        let entry = self.ports.store.offer_by_id(id)?.ok_or(Misuse::Unknown { what: "offer" })?;
        if !entry.active {
            return Err(Misuse::AlreadyDisabled.into());
        }
        self.commit(&Batch::of(Event::OfferDisabled { row: entry.row, at: self.now() }))?;
        Ok(OfferEntry { active: false, ..entry })
    }

    /// Answers a disabled offer again, and accepts payments for its outstanding invoices.
    ///
    /// # Errors
    /// [`Misuse::Unknown`], [`Misuse::AlreadyEnabled`], [`Misuse::UsedSingleUse`].
    pub async fn enable_offer(&self, id: &OfferId) -> Result<OfferEntry, CallError> {
        let _deciding = self.deciding.lock().await;
        let entry = self.ports.store.offer_by_id(id)?.ok_or(Misuse::Unknown { what: "offer" })?;
        if entry.single_use && entry.used {
            return Err(Misuse::UsedSingleUse.into());
        }
        if entry.active {
            return Err(Misuse::AlreadyEnabled.into());
        }
        self.commit(&Batch::of(Event::OfferEnabled { row: entry.row, at: self.now() }))?;
        Ok(OfferEntry { active: true, ..entry })
    }

    /// The offer of this number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn offer(&self, row: OfferRow) -> Result<Option<OfferEntry>, PortError> {
        self.ports.store.offer(row)
    }
}

/// Whether two single-use offers were made with the same arguments: their random bytes and paths differ anyway.
fn say_the_same(one: &bolt12::Offer, other: &bolt12::Offer, any_expiry: bool) -> bool {
    let said = |offer: &bolt12::Offer| {
        let texts = (offer.description().cloned(), offer.issuer().cloned());
        let expiry = offer.absolute_expiry().filter(|_| !any_expiry);
        (offer.price(), texts, offer.quantity_max(), expiry)
    };
    said(one) == said(other)
}

/// Through whom an offer is reached. Blinded paths are random, their introduction nodes are not.
pub(super) fn introductions(offer: &bolt12::Offer) -> Vec<NodeRef> {
    let mut nodes: Vec<_> = offer.paths().iter().map(|path| path.first_node_id).collect();
    nodes.sort_by_key(|node| format!("{node:?}"));
    nodes
}

/// What to tell the maker of a code that may lead nowhere: we are not announced, and every path to us begins at
/// ourselves.
impl Driver {
    /// Whether others could find us now to ask for an invoice, or to send one.
    ///
    /// # Errors
    /// When the node cannot tell.
    pub async fn is_reachable(&self) -> Result<bool, PortError> {
        let paths = self.ports.onion.message_paths(&[0; 32], &Fronts::Usual).await?;
        let announced = self.ports.onion.is_announced().await;
        Ok(reach_warnings(announced, &paths, self.keys.node_id()).is_empty())
    }
}

pub(super) fn reach_warnings(
    announced: bool,
    paths: &[BlindedPath],
    us: PublicKey,
) -> Vec<Warning> {
    let begins_here = |path: &BlindedPath| path.first_node_id == NodeRef::Id(us);
    if !announced && paths.iter().all(begins_here) {
        vec![Warning::Unreachable]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use offerd_core::keys::Keys;
    use secp256k1::SecretKey;

    use super::*;

    #[test]
    fn a_code_that_leads_to_ourselves_alone_is_warned_of() {
        let id = |byte| Keys::new(&SecretKey::from_slice(&[byte; 32]).unwrap()).node_id();
        let (us, peer) = (id(1), id(2));
        let over = |first| BlindedPath {
            first_node_id: NodeRef::Id(first),
            first_path_key: us,
            hops: Vec::new(),
        };
        assert_eq!(reach_warnings(false, &[], us), [Warning::Unreachable]);
        assert_eq!(reach_warnings(false, &[over(us)], us), [Warning::Unreachable]);
        assert_eq!(reach_warnings(false, &[over(us), over(peer)], us), []);
        assert_eq!(reach_warnings(true, &[], us), []);
    }
}
