//! Making and withdrawing promises to pay.

use bolt12::{InvreqId, OfferId};
use offerd_core::payout::{
    MadePayout, Payout, PayoutAmount, PayoutArguments, PromiseState, make_payout,
    payout_arguments_key,
};
use offerd_core::port::PortError;
use offerd_core::{Batch, Event, Misuse};

use super::offers::reach_warnings;
use super::world::random;
use super::{CallError, Driver, Warning};

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
        let path_id = random::<32>(&*self.ports.entropy)?.to_vec();
        let paths = self.ports.onion.message_paths(&path_id).await?;
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
        let made = MadePayout { row: store.next_payout_row()?, nonce, paths, path_id, now };
        let payout = make_payout(&arguments, made, &self.policy, &self.keys)?;
        if let PayoutAmount::UpTo(_) = payout.amount {
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

    /// Withdraws a promise by either of its ids. A claim that is being paid goes on.
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
        self.commit(&Batch::of(Event::PayoutDisabled { row: payout.row, at: self.now() }))?;
        Ok(Payout { state: PromiseState::Disabled, ..payout })
    }
}
