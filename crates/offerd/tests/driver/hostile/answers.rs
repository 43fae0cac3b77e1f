//! Answers to what we asked: for an invoice, or to be paid.

use std::sync::Arc;
use std::time::Duration;

use bolt1::Seconds;
use bolt4::BlindedPath;
use bolt12::{Invoice, InvoiceBuilder, InvoiceError, InvoiceRequest, OfferBuilder};
use offerd::driver::{CallError, FetchOutcome};
use offerd_core::Misuse;
use offerd_core::fetch::FetchArguments;
use offerd_core::port::{
    Destination, MessageContent, NodeEvent, OnionTransport as _, OutboundMessage, Store as _,
};
use offerd_testkit::{FakeNode, Reach, Recorder, sample};
use secp256k1::Keypair;

use super::{everything, signed, with};
use crate::world::{World, pass, sat, settle, strings};

/// An issuer that answers what the test says.
pub(super) struct Issuer {
    pub(super) node: FakeNode,
    heard: Arc<Recorder>,
}

impl Issuer {
    pub(super) fn new(world: &World) -> Self {
        let (node, heard) = (world.network.node(Reach::Announced), Arc::new(Recorder::new()));
        node.start(heard.clone());
        Self { node, heard }
    }

    fn key(&self) -> Keypair {
        Keypair::from_secret_key(&sample::secp(), &self.node.secret_key())
    }

    pub(super) fn heard(&self) -> (Vec<u8>, BlindedPath) {
        let mut messages = self.heard.take().into_iter().filter_map(|event| {
            let NodeEvent::Message(message) = event else { return None };
            Some((message.content.bytes, message.reply_path.unwrap()))
        });
        messages.next_back().expect("a message")
    }

    pub(super) async fn answer(&self, reply_path: &BlindedPath, typ: u64, bytes: Vec<u8>) {
        let to = Destination::Path(reply_path.clone());
        let content = MessageContent { typ, bytes };
        let message = OutboundMessage { to, content, reply_path_id: None, attempt: 0 };
        self.node.send(message).await.unwrap();
    }

    /// A good invoice for a request.
    fn invoice(&self, request: &InvoiceRequest) -> InvoiceBuilder {
        InvoiceBuilder::for_request(request)
            .amount(sat(1_000))
            .paths(vec![sample::payment_path(5)])
            .created_at(sample::NOW)
            .payment_hash([3; 32])
    }
}

/// How a fetch ends, in words: the field to blame, or what else.
fn ending(result: Result<FetchOutcome, CallError>) -> String {
    match result {
        Err(CallError::Misuse(Misuse::WrongInvoice { field, .. })) => field.to_owned(),
        Err(CallError::Misuse(Misuse::BadReply(_))) => "bad reply".to_owned(),
        Err(CallError::NoAnswer { .. }) => "no answer".to_owned(),
        Err(CallError::Refused(error)) => format!("refused: {}", error.error),
        other => panic!("{other:?}"),
    }
}

/// What a hostile issuer answers, and how the call of the payer ends.
fn hostile_answers(issuer: &Issuer, request: &InvoiceRequest) -> Vec<(u64, Vec<u8>, &'static str)> {
    let key = issuer.key();
    let good = issuer.invoice(request).sign(&sample::secp(), &key).unwrap();
    let change = |typ, value: &[u8]| signed("invoice", &with(good.bytes(), typ, Some(value)), &key);
    let lacks = |typ| signed("invoice", &with(good.bytes(), typ, None), &key);
    let mut forged = good.bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let other = sample::invoice_request(&sample::offer(1), 1);
    let other = sample::invoice_for(&other, &sample::keypair(1), 1);
    let (path, mut info) = sample::payment_path(5);
    info.features = vec![1];
    let unusable = issuer.invoice(request).paths(vec![(path, info)]);
    let unusable = unusable.sign(&sample::secp(), &key).unwrap();
    let dark = InvoiceError::new("\u{1b}[2Jgo away\u{202e}".to_owned()).encode();
    vec![
        (66, Vec::new(), "invreq_metadata"),
        (66, vec![0xff; 40], "field"),
        (66, good.bytes()[..good.bytes().len() - 1].to_vec(), "signature"),
        (66, forged, "signature"),
        (66, signed("invoice", good.bytes(), &payer()), "signature"),
        (66, other.bytes().to_vec(), "invreq_metadata"),
        (66, change(0, &[1; 32]), "invreq_metadata"),
        (66, change(10, b"gold"), "offer_description"),
        (66, change(8, &[1]), "offer_amount"),
        (66, change(88, &payer().public_key().serialize()), "invreq_payer_id"),
        (66, change(89, b"x"), "invreq_payer_note"),
        (66, change(80, &[7; 32]), "invreq_chain"),
        (66, change(176, &payer().public_key().serialize()), "invoice_node_id"),
        (66, change(164, &[1]), "invoice_relative_expiry"),
        (66, change(174, &[1]), "invoice_features"),
        (66, lacks(168), "invoice_payment_hash"),
        (66, lacks(170), "invoice_amount"),
        (66, lacks(160), "invoice_paths"),
        (66, lacks(162), "invoice_blindedpay"),
        (66, change(3_000_000_057, &[]), "invoice_replaces"),
        (66, unusable.bytes().to_vec(), "invoice_blindedpay"),
        (68, vec![5], "bad reply"),
        (68, vec![0xff; 30], "bad reply"),
        (68, dark, "refused: \\u{1b}[2Jgo away\\u{202e}"),
        (64, request.bytes().to_vec(), "no answer"),
        (71, vec![1], "no answer"),
    ]
}

fn payer() -> Keypair {
    sample::keypair(55)
}

// req IR-05, IR-07, IR-10, IR-11, IR-12, IR-13
#[tokio::test(start_paused = true)]
async fn hostile_answers_to_a_request_end_the_call_by_name_and_change_nothing() {
    let world = World::new();
    let (customer, issuer) = (world.announced(), Issuer::new(&world));
    let offer = OfferBuilder::new().issuer_id(&issuer.node.id()).amount(sat(1_000));
    let offer = offer.description("tea").build().unwrap();
    let before = everything(&customer);
    let (mut ends, mut expected) = (Vec::new(), Vec::new());
    for number in 0.. {
        let call = {
            let (driver, offer) = (customer.driver.clone(), offer.clone());
            let within = Duration::from_secs(10);
            tokio::spawn(async move {
                driver.fetch_invoice(&offer, &FetchArguments::default(), within).await
            })
        };
        settle().await;
        let (bytes, reply_path) = issuer.heard();
        let request = InvoiceRequest::decode(&bytes).unwrap();
        let answers = hostile_answers(&issuer, &request);
        let Some((typ, bytes, wanted)) = answers.into_iter().nth(number) else { break };
        issuer.answer(&reply_path, typ, bytes).await;
        ends.push((number, ending(call.await.unwrap())));
        expected.push((number, wanted.to_owned()));
        assert_eq!(everything(&customer), before, "answer {number}");
        pass(5).await;
    }
    assert_eq!(ends, expected);
}

/// The other side of a redemption may send anything over the reply path: only a refusal that can be read counts.
#[tokio::test(start_paused = true)]
async fn hostile_answers_to_an_invoice_of_ours_change_nothing_and_it_can_still_be_paid() {
    let world = World::new();
    let (customer, desk) = (world.announced(), Issuer::new(&world));
    let offer = OfferBuilder::new().issuer_id(&desk.node.id()).amount(sat(1_000)).send_invoice();
    let code = offer.metadata([1; 16]).description("x").build().unwrap().to_string();
    let call = customer.spawn_redeem(&code, "mine");
    settle().await;
    let (bytes, reply_path) = desk.heard();
    let invoice = Invoice::decode(&bytes).unwrap();
    let before = everything(&customer);
    for (typ, bytes) in [
        (68, vec![1]),
        (68, vec![0xff; 100]),
        (66, bytes.clone()),
        (66, Vec::new()),
        (64, bytes),
        (71, vec![1, 2, 3]),
    ] {
        desk.answer(&reply_path, typ, bytes).await;
        settle().await;
        assert_eq!(everything(&customer), before, "{typ}");
        assert!(!call.is_finished(), "{typ}");
    }
    assert_eq!(customer.store.own_invoices(offerd_core::port::Page::ALL).unwrap().len(), 1);
    let order = offerd_core::payment::pay_order(&offerd_core::payment::OutgoingPayment {
        amount: invoice.amount(),
        invoice: invoice.into(),
        retry_for: Seconds(60),
        ..sample::order(1)
    });
    offerd_core::port::InvoicePayer::pay(&desk.node, order).await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!(customer.gained(), 1_000_000);
}

/// What nobody asked for finds nobody who waits, even where somebody waits for something else.
#[tokio::test(start_paused = true)]
async fn answers_to_another_call_are_ignored() {
    let world = World::new();
    let (atm, customer, issuer) = (world.announced(), world.announced(), Issuer::new(&world));
    let payout = atm.payout(1_000).await;
    let offer = OfferBuilder::new().issuer_id(&issuer.node.id()).amount(sat(1_000));
    let offer = offer.description("tea").build().unwrap().to_string();
    let call = customer.spawn_pay(crate::world::pay_call(&offer));
    settle().await;
    let (_, reply_path) = issuer.heard();
    customer.redeem(&strings(&payout)[0], "mine").await.unwrap();
    call.abort();
    settle().await;
    let before = everything(&customer);
    let refusal = InvoiceError::new("no".to_owned()).encode();
    for (typ, bytes) in [(68, refusal), (66, vec![1]), (66, Vec::new())] {
        issuer.answer(&reply_path, typ, bytes).await;
        settle().await;
        assert_eq!(everything(&customer), before);
    }
}
