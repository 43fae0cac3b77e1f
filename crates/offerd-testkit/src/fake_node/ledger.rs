//! Payments under way.

use bolt1::{Msat, PublicKey, Timestamp};
use bolt4::BlindedPath;
use offerd_core::Preimage;
use offerd_core::port::{
    Bolt11Facts, IncomingPayment, MintOrder, NodeEvent, PayOrder, PayRefused, PaymentFailure,
    PaymentPath,
};

use super::network::State;

/// What a node can derive from its seed: an invoice that it minted.
pub(super) struct MintedInvoice {
    pub(super) payee: PublicKey,
    pub(super) preimage: [u8; 32],
    pub(super) payment_hash: [u8; 32],
    pub(super) paths: Vec<BlindedPath>,
    pub(super) terms: MintedTerms,
}

/// What an invoice was minted for.
pub(super) enum MintedTerms {
    /// An invoice of BOLT 12.
    Bolt12(MintOrder),
    /// One of BOLT 11.
    Bolt11 {
        /// The string.
        string: String,
        /// The least it takes.
        amount: Option<Msat>,
        /// Its end.
        expires_at: Timestamp,
    },
}

impl MintedTerms {
    /// The least that the node takes for it.
    fn least(&self) -> Msat {
        match self {
            Self::Bolt12(order) => order.amount,
            Self::Bolt11 { amount, .. } => amount.unwrap_or(Msat::ZERO),
        }
    }
}

/// A payment that was begun.
pub(super) struct Htlc {
    pub(super) payer: PublicKey,
    pub(super) payee: PublicKey,
    pub(super) payment_hash: [u8; 32],
    preimage: [u8; 32],
    /// The payer's name of it.
    pub(super) outgoing_id: [u8; 32],
    /// The payee's.
    pub(super) incoming_id: [u8; 32],
    pub(super) amount: Msat,
    pub(super) fee: Msat,
    pub(super) stage: Stage,
}

/// Where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// On its way.
    Held,
    /// With the payee, who was asked.
    Claimable,
    /// Taken.
    Claimed,
    /// Sent back.
    Failed,
}

/// What a path asks for carrying `amount`.
fn fee(path: &PaymentPath, amount: Msat) -> Option<Msat> {
    let info = &path.pay_info;
    Msat::new(info.fee_base_msat.into())?.plus(amount.ppm(info.fee_proportional_millionths))
}

impl State {
    /// Begins a payment.
    pub(super) fn begin(&mut self, payer: PublicKey, order: &PayOrder) -> Result<(), PayRefused> {
        if self.station(payer).known_payments.contains(&order.payment_id) {
            return Err(PayRefused::AlreadyKnown);
        }
        if let Some(refused) = self.station(payer).next_refusal.take() {
            return Err(refused);
        }
        let path = order.paths.first();
        if path.is_none() && order.bolt11.is_none() {
            return Err(PayRefused::Impossible("no path".into()));
        }
        let leads_to = |minted: &&MintedInvoice| {
            minted.payment_hash == order.payment_hash
                && path.is_none_or(|path| minted.paths.contains(&path.path))
        };
        let Some(invoice) = self.minted.iter().find(leads_to) else {
            return Err(PayRefused::NoRoute("the path leads nowhere".into()));
        };
        let (payee, preimage) = (invoice.payee, invoice.preimage);
        if payee == payer {
            return Err(PayRefused::Impossible("this would pay ourselves".into()));
        }
        let balance = self.station(payer).balance;
        let fee = path.map_or(Some(Msat::ZERO), |path| fee(path, order.amount));
        let delay = path.map_or(0, |path| u32::from(path.pay_info.cltv_expiry_delta));
        if fee.is_some_and(|fee| fee > order.max_fee) {
            return Err(PayRefused::TooExpensive("the fee is above the limit".into()));
        }
        let terms = fee
            .filter(|_| delay <= order.max_delay.0)
            .and_then(|fee| Some((fee, balance.minus(order.amount.plus(fee)?)?)));
        let Some((fee, left)) = terms else {
            return Err(PayRefused::NoRoute("too little balance, or too much delay".into()));
        };
        let station = self.station(payer);
        station.known_payments.push(order.payment_id);
        if let Some(reason) = station.next_failure.take() {
            let payment_id = order.payment_id;
            self.emit(payer, NodeEvent::PaymentFailed { payment_id, reason });
            return Ok(());
        }
        station.balance = left;
        let incoming_id = self.bytes();
        self.htlcs.push(Htlc {
            payer,
            payee,
            payment_hash: order.payment_hash,
            preimage,
            outgoing_id: order.payment_id,
            incoming_id,
            amount: order.amount,
            fee,
            stage: Stage::Held,
        });
        if !self.station(payee).holds_payments {
            self.release_held(payee);
        }
        Ok(())
    }

    /// What a string of BOLT 11 that a node has minted says.
    pub(super) fn read_bolt11(&self, string: &str) -> Option<Bolt11Facts> {
        let (minted, terms) = self.minted.iter().find_map(|minted| match &minted.terms {
            MintedTerms::Bolt11 { string: known, amount, expires_at } if known == string => {
                Some((minted, (*amount, *expires_at)))
            }
            MintedTerms::Bolt11 { .. } | MintedTerms::Bolt12(_) => None,
        })?;
        Some(Bolt11Facts {
            string: string.to_owned(),
            payment_hash: minted.payment_hash,
            payee: minted.payee,
            amount: terms.0,
            description: Some("what the fake node sells".to_owned()),
            expires_at: terms.1,
        })
    }

    /// Lets the payments that are held arrive at `payee`.
    pub(super) fn release_held(&mut self, payee: PublicKey) {
        let held = |htlc: &Htlc| htlc.payee == payee && htlc.stage == Stage::Held;
        while let Some(index) = self.htlcs.iter().position(held) {
            self.arrive(index);
        }
    }

    fn arrive(&mut self, index: usize) {
        let htlc = &self.htlcs[index];
        let minted = self.minted.iter().find(|minted| minted.payment_hash == htlc.payment_hash);
        let waiting = self.htlcs.iter().any(|other| {
            other.payment_hash == htlc.payment_hash && other.stage == Stage::Claimable
        });
        // A node takes no second payment of a hash while it has one, and none below what it minted for.
        let Some(minted) = minted.filter(|minted| !waiting && htlc.amount >= minted.terms.least())
        else {
            self.fail(index, PaymentFailure::RefusedByPayee);
            return;
        };
        let order = match &minted.terms {
            MintedTerms::Bolt12(order) => Some(order),
            MintedTerms::Bolt11 { .. } => None,
        };
        let payment = IncomingPayment {
            payment_hash: htlc.payment_hash,
            payment_id: htlc.incoming_id,
            amount: htlc.amount,
            opening_fee: Msat::ZERO,
            context: order.map(|order| order.context),
            preimage: Preimage(htlc.preimage),
            payer_id: order.map(|order| order.payer_id),
            quantity: order.and_then(|order| order.quantity),
            memo: order.and_then(|order| order.memo.clone()),
        };
        let payee = htlc.payee;
        self.htlcs[index].stage = Stage::Claimable;
        self.emit(payee, NodeEvent::PaymentClaimable(payment));
    }

    /// The payments that wait for the word of `payee` go back, and nothing tells it so.
    pub(super) fn time_out(&mut self, payee: PublicKey) {
        let waits = |htlc: &Htlc| htlc.payee == payee && htlc.stage == Stage::Claimable;
        while let Some(index) = self.htlcs.iter().position(waits) {
            self.fail(index, PaymentFailure::NoRoute);
        }
    }

    /// A node that has told of a failure knows nothing of that payment any more, unless it was begun again.
    pub(super) fn forget_failed(&mut self, payer: PublicKey, event: &NodeEvent) {
        let NodeEvent::PaymentFailed { payment_id, .. } = event else { return };
        let goes_on = self.htlcs.iter().any(|htlc| {
            htlc.payer == payer && htlc.outgoing_id == *payment_id && htlc.stage != Stage::Failed
        });
        if !goes_on {
            self.station(payer).known_payments.retain(|known| known != payment_id);
        }
    }

    /// The payee takes the payment.
    pub(super) fn claim(&mut self, index: usize) {
        let htlc = &mut self.htlcs[index];
        htlc.stage = Stage::Claimed;
        let claimed = NodeEvent::PaymentClaimed {
            payment_hash: htlc.payment_hash,
            payment_id: htlc.incoming_id,
            amount: htlc.amount,
        };
        let sent = NodeEvent::PaymentSent {
            payment_id: htlc.outgoing_id,
            preimage: htlc.preimage,
            fee: Some(htlc.fee),
            parts: Some(1),
        };
        let (payer, payee, amount) = (htlc.payer, htlc.payee, htlc.amount);
        let station = self.station(payee);
        station.balance = station.balance.plus(amount).unwrap_or(Msat::MAX);
        self.emit(payee, claimed);
        self.emit(payer, sent);
    }

    /// The payment goes back, with what it would have cost.
    pub(super) fn fail(&mut self, index: usize, reason: PaymentFailure) {
        let htlc = &mut self.htlcs[index];
        htlc.stage = Stage::Failed;
        let (payer, payment_id) = (htlc.payer, htlc.outgoing_id);
        let back = [htlc.amount, htlc.fee];
        let station = self.station(payer);
        let balance = back.into_iter().try_fold(station.balance, Msat::plus);
        station.balance = balance.unwrap_or(Msat::MAX);
        self.emit(payer, NodeEvent::PaymentFailed { payment_id, reason });
    }
}
