//! Making and withdrawing promises to pay.

use std::time::Duration;

use bolt1::{Msat, Seconds, Timestamp};
use bolt12::{InvreqId, OfferId};
use offerd_core::offer_book::fiat_amount;
use offerd_core::payment::{OutgoingPayment, PaymentState};
use offerd_core::payout::{
    ClaimTerms, MadePayout, Payout, PayoutArguments, PromiseState, Refund, RefundFor, RefundSoFar,
    approve, claimed_refunds, decide_refund, deny, drop_expired, make_payout, may_open_again,
    payout_arguments_key, promised_refunds, turn_down_all,
};
use offerd_core::port::{Fronts, PortError};
use offerd_core::{Batch, Event, Misuse, PaymentHash, PaymentId};
use tracing::{info, warn};

use super::offers::reach_warnings;
use super::world::random;
use super::{CallError, Driver, LONGEST_WAIT, Warning};

/// The span that the daily limit of payouts counts.
const DAY: Seconds = Seconds(86_400);

/// What a claim needs from the world, and what was known before the lock was taken.
pub(super) struct Facts {
    /// What the node can send.
    pub(super) spendable: Option<Msat>,
    /// The name of the payment.
    pub(super) id: PaymentId,
}

/// A promise that was made.
#[derive(Debug)]
pub struct PayoutMade {
    /// It, with both its strings.
    pub payout: Payout,
    /// What its maker should know.
    pub warnings: Vec<Warning>,
}

impl Driver {
    /// Makes a promise to pay. Two calls make two promises; a label makes the second one an error.
    ///
    /// # Errors
    /// [`CallError`]; nothing was promised.
    pub async fn create_payout(&self, arguments: PayoutArguments) -> Result<PayoutMade, CallError> {
        let rate = match fiat_amount(&arguments.amount)? {
            Some(price) => Some(self.rate_to_price_by(price.currency()).await?),
            None => None,
        };
        let path_id = random::<32>(&*self.ports.entropy)?.to_vec();
        let paths = self.ports.onion.message_paths(&path_id, &Fronts::Usual).await?;
        let announced = self.ports.onion.is_announced().await;
        let mut warnings = reach_warnings(announced, &paths, self.keys.node_id());
        let nonce = random(&*self.ports.entropy)?;
        let _deciding = self.deciding.lock().await;
        let store = &self.ports.store;
        if let Some(label) = &arguments.label
            && let Some(known) = store.payout_by_label(label)?
        {
            let id = known.offer_id().map(|id| id.0);
            let id = id.or_else(|| known.invreq_id().map(|id| id.0)).unwrap_or_default();
            let same_arguments = known.arguments_key == payout_arguments_key(&arguments);
            return Err(Misuse::LabelTaken { offer_id: id, same_arguments }.into());
        }
        let now = self.now();
        let refund = match &arguments.refund_for {
            Some(wanted) => Some(self.refund(wanted, now)?),
            None => None,
        };
        let row = store.next_payout_row()?;
        let made = MadePayout { row, nonce, paths, path_id, allowance: None, refund, rate, now };
        let payout = make_payout(&arguments, made, &self.policy, &self.keys)?;
        if payout.invoice_request.is_none() {
            warnings.push(Warning::OnlyOfferd);
        }
        self.commit(&Batch::of(Event::PayoutCreated(payout.clone())))?;
        Ok(PayoutMade { payout, warnings })
    }

    /// Opens a withdrawn promise again, by either of its ids.
    ///
    /// # Errors
    /// [`Misuse::Unknown`], [`Misuse::AlreadyEnabled`], [`Misuse::UsedSingleUse`].
    pub async fn enable_payout(
        &self,
        offer_id: Option<&OfferId>,
        invreq_id: Option<&InvreqId>,
    ) -> Result<Payout, CallError> {
        let _deciding = self.deciding.lock().await;
        let payout = self.payout_by_either(offer_id, invreq_id)?;
        let payout = payout.ok_or(Misuse::Unknown { what: "payout" })?;
        match payout.state {
            PromiseState::Disabled => {}
            PromiseState::Open => return Err(Misuse::AlreadyEnabled.into()),
            PromiseState::Spent => return Err(Misuse::UsedSingleUse.into()),
        }
        if let Some(refund) = payout.refund {
            let others = self.refunds_so_far(refund.payment_hash)?;
            may_open_again(&payout, &others, self.now())?;
        }
        self.commit(&Batch::of(Event::PayoutEnabled { row: payout.row, at: self.now() }))?;
        Ok(Payout { state: PromiseState::Open, ..payout })
    }

    fn payout_by_either(
        &self,
        offer_id: Option<&OfferId>,
        invreq_id: Option<&InvreqId>,
    ) -> Result<Option<Payout>, PortError> {
        let store = &self.ports.store;
        match (offer_id, invreq_id) {
            (Some(id), _) => store.payout_by_offer_id(id),
            (None, Some(id)) => store.payout_by_invreq_id(id),
            (None, None) => Ok(None),
        }
    }

    /// The payment to us that is to be refunded, and what of it is not refunded or promised yet. The caller holds
    /// `deciding`.
    fn refund(&self, wanted: &RefundFor, now: Timestamp) -> Result<(Refund, Msat), CallError> {
        let receipts = self.ports.store.receipts_of_hash(wanted.payment_hash)?;
        let refund = decide_refund(wanted, &receipts, &self.keys)?;
        let promised = promised_refunds(&self.refunds_so_far(wanted.payment_hash)?, now);
        let left = refund.at_most.and_then(|at_most| at_most.minus(promised));
        Ok((refund, left.unwrap_or_default()))
    }

    /// All refunds of one invoice, with their claims.
    pub(super) fn refunds_so_far(&self, hash: PaymentHash) -> Result<Vec<RefundSoFar>, PortError> {
        let store = &self.ports.store;
        let with_claims = |payout: Payout| {
            let claims = store.claims(payout.row)?;
            Ok(RefundSoFar { payout, claims })
        };
        store.refunds_of(hash)?.into_iter().map(with_claims).collect()
    }

    /// The payout that has this id, as an offer or as an invoice request.
    ///
    /// # Errors
    /// [`Misuse::Unknown`].
    pub fn payout_of(&self, id: [u8; 32]) -> Result<Payout, CallError> {
        let store = &self.ports.store;
        let payout = match store.payout_by_offer_id(&OfferId(id))? {
            Some(payout) => Some(payout),
            None => store.payout_by_invreq_id(&InvreqId(id))?,
        };
        Ok(payout.ok_or(Misuse::Unknown { what: "payout" })?)
    }

    /// Pays a redemption that waits for approval.
    ///
    /// # Errors
    /// [`Misuse::Unknown`] when none of this hash waits, [`Misuse::CannotApprove`] when it can no longer be paid.
    pub async fn approve_payout(
        &self,
        id: [u8; 32],
        hash: PaymentHash,
    ) -> Result<OutgoingPayment, CallError> {
        let spendable = self.spendable().await;
        let _deciding = self.deciding.lock().await;
        let (payout, candidate) = self.candidate(id, hash)?;
        let claims = self.ports.store.claims(payout.row)?;
        let facts = Facts { spendable, id: candidate.id };
        let terms = self.claim_terms(&payout, &claims, &facts)?;
        let batch = approve(&payout, &candidate, &terms, &self.policy, &self.keys)?;
        self.commit(&batch)?;
        info!(payout = payout.row.0, "redemption approved");
        let lost = || PortError::corrupt("a payment was approved and is not there");
        Ok(self.ports.store.payment(candidate.id)?.ok_or_else(lost)?)
    }

    /// Turns down a redemption that waits for approval, and tells its redeemer.
    ///
    /// # Errors
    /// [`Misuse::Unknown`] when none of this hash waits.
    pub async fn deny_payout(
        &self,
        id: [u8; 32],
        hash: PaymentHash,
    ) -> Result<OutgoingPayment, CallError> {
        let _deciding = self.deciding.lock().await;
        let (payout, candidate) = self.candidate(id, hash)?;
        self.commit(&deny(&candidate, self.now())?)?;
        info!(payout = payout.row.0, "redemption turned down");
        let lost = || PortError::corrupt("a payment was turned down and is not there");
        Ok(self.ports.store.payment(candidate.id)?.ok_or_else(lost)?)
    }

    fn candidate(
        &self,
        id: [u8; 32],
        hash: PaymentHash,
    ) -> Result<(Payout, OutgoingPayment), CallError> {
        let payout = self.payout_of(id)?;
        let claims = self.ports.store.claims(payout.row)?;
        let of_hash = |claim: &OutgoingPayment| claim.payment_hash() == hash;
        let waits = |claim: &OutgoingPayment| of_hash(claim) && claim.is_awaiting();
        // Where none waits, the one of this hash tells why.
        let found = claims.iter().find(|claim| waits(claim));
        let found = found.or_else(|| claims.iter().rfind(|claim| of_hash(claim)));
        let unknown = Misuse::Unknown { what: "redemption of this payment_hash" };
        Ok((payout, found.cloned().ok_or(unknown)?))
    }

    /// What a claim depends on besides its invoice. The caller holds `deciding`.
    pub(super) fn claim_terms<'a>(
        &self,
        payout: &Payout,
        claims: &'a [OutgoingPayment],
        facts: &Facts,
    ) -> Result<ClaimTerms<'a>, PortError> {
        let now = self.now();
        let refunded = match payout.refund {
            Some(refund) => claimed_refunds(&self.refunds_so_far(refund.payment_hash)?, payout),
            None => Msat::ZERO,
        };
        Ok(ClaimTerms {
            state: payout.state,
            claims,
            spendable: facts.spendable,
            claimed_today: self.ports.store.claimed_since(now.minus(DAY))?,
            refunded,
            rate: self.rate_for_record(payout.amount.fiat().map(|price| price.currency())),
            id: facts.id,
            now,
        })
    }

    /// What the node can send now, if it says so.
    pub(super) async fn spendable(&self) -> Option<Msat> {
        let spendable = self.ports.payer.spendable().await;
        spendable.inspect_err(|error| warn!(%error, "the balance is unknown")).ok()
    }

    /// Drops the redemptions that waited until their invoices expired, and turns down those whose payout did.
    pub(super) async fn drop_expired_candidates(&self) -> Result<(), PortError> {
        let _deciding = self.deciding.lock().await;
        let now = self.now();
        let (mut late, mut rest) = (Vec::new(), Vec::new());
        for claim in self.ports.store.awaiting_claims()? {
            let payout = claim.payout().map(|row| self.ports.store.payout(row)).transpose()?;
            let over = payout.flatten().is_some_and(|payout| payout.is_expired_at(now));
            let late_or_not = if over { &mut late } else { &mut rest };
            late_or_not.push(claim);
        }
        self.commit(&turn_down_all(&late, now).with(drop_expired(&rest, now)))
    }

    /// Waits until a payout is no longer open, or until its redemption of this payment hash has ended.
    ///
    /// # Errors
    /// [`Misuse::Unknown`], or [`CallError::StillOpen`] when `within` is over.
    pub async fn wait_payout(
        &self,
        id: [u8; 32],
        hash: Option<PaymentHash>,
        within: Duration,
    ) -> Result<Payout, CallError> {
        let row = self.payout_of(id)?.row;
        let look = || {
            let Some(payout) = self.ports.store.payout(row)? else { return Ok(None) };
            let over = match hash {
                None => payout.state != PromiseState::Open,
                Some(hash) => self.ports.store.claims(row)?.iter().any(|claim| {
                    let ended = matches!(claim.state, PaymentState::Ended(_));
                    claim.payment_hash() == hash && ended
                }),
            };
            Ok(over.then_some(payout))
        };
        let within = within.min(LONGEST_WAIT);
        self.wait_for(within, look).await?.ok_or(CallError::StillOpen)
    }

    /// Withdraws a promise by either of its ids. A claim that is being paid goes on; those that wait for approval are
    /// turned down, and their redeemers told.
    ///
    /// # Errors
    /// [`Misuse::Unknown`], [`Misuse::AlreadyDisabled`].
    pub async fn disable_payout(
        &self,
        offer_id: Option<&OfferId>,
        invreq_id: Option<&InvreqId>,
    ) -> Result<Payout, CallError> {
        let _deciding = self.deciding.lock().await;
        let payout = self.payout_by_either(offer_id, invreq_id)?;
        let payout = payout.ok_or(Misuse::Unknown { what: "payout" })?;
        if payout.state != PromiseState::Open {
            return Err(Misuse::AlreadyDisabled.into());
        }
        let now = self.now();
        let disabled = Batch::of(Event::PayoutDisabled { row: payout.row, at: now });
        let claims = self.ports.store.claims(payout.row)?;
        self.commit(&disabled.with(turn_down_all(&claims, now)))?;
        Ok(Payout { state: PromiseState::Disabled, ..payout })
    }
}
