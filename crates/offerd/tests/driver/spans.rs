//! The way of a payment through the log: spans with the ids by which it is found on both sides, and no secret.

use std::io;
use std::sync::{Arc, Mutex};

use offerd::driver::PayOutcome;
use offerd_core::payment::{PaymentEnd, PaymentState};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::world::{World, offer_request, pay_call, settle};

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The spans of this name that have ended, each with its fields.
    fn ended(&self, name: &str) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ended = lines.filter(|line| line["fields"]["message"] == "close");
        ended.map(|line| line["span"].clone()).filter(|span| span["name"] == name).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_payment_is_followed_from_request_to_preimage_by_its_hash_on_both_sides() {
    let lines = Lines::default();
    let log = tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG);
    let log = log.with_span_events(FmtSpan::CLOSE).with_writer(lines.clone()).finish();
    let _listening = tracing::subscriber::set_default(log);
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let entry = shop.driver.create_offer(offer_request(5)).await.unwrap().entry;
    let offer = &entry.newest().offer;
    let mut call = pay_call(&offer.to_string());
    call.payer_note = Some("words of the payer".to_owned());
    let PayOutcome { payment, .. } = customer.driver.pay(call).await.unwrap();
    settle().await;
    let hash = payment.payment_hash().to_string();
    let request = lines.ended("invoice_request").remove(0);
    assert_eq!(
        (&request["offer_id"], &request["payment_hash"]),
        (&offer.id().to_string().into(), &hash.clone().into())
    );
    for name in ["receipt", "payment"] {
        let spans = lines.ended(name);
        assert_eq!(spans.len(), 2, "begun and ended: {spans:?}");
        assert!(spans.iter().all(|span| span["payment_hash"] == hash.as_str()), "{spans:?}");
    }
    assert_eq!(lines.ended("payment")[1]["payment_id"], payment.id.to_string());
    let PaymentState::Ended(PaymentEnd::Paid { preimage, .. }) = payment.state else {
        panic!("{payment:?}")
    };
    let preimage: String = preimage.iter().map(|byte| format!("{byte:02x}")).collect();
    for secret in [preimage.as_str(), "words of the payer", "lno1"] {
        assert!(!lines.text().contains(secret), "{secret}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redemption_is_followed_by_its_payout_and_hash_without_its_code() {
    let lines = Lines::default();
    let log = tracing_subscriber::fmt().json().with_span_events(FmtSpan::CLOSE);
    let _listening = tracing::subscriber::set_default(log.with_writer(lines.clone()).finish());
    let world = World::new();
    let (atm, customer) = (world.announced(), world.announced());
    let payout = atm.payout(7).await;
    let string = payout.offer.as_ref().unwrap().to_string();
    customer.redeem(&string, "mine").await.unwrap();
    settle().await;
    let redemption = lines.ended("redemption").remove(0);
    assert_eq!(redemption["payout"], payout.row.0);
    let hash = atm.payments()[0].payment_hash().to_string();
    assert_eq!(redemption["payment_hash"], hash.as_str());
    assert!(lines.ended("receipt").iter().all(|span| span["payment_hash"] == hash.as_str()));
    assert!(!lines.text().contains(&string[..20]), "the code is money");
}
