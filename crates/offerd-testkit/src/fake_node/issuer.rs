//! Being paid.

use async_trait::async_trait;
use bitcoin_hashes::{Hash as _, sha256};
use bolt1::BlockHeight;
use bolt4::BlindedPath;
use bolt12::BlindedPayInfo;
use offerd_core::port::{
    Bolt11Minted, Bolt11Order, Bolt11Refused, InvoiceIssuer, MintOrder, Minted, PaymentFailure,
    PaymentPath, PortError,
};

use super::FakeNode;
use super::fault::Call;
use super::ledger::{MintedInvoice, MintedTerms, Stage};
use super::network::State;

/// The height at which everything happens.
const HEIGHT: BlockHeight = BlockHeight(800_000);

#[async_trait]
impl InvoiceIssuer for FakeNode {
    async fn mint(&self, order: MintOrder) -> Result<Minted, PortError> {
        self.call(Call::Mint, |state| {
            let paths = state.paths_over(self.id, order.fronts.named(), None);
            if paths.is_empty() {
                return Err(PortError::unavailable("no payment could reach us"));
            }
            let preimage = state.bytes();
            let payment_hash = sha256::Hash::hash(&preimage).to_byte_array();
            let minted = MintedInvoice {
                payee: self.id,
                preimage,
                payment_hash,
                paths: paths.clone(),
                terms: MintedTerms::Bolt12(order),
            };
            state.minted.push(minted);
            let paths = paths.into_iter().map(priced).collect();
            Ok(Minted { payment_hash, paths, accepts_mpp: true, height: HEIGHT })
        })
    }

    async fn mint_bolt11(&self, order: Bolt11Order) -> Result<Bolt11Minted, Bolt11Refused> {
        self.call(Call::Mint, |state| {
            let preimage = order.preimage.map_or_else(|| state.bytes(), |chosen| chosen.0);
            let payment_hash = sha256::Hash::hash(&preimage).to_byte_array();
            let hex: String = payment_hash.iter().map(|byte| format!("{byte:02x}")).collect();
            let string = format!("lnbcrt1fake{hex}");
            let expires_at = crate::sample::NOW.plus(order.expiry);
            let terms =
                MintedTerms::Bolt11 { string: string.clone(), amount: order.amount, expires_at };
            let paths = Vec::new();
            state.minted.push(MintedInvoice {
                payee: self.id,
                preimage,
                payment_hash,
                paths,
                terms,
            });
            let payment_secret = state.bytes();
            Ok(Bolt11Minted {
                string,
                payment_hash,
                payment_secret,
                created_at: crate::sample::NOW,
            })
        })
        .map_err(Bolt11Refused::Fault)
    }

    async fn accept(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.call(Call::Accept, |state| {
            let claimable = self.find(state, payment_hash, Stage::Claimable);
            let claimed = self.find(state, payment_hash, Stage::Claimed);
            match (claimable, claimed) {
                (Some(index), _) => state.claim(index),
                (None, Some(_)) => {}
                (None, None) => return Err(PortError::rejected("no such payment is waiting")),
            }
            Ok(())
        })
    }

    async fn is_lost(&self, payment_hash: [u8; 32]) -> Result<bool, PortError> {
        self.ask(|state| {
            let alive = [Stage::Held, Stage::Claimable, Stage::Claimed];
            alive.into_iter().all(|stage| self.find(state, payment_hash, stage).is_none())
        })
    }

    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.call(Call::Refuse, |state| {
            if let Some(index) = self.find(state, payment_hash, Stage::Claimable) {
                state.fail(index, PaymentFailure::RefusedByPayee);
            }
            Ok(())
        })
    }
}

impl FakeNode {
    /// A payment of this hash to this node.
    fn find(&self, state: &State, payment_hash: [u8; 32], stage: Stage) -> Option<usize> {
        state.htlcs.iter().position(|htlc| {
            htlc.payee == self.id && htlc.payment_hash == payment_hash && htlc.stage == stage
        })
    }
}

/// A path through somebody else costs 1 sat and 100 ppm; one that begins with us costs nothing.
fn priced(path: BlindedPath) -> PaymentPath {
    let ours_alone = path.hops.len() == 1;
    let pay_info = BlindedPayInfo {
        fee_base_msat: if ours_alone { 0 } else { 1_000 },
        fee_proportional_millionths: if ours_alone { 0 } else { 100 },
        cltv_expiry_delta: if ours_alone { 18 } else { 98 },
        htlc_minimum_msat: 1,
        htlc_maximum_msat: FakeNode::LARGEST_HTLC,
        features: Vec::new(),
    };
    PaymentPath { path, pay_info }
}

impl FakeNode {
    /// Most msat that its paths carry in one part: ten times what a node begins with.
    const LARGEST_HTLC: u64 = 10_000_000_000;
}
