//! Payments that are pending, and payees who hope to be paid twice.

use std::sync::Arc;

use bolt1::{Msat, Seconds};
use bolt4::BlindedPath;
use bolt12::{Invoice, InvoiceBuilder, InvoiceError, InvoiceRequest, OfferBuilder};
use offerd::driver::{CallError, PayCall, PayOutcome, Step};
use offerd_core::Misuse;
use offerd_core::port::{
    Destination, Fronts, InvoiceIssuer as _, MessageContent, MintOrder, NodeEvent,
    OnionTransport as _, OutboundMessage,
};
use offerd_testkit::{FakeNode, Reach, Recorder, sample};
use secp256k1::Keypair;
use tokio::task::JoinHandle;

use crate::world::{Party, World, pass, pay_call, settle};

const PRICE: u64 = 1_000_000;

/// A payee without a driver, which answers what the test says, holds what it is paid, and takes all it can in the end.
struct Payee {
    node: FakeNode,
    heard: Arc<Recorder>,
    offer: String,
}

impl Payee {
    fn new(world: &World) -> Self {
        let (node, heard) = (world.network.node(Reach::Announced), Arc::new(Recorder::new()));
        node.start(heard.clone());
        node.hold_payments();
        let offer = OfferBuilder::new().issuer_id(&node.id()).amount(price()).description("tea");
        Self { offer: offer.build().unwrap().to_string(), node, heard }
    }

    /// The newest request that it has heard, and where its answer goes.
    fn asked(&self) -> (InvoiceRequest, BlindedPath) {
        let mut messages = self.heard.take().into_iter().filter_map(|event| {
            let NodeEvent::Message(message) = event else { return None };
            Some(message)
        });
        let message = messages.next_back().expect("a request");
        let request = InvoiceRequest::decode(&message.content.bytes).unwrap();
        (request, message.reply_path.unwrap())
    }

    /// An invoice of its own in place of those of these hashes, over a payment hash whose preimage it knows.
    async fn invoice(&self, request: &InvoiceRequest, replaces: &[[u8; 32]]) -> Invoice {
        let minted = self.node.mint(mint_order(request)).await.unwrap();
        let paths = minted.paths.into_iter().map(|path| (path.path, path.pay_info)).collect();
        self.built(request, replaces, minted.payment_hash, paths)
    }

    /// An invoice over the payment hash and the paths of another one.
    fn once_more(&self, first: &Invoice, request: &InvoiceRequest) -> Invoice {
        let (hash, paths) = (first.payment_hash(), first.payment_paths().to_vec());
        InvoiceBuilder::for_request(request)
            .amount(price())
            .created_at(sample::NOW.plus(Seconds(1)))
            .payment_hash(hash)
            .paths(paths)
            .replaces(&[hash])
            .sign(&sample::secp(), &self.key())
            .unwrap()
    }

    fn built(
        &self,
        request: &InvoiceRequest,
        replaces: &[[u8; 32]],
        hash: [u8; 32],
        paths: Vec<(BlindedPath, bolt12::BlindedPayInfo)>,
    ) -> Invoice {
        InvoiceBuilder::for_request(request)
            .amount(price())
            .created_at(sample::NOW)
            .relative_expiry(Seconds(86_400))
            .payment_hash(hash)
            .paths(paths)
            .replaces(replaces)
            .sign(&sample::secp(), &self.key())
            .unwrap()
    }

    fn key(&self) -> Keypair {
        Keypair::from_secret_key(&sample::secp(), &self.node.secret_key())
    }

    async fn answer(&self, reply_path: &BlindedPath, typ: u64, bytes: Vec<u8>) {
        let (to, content) = (Destination::Path(reply_path.clone()), MessageContent { typ, bytes });
        let message = OutboundMessage { to, content, reply_path_id: None, attempt: 0 };
        self.node.send(message).await.unwrap();
    }

    /// Takes every payment that has reached it, and says what it has gained.
    async fn take_all(&self, payer: &Party) -> Msat {
        self.node.release_payments();
        settle().await;
        for event in self.heard.take() {
            if let NodeEvent::PaymentClaimable(payment) = event {
                self.node.accept(payment.payment_hash).await.unwrap();
            }
        }
        settle().await;
        let gained = self.node.balance().minus(offerd_testkit::FakeNetwork::BALANCE).unwrap();
        assert_eq!(payer.payments().iter().filter(|payment| payment.is_pending()).count(), 0);
        gained
    }
}

fn price() -> Msat {
    Msat::new(PRICE).unwrap()
}

fn mint_order(request: &InvoiceRequest) -> MintOrder {
    MintOrder {
        amount: price(),
        expiry: Seconds(86_400),
        context: [0; 32],
        payer_id: request.payer_id(),
        quantity: None,
        memo: None,
        fronts: Fronts::Usual,
    }
}

fn labelled(string: &str, trust_payee: bool) -> PayCall {
    PayCall { label: Some("tea".into()), trust_payee, ..pay_call(string) }
}

/// A customer whose payment to `payee` is held, with the request, its reply path and the first invoice.
struct Stuck {
    customer: Party,
    request: InvoiceRequest,
    reply_path: BlindedPath,
    first: Invoice,
    call: JoinHandle<Result<PayOutcome, CallError>>,
}

async fn stuck(world: &World, payee: &Payee) -> Stuck {
    let customer = world.announced();
    let call = customer.spawn_pay(labelled(&payee.offer, false));
    settle().await;
    let (request, reply_path) = payee.asked();
    let first = payee.invoice(&request, &[]).await;
    payee.answer(&reply_path, 66, first.bytes().to_vec()).await;
    settle().await;
    assert!(customer.payments()[0].is_pending());
    Stuck { customer, request, reply_path, first, call }
}

/// What a payee may send in the hope of a second payment.
#[derive(Clone, Copy, Debug)]
enum Second {
    Plain,
    WithEvidence,
    SameHash,
}

impl Second {
    const ALL: [Self; 3] = [Self::Plain, Self::WithEvidence, Self::SameHash];

    async fn of(self, payee: &Payee, stuck: &Stuck) -> Invoice {
        match self {
            Self::Plain => payee.invoice(&stuck.request, &[]).await,
            Self::WithEvidence => {
                payee.invoice(&stuck.request, &[stuck.first.payment_hash()]).await
            }
            Self::SameHash => payee.once_more(&stuck.first, &stuck.request),
        }
    }
}

/// When the second invoice comes.
#[derive(Clone, Copy, Debug)]
enum When {
    /// Over the reply path of the first one.
    AtOnce,
    /// The customer pays it by hand, while the first call still waits.
    DuringTheCall,
    AfterTheCall,
    AfterARestart,
    /// When the first invoice has expired and its payment has not.
    AfterADay,
}

impl When {
    const ALL: [Self; 5] = [
        Self::AtOnce,
        Self::DuringTheCall,
        Self::AfterTheCall,
        Self::AfterARestart,
        Self::AfterADay,
    ];
}

#[tokio::test(start_paused = true)]
async fn a_payee_that_holds_a_payment_is_not_paid_a_second_one_whatever_it_sends_and_when() {
    for when in When::ALL {
        for second in Second::ALL {
            let case = format!("{second:?} {when:?}");
            let world = World::new();
            let payee = Payee::new(&world);
            let mut stuck = stuck(&world, &payee).await;
            let invoice = second.of(&payee, &stuck).await;
            match when {
                When::AtOnce => {
                    payee.answer(&stuck.reply_path, 66, invoice.bytes().to_vec()).await;
                }
                When::DuringTheCall => {}
                When::AfterTheCall => pass(70).await,
                When::AfterARestart => stuck.customer = stuck.customer.restart(),
                When::AfterADay => pass(86_401).await,
            }
            settle().await;
            for call in [pay_call(&invoice.to_string()), labelled(&invoice.to_string(), false)] {
                let refused = stuck.customer.driver.pay(call).await;
                let misuse = Misuse::BeingPaid;
                let other = Misuse::PaymentLabelTaken;
                let known = matches!(&refused, Err(CallError::Misuse(why)) if *why == misuse || *why == other);
                assert!(known, "{case}: {refused:?}");
            }
            let again = stuck.customer.driver.pay(labelled(&payee.offer, false)).await.unwrap();
            assert!(again.payment.is_pending() && !again.begun_now, "{case}");
            assert_eq!(stuck.customer.payments().len(), 1, "{case}");
            assert_eq!(payee.take_all(&stuck.customer).await, price(), "{case}");
            assert_eq!(stuck.customer.paid(), 1, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stuck_payment_is_waited_for_and_the_call_ends_with_pending() {
    let world = World::new();
    let payee = Payee::new(&world);
    let stuck = stuck(&world, &payee).await;
    // A refusal of what was answered already, and more invoices, change nothing.
    let refusal = InvoiceError::new("never mind".to_owned()).encode();
    payee.answer(&stuck.reply_path, 68, refusal).await;
    let began = tokio::time::Instant::now();
    let outcome = stuck.call.await.unwrap().unwrap();
    assert!(outcome.payment.is_pending() && outcome.begun_now);
    let steps: Vec<_> = outcome.attempts.iter().map(|attempt| attempt.step).collect();
    assert_eq!(steps, [Step::Ask]);
    assert!(began.elapsed().as_secs() <= 60, "{:?}", began.elapsed());
    assert_eq!(payee.take_all(&stuck.customer).await, price());
    let known = stuck.customer.driver.pay(labelled(&payee.offer, false)).await.unwrap();
    assert!(known.payment.is_paid());
}

#[tokio::test(start_paused = true)]
async fn without_evidence_trust_is_not_enough() {
    for second in [Second::Plain, Second::SameHash] {
        let world = World::new();
        let payee = Payee::new(&world);
        let stuck = stuck(&world, &payee).await;
        let invoice = second.of(&payee, &stuck).await;
        let trusting = PayCall { trust_payee: true, ..pay_call(&invoice.to_string()) };
        let refused = stuck.customer.driver.pay(trusting).await;
        let why = matches!(refused, Err(CallError::Misuse(Misuse::NoEvidence { .. })));
        assert!(why, "{second:?}: {refused:?}");

        // The same by the offer's string: whatever comes, the first payment is waited for.
        let call = stuck.customer.spawn_pay(labelled(&payee.offer, true));
        settle().await;
        let (request, reply_path) = payee.asked();
        assert_eq!(request.bytes(), stuck.request.bytes(), "the same request once more");
        payee.answer(&reply_path, 66, invoice.bytes().to_vec()).await;
        let outcome = call.await.unwrap().unwrap();
        assert!(outcome.payment.is_pending() && !outcome.begun_now);
        let last = outcome.attempts.last().unwrap();
        assert!(last.outcome.contains("trust_payee"), "{last:?}");
        assert_eq!(stuck.customer.payments().len(), 1);
        assert_eq!(payee.take_all(&stuck.customer).await, price());
    }
}

#[tokio::test(start_paused = true)]
async fn who_refuses_to_replace_an_invoice_or_says_nothing_is_waited_for() {
    for refuses in [true, false] {
        let world = World::new();
        let payee = Payee::new(&world);
        let stuck = stuck(&world, &payee).await;
        let call = stuck.customer.spawn_pay(labelled(&payee.offer, true));
        settle().await;
        let (_, reply_path) = payee.asked();
        if refuses {
            let refusal = InvoiceError::new("already paid".to_owned()).encode();
            payee.answer(&reply_path, 68, refusal).await;
        }
        let outcome = call.await.unwrap().unwrap();
        assert!(outcome.payment.is_pending() && !outcome.begun_now, "{refuses}");
        assert_eq!(stuck.customer.payments().len(), 1);
        assert_eq!(payee.take_all(&stuck.customer).await, price());
    }
}

/// That is what the trust is: the payee can take both, and the payer has the proof that it said otherwise.
#[tokio::test(start_paused = true)]
async fn on_its_signed_word_a_second_invoice_is_paid_once() {
    for by_offer in [true, false] {
        let world = World::new();
        let payee = Payee::new(&world);
        let stuck = stuck(&world, &payee).await;
        let second = Second::WithEvidence.of(&payee, &stuck).await;
        for _ in 0..3 {
            if by_offer {
                let call = stuck.customer.spawn_pay(labelled(&payee.offer, true));
                settle().await;
                let (_, reply_path) = payee.asked();
                payee.answer(&reply_path, 66, second.bytes().to_vec()).await;
                assert!(call.await.unwrap().unwrap().payment.is_pending());
            } else {
                let call = labelled(&second.to_string(), true);
                assert!(stuck.customer.driver.pay(call).await.unwrap().payment.is_pending());
            }
            assert_eq!(stuck.customer.payments().len(), 2);
        }
        // A third invoice must name both that are pending.
        let third = Second::WithEvidence.of(&payee, &stuck).await;
        let refused = stuck.customer.driver.pay(labelled(&third.to_string(), true)).await;
        let why = matches!(refused, Err(CallError::Misuse(Misuse::NoEvidence { .. })));
        assert!(why, "{refused:?}");
        payee.take_all(&stuck.customer).await;
        let evidence = stuck.customer.payments()[1].invoice.bolt12().unwrap().clone();
        assert_eq!(evidence.replaces(), [stuck.first.payment_hash()]);
        assert!(evidence.verify_signature(&sample::secp()).is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_of_ours_says_what_its_second_invoice_replaces_and_takes_one_of_them() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    shop.node.hold_payments();
    let first = customer.driver.pay(labelled(&offer, false)).await.unwrap().payment;
    // While the first invoice is good there is no other one.
    let same = customer.driver.pay(labelled(&offer, true)).await.unwrap();
    assert!(same.payment.id == first.id && same.payment.is_pending());
    assert_eq!(customer.payments().len(), 1);

    pass(7_201).await;
    let second = customer.driver.pay(labelled(&offer, true)).await.unwrap();
    assert!(second.begun_now && second.payment.is_pending());
    let invoice = second.payment.invoice.bolt12().unwrap();
    assert_eq!(invoice.replaces(), [first.payment_hash().0]);
    pass(7_201).await;
    let third = customer.driver.pay(labelled(&offer, true)).await.unwrap();
    assert!(third.begun_now);
    let invoice = third.payment.invoice.bolt12().unwrap();
    assert_eq!(invoice.replaces().len(), 2);

    shop.node.release_payments();
    settle().await;
    assert_eq!((customer.paid(), shop.gained(), shop.receipts().len()), (1, 1_000_000, 1));
    let known = customer.driver.pay(labelled(&offer, false)).await.unwrap();
    assert!(known.payment.is_paid() && !known.begun_now);
    assert_eq!(customer.payments().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_an_issuer_of_ours_claims_nothing_that_it_does_not_know() {
    let world = World::new();
    let (mut shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    shop.node.hold_payments();
    let first = customer.driver.pay(labelled(&offer, false)).await.unwrap().payment;
    shop = shop.restart();
    let outcome = customer.driver.pay(labelled(&offer, true)).await.unwrap();
    assert!(outcome.payment.id == first.id && outcome.payment.is_pending());
    shop.node.release_payments();
    settle().await;
    assert_eq!((customer.paid(), shop.gained()), (1, 1_000_000));
}

#[tokio::test(start_paused = true)]
async fn what_arrives_of_a_request_counts_whichever_invoice_it_was() {
    let world = World::new();
    let payee = Payee::new(&world);
    let stuck = stuck(&world, &payee).await;
    let second = Second::WithEvidence.of(&payee, &stuck).await;
    let call = stuck.customer.spawn_pay(labelled(&second.to_string(), true));
    settle().await;
    assert_eq!(stuck.customer.payments().len(), 2);
    // An honest payee takes the first one and sends the second one back.
    payee.node.release_payments();
    settle().await;
    payee.node.accept(stuck.first.payment_hash()).await.unwrap();
    payee.node.refuse(second.payment_hash()).await.unwrap();
    let outcome = call.await.unwrap().unwrap();
    assert!(outcome.payment.is_paid());
    assert_eq!(outcome.payment.payment_hash().0, stuck.first.payment_hash());
    let again = stuck.customer.driver.pay(labelled(&payee.offer, false)).await;
    assert!(again.unwrap().payment.is_paid());
}

#[tokio::test(start_paused = true)]
async fn trust_needs_something_to_be_about() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = shop.offer(1_000).await;
    let call = PayCall { trust_payee: true, ..pay_call(&offer) };
    let refused = customer.driver.pay(call).await;
    let Err(CallError::Misuse(Misuse::Parameter { parameter, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(parameter, "trust_payee");
    // Where nothing is pending, it changes nothing.
    assert!(customer.driver.pay(labelled(&offer, true)).await.unwrap().payment.is_paid());
    assert!(!customer.driver.pay(labelled(&offer, true)).await.unwrap().begun_now);
    assert_eq!(shop.gained(), 1_000_000);
}
