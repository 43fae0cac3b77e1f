//! Reading one's own hop of a blinded path.

use alloc::vec::Vec;

use bolt1::{NodeRef, PublicKey};
use secp256k1::{Scalar, Secp256k1, Verification};

use super::{BlindedHop, BlindedPath};
use crate::encrypted_data::{EncryptedData, NextHop, open};
use crate::keys::{Ecdh, Secret};
use crate::{Malformed, Part, PeelError};

/// A path after its introduction node has read its own hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advanced {
    /// There are no further hops: whoever advanced it is also its end.
    EndsHere,
    /// The rest, from the next hop on.
    Continues {
        /// Who the next hop is.
        next: NextHop,
        /// The path key for it.
        first_path_key: PublicKey,
        /// The hops that are left, at least one.
        hops: Vec<BlindedHop>,
    },
}

impl Advanced {
    /// The rest as a path of its own, where there is one and `resolve` knows whose end of a channel the next
    /// hop is.
    pub fn into_path(
        self,
        resolve: impl FnOnce(NextHop) -> Option<PublicKey>,
    ) -> Option<BlindedPath> {
        match self {
            Self::EndsHere => None,
            Self::Continues { next, first_path_key, hops } => {
                let first_node_id = NodeRef::Id(resolve(next)?);
                Some(BlindedPath { first_node_id, first_path_key, hops })
            }
        }
    }
}

impl BlindedPath {
    /// Reads the first hop with the key of the introduction node, to use the path from the next hop on: what a
    /// node does that wants to send over a path that begins at itself.
    ///
    /// # Errors
    /// When the hop is not for `key`, or its data is not what the rules for forwarding ask.
    pub fn advance<C: Verification>(
        &self,
        secp: &Secp256k1<C>,
        key: &impl Ecdh,
    ) -> Result<Advanced, PeelError> {
        let (hop, rest) = self.hops.split_first().ok_or(PeelError::NoEncryptedData)?;
        let unblinding = Unblinding::new(key, &self.first_path_key)?;
        let hop = unblinding.read(secp, &self.first_path_key, &hop.encrypted_recipient_data)?;
        if rest.is_empty() {
            return Ok(Advanced::EndsHere);
        }
        let (next, first_path_key) = hop.forward()?;
        Ok(Advanced::Continues { next, first_path_key, hops: rest.to_vec() })
    }
}

/// What one hop can compute from its node key and the path key that it got.
#[derive(Debug)]
pub(crate) struct Unblinding {
    secret: Secret,
    /// What its blinded key is of its node key.
    pub(crate) factor: Scalar,
}

impl Unblinding {
    pub(crate) fn new(key: &impl Ecdh, path_key: &PublicKey) -> Result<Self, PeelError> {
        // req BP-D1
        let secret = Secret::exchange(key, path_key).ok_or(PeelError::BadKey)?;
        let factor = secret.blinding_factor().ok_or(PeelError::BadKey)?;
        Ok(Self { secret, factor })
    }

    /// Decrypts and decodes the hop's data.
    pub(crate) fn read<C: Verification>(
        &self,
        secp: &Secp256k1<C>,
        path_key: &PublicKey,
        sealed: &[u8],
    ) -> Result<Unblinded, PeelError> {
        // req BP-D2, BP-D3
        let bytes = open(&self.secret.derive("rho"), sealed).ok_or(PeelError::BadEncryptedData)?;
        let data = EncryptedData::decode(&bytes).map_err(|error| {
            PeelError::Malformed(Malformed::in_stream(Part::EncryptedData, error, &bytes))
        })?;
        // req OM-R3
        if !data.allows_only_known_features() {
            return Err(PeelError::UnknownFeature);
        }
        // req BP-D4, OM-R6
        let next_path_key = match data.next_path_key_override {
            Some(path_key) => path_key,
            None => self.secret.next_public(secp, path_key).ok_or(PeelError::BadKey)?,
        };
        Ok(Unblinded { data, next_path_key })
    }
}

/// The data of a hop, with the path key for the one behind it.
#[derive(Debug)]
pub(crate) struct Unblinded {
    pub(crate) data: EncryptedData,
    next_path_key: PublicKey,
}

impl Unblinded {
    /// Where to and with which path key, if this hop is one that forwards.
    pub(crate) fn forward(&self) -> Result<(NextHop, PublicKey), PeelError> {
        // req OM-R4
        if self.data.path_id.is_some() {
            return Err(PeelError::PathIdNotForForwarding);
        }
        // req OM-R5
        let next = self.data.next.ok_or(PeelError::NoNextHop)?;
        Ok((next, self.next_path_key))
    }
}
