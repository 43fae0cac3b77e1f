//! Paying whoever redeems a payout.

use bolt1::Writer;
use bolt4::BlindedPath;
use bolt12::Invoice;
use offerd_core::payout::{Arrival, Payout, Redemption, recognise, redeem};
use offerd_core::port::InboundMessage;
use offerd_core::{Ignored, PaymentHash, PaymentId, Refusal};
use tracing::{Instrument as _, info, info_span};

use super::answer::{error_message, or_silence};
use super::payouts::Facts;
use super::world::random;
use super::{Driver, Figure};

impl Driver {
    pub(super) async fn on_invoice(&self, message: InboundMessage) -> Result<(), Ignored> {
        let invoice = Invoice::decode(&message.content.bytes).map_err(|_| Ignored::Undecodable)?;
        let arrival = Arrival {
            invoice,
            path_id: message.path_id,
            reply_path: message.reply_path.as_ref().map(encode_path),
        };
        let nonce = arrival.nonce(&self.policy)?;
        let store = &self.ports.store;
        let way = or_silence(store.payout_way(&nonce))?.ok_or(Ignored::NotOurs)?;
        if !way.is(arrival.path_id.as_deref()) {
            return Err(Ignored::WrongPath);
        }
        let payout = or_silence(store.payout_by_nonce(&nonce))?.ok_or(Ignored::NotOurs)?;
        let hash = PaymentHash(arrival.invoice.payment_hash());
        let span = info_span!("redemption", payout = payout.row.0, payment_hash = %hash);
        self.judge(&payout, arrival, message.reply_path.as_ref()).instrument(span).await
    }

    async fn judge(
        &self,
        payout: &Payout,
        arrival: Arrival,
        reply_path: Option<&BlindedPath>,
    ) -> Result<(), Ignored> {
        let outcome = self.claim(payout, arrival).await?;
        let word = match &outcome {
            Ok(Redemption::Claim(_)) => "claimed",
            Ok(Redemption::Await(_)) => "awaiting",
            Ok(Redemption::Repeated) => "repeated",
            Err(refusal) => refusal.word(),
        };
        self.tally.count(Figure::Redemptions, word);
        match outcome {
            Ok(Redemption::Claim(_)) => info!(payout = payout.row.0, "payout claimed"),
            Ok(Redemption::Await(_)) => info!(payout = payout.row.0, "redemption awaits approval"),
            Ok(Redemption::Repeated) => {}
            Err(refusal) => {
                info!(payout = payout.row.0, %refusal, "redemption refused");
                self.reply(reply_path, error_message(&refusal)).await;
            }
        }
        Ok(())
    }

    async fn claim(
        &self,
        payout: &Payout,
        arrival: Arrival,
    ) -> Result<Result<Redemption, Refusal>, Ignored> {
        let recognised = recognise(payout, arrival)?;
        let spendable = self.spendable().await;
        let _deciding = self.deciding.lock().await;
        let decide = || {
            let store = &self.ports.store;
            // Read again under the lock: it may have been disabled or spent meanwhile.
            let fresh = self.read_or_hide(store.payout(payout.row))?.ok_or(Refusal::Unavailable)?;
            let claims = self.read_or_hide(store.claims(payout.row))?;
            let id = PaymentId(self.read_or_hide(random(&*self.ports.entropy))?);
            let facts = Facts { spendable, id };
            let terms = self.read_or_hide(self.claim_terms(&fresh, &claims, &facts))?;
            let redemption = redeem(recognised, &terms, &self.policy, &self.keys)?;
            if let Redemption::Claim(batch) | Redemption::Await(batch) = &redemption {
                self.read_or_hide(self.commit(batch))?;
            }
            Ok(redemption)
        };
        Ok(decide())
    }
}

fn encode_path(path: &BlindedPath) -> Vec<u8> {
    let mut writer = Writer::new();
    path.encode(&mut writer);
    writer.into_bytes()
}
