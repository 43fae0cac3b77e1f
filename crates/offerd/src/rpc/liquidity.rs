//! Which provider a call about liquidity means, and what it may cost.

use bolt1::{Msat, PublicKey};
use offerd_api::ErrorObject;

use super::node_control::PeerAddress;
use super::params::Args;
use super::peer;

/// What the operator says of providers.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Providers {
    /// The one that is meant where a call names none.
    pub usual: Option<(PublicKey, Option<PeerAddress>)>,
    /// What it is shown.
    pub token: Option<String>,
    /// The most that one may keep of a payment, unless a call says otherwise.
    pub max_fee: Msat,
}

impl std::fmt::Debug for Providers {
    /// Without the token, which may be worth something.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Providers")
            .field("usual", &self.usual)
            .field("max_fee", &self.max_fee)
            .finish_non_exhaustive()
    }
}

/// A provider as a call means it.
#[derive(Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its node.
    pub node: PublicKey,
    /// Where it is, if that was said.
    pub address: Option<PeerAddress>,
    /// What it is shown.
    pub token: Option<String>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("node", &self.node)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Providers {
    /// The one that a call means. What is meant for the usual one is shown to no other.
    pub(super) fn meant(&self, args: &Args) -> Result<Provider, ErrorObject> {
        let named: Option<String> = args.get("lsp_id")?;
        let token: Option<String> = args.get("token")?;
        let named = named.map(|text| {
            let expected = "should be a node id (33 bytes in hexadecimal), or id@host:port";
            peer::read(&text).ok_or_else(|| ErrorObject::parameter("lsp_id", expected))
        });
        let (node, address) = match (named.transpose()?, &self.usual) {
            (Some((node, None)), Some((usual, address))) if node == *usual => {
                (node, address.clone())
            }
            (Some(named), _) => named,
            (None, Some(usual)) => usual.clone(),
            (None, None) => {
                let expected = "is required: no provider is configured (option lsp)";
                return Err(ErrorObject::parameter("lsp_id", expected));
            }
        };
        let is_usual = self.usual.as_ref().is_some_and(|(usual, _)| *usual == node);
        let token = token.or_else(|| self.token.clone().filter(|_| is_usual));
        Ok(Provider { node, address, token })
    }

    /// The most that it may keep.
    pub(super) fn max_fee(&self, args: &Args) -> Result<Msat, ErrorObject> {
        Ok(args.get("maxfee")?.unwrap_or(self.max_fee))
    }
}
