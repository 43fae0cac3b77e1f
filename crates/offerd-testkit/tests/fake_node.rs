//! The nodes in memory behave as the port says, and misbehave as they are told.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bitcoin_hashes::{Hash as _, sha256};
use bolt1::{CltvDelta, Msat, Seconds};
use bolt12::{Invoice, InvoiceBuilder};
use offerd_core::payment::{OutgoingPayment, pay_order as pay_order_for};
use offerd_core::port::{
    Destination, Fronts, InboundMessage, IncomingPayment, InvoiceIssuer as _, InvoicePayer as _,
    MessageContent, MintOrder, Minted, NodeEvent, OnionTransport as _, OutboundMessage, PayOrder,
    PayRefused, PaymentFailure, PortErrorKind,
};
use offerd_testkit::{Call, FakeNetwork, FakeNode, Moment, Reach, Recorder, sample};

/// The result of a future that waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    let Poll::Ready(value) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        unreachable!("it waits")
    };
    value
}

struct Two {
    network: FakeNetwork,
    issuer: FakeNode,
    payer: FakeNode,
    to_issuer: Arc<Recorder>,
    to_payer: Arc<Recorder>,
}

impl Two {
    fn new(issuer: Reach, payer: Reach) -> Self {
        let network = FakeNetwork::new(1);
        let (issuer, payer) = (network.node(issuer), network.node(payer));
        let (to_issuer, to_payer) = (Arc::new(Recorder::new()), Arc::new(Recorder::new()));
        issuer.start(to_issuer.clone());
        payer.start(to_payer.clone());
        Self { network, issuer, payer, to_issuer, to_payer }
    }

    fn announced() -> Self {
        Self::new(Reach::Announced, Reach::Announced)
    }

    fn run(&self) -> usize {
        now(self.network.run())
    }

    /// An invoice of 10 sat.
    fn mint(&self) -> Minted {
        let order = MintOrder {
            amount: msat(10_000),
            expiry: Seconds(7200),
            context: [7; 32],
            payer_id: sample::point(1),
            quantity: Some(2),
            memo: Some("two, please".into()),
            fronts: Fronts::Usual,
        };
        now(self.issuer.mint(order)).expect("mint")
    }

    /// Begins to pay it.
    fn begin(&self, id: u8, minted: &Minted) {
        now(self.payer.pay(pay_order(id, minted))).expect("pay");
    }

    /// Begins to pay a new invoice, and lets the payment arrive.
    fn paid_up_to_the_issuer(&self) -> Minted {
        let minted = self.mint();
        self.begin(1, &minted);
        self.run();
        minted
    }
}

fn msat(msat: u64) -> Msat {
    Msat::new(msat).expect("less than all bitcoin")
}

fn pay_order(id: u8, minted: &Minted) -> PayOrder {
    PayOrder {
        bolt11: None,
        payment_id: [id; 32],
        payment_hash: minted.payment_hash,
        amount: msat(10_000),
        paths: minted.paths.clone(),
        features: Vec::new(),
        expires_at: sample::NOW,
        max_fee: msat(1_001),
        max_delay: CltvDelta(144),
        retry_for: Seconds(60),
    }
}

fn hello(to: Destination) -> OutboundMessage {
    let content = MessageContent { typ: 64, bytes: b"hello".to_vec() };
    OutboundMessage { to, content, reply_path_id: None, attempt: 0 }
}

fn messages(recorder: &Recorder) -> Vec<InboundMessage> {
    let message = |event| {
        let NodeEvent::Message(message) = event else { unreachable!("not a message: {event:?}") };
        message
    };
    recorder.take().into_iter().map(message).collect()
}

/// The events in short.
fn told(recorder: &Recorder) -> Vec<&'static str> {
    let short = |event| match event {
        NodeEvent::Message(_) => "message",
        NodeEvent::PaymentClaimable(_) => "claimable",
        NodeEvent::PaymentClaimed { .. } => "claimed",
        NodeEvent::PaymentSent { .. } => "sent",
        NodeEvent::AttemptFailed { .. } => "attempt failed",
        NodeEvent::PaymentFailed { .. } => "failed",
    };
    recorder.take().into_iter().map(short).collect()
}

#[test]
fn a_message_arrives_and_is_answered_over_its_reply_path() {
    let two = Two::announced();
    let message = OutboundMessage {
        reply_path_id: Some(b"question 1".to_vec()),
        ..hello(Destination::Node(two.issuer.id()))
    };
    now(two.payer.send(message)).expect("send");
    assert_eq!(two.run(), 1);
    let [got] = messages(&two.to_issuer).try_into().expect("one message");
    assert_eq!((got.from_peer, got.path_id), (two.payer.id(), None));
    assert_eq!(got.content, MessageContent { typ: 64, bytes: b"hello".to_vec() });
    let back = got.reply_path.expect("a reply path");
    now(two.issuer.send(hello(Destination::Path(back)))).expect("answer");
    two.run();
    let [got] = messages(&two.to_payer).try_into().expect("one message");
    assert_eq!(got.path_id.as_deref(), Some(&b"question 1"[..]));
    assert!(got.reply_path.is_none());
}

#[test]
fn an_unannounced_node_is_found_over_its_paths_alone() {
    let two = Two::new(Reach::Unannounced, Reach::Unannounced);
    assert_eq!(now(two.issuer.message_paths(b"x", &Fronts::Usual)).expect("paths"), []);
    let relay = two.network.node(Reach::Announced);
    relay.start(Arc::new(Recorder::new()));
    let direct = now(two.payer.send(hello(Destination::Node(two.issuer.id()))));
    assert_eq!(direct.expect_err("no route").kind, PortErrorKind::Unavailable);
    let [path] = now(two.issuer.message_paths(b"x", &Fronts::Usual))
        .expect("paths")
        .try_into()
        .expect("one");
    now(two.payer.send(hello(Destination::Path(path)))).expect("send");
    two.run();
    let [got] = messages(&two.to_issuer).try_into().expect("one message");
    assert_eq!((got.from_peer, got.path_id.as_deref()), (relay.id(), Some(&b"x"[..])));
    assert!(!now(two.issuer.is_announced()));
    assert!(now(relay.is_announced()));
    assert_eq!(now(relay.message_paths(b"x", &Fronts::Usual)).expect("paths"), []);
}

#[test]
fn a_path_that_begins_with_its_user_leads_on() {
    let two = Two::new(Reach::Unannounced, Reach::Announced);
    let [path] = now(two.issuer.message_paths(b"x", &Fronts::Usual))
        .expect("paths")
        .try_into()
        .expect("one");
    assert_eq!(path.first_node_id, bolt4::NodeRef::Id(two.payer.id()));
    now(two.payer.send(hello(Destination::Path(path)))).expect("send");
    two.run();
    assert_eq!(messages(&two.to_issuer).len(), 1);
}

#[test]
fn each_attempt_has_another_reply_path() {
    let two = Two::new(Reach::Announced, Reach::Unannounced);
    let relay = two.network.node(Reach::Announced);
    relay.start(Arc::new(Recorder::new()));
    let introduced_by = |attempt| {
        let message = OutboundMessage {
            reply_path_id: Some(Vec::new()),
            attempt,
            ..hello(Destination::Node(two.issuer.id()))
        };
        now(two.payer.send(message)).expect("send");
        two.run();
        let path = messages(&two.to_issuer).remove(0).reply_path.expect("a reply path");
        path.first_node_id
    };
    let ids = [two.issuer.id(), relay.id()].map(bolt4::NodeRef::Id);
    assert_eq!([introduced_by(0), introduced_by(1), introduced_by(2)], [ids[0], ids[1], ids[0]]);
}

#[test]
fn messages_are_lost_and_doubled_on_demand() {
    let two = Two::announced();
    let send = || now(two.payer.send(hello(Destination::Node(two.issuer.id())))).expect("send");
    two.network.lose_messages(1);
    two.network.double_messages(1);
    send();
    assert_eq!(two.run(), 0);
    send();
    assert_eq!(two.run(), 2);
    send();
    assert_eq!(two.run(), 1);
    assert_eq!(two.network.messages_sent(), 3);
}

#[test]
fn a_message_to_a_dead_node_is_lost() {
    let two = Two::announced();
    let send = || now(two.payer.send(hello(Destination::Node(two.issuer.id())))).expect("send");
    two.issuer.crash();
    send();
    two.issuer.start(two.to_issuer.clone());
    assert_eq!(two.run(), 0);
    // Neither does one outlive the node that it had reached.
    send();
    two.issuer.crash();
    assert_eq!(two.run(), 0);
    two.issuer.start(two.to_issuer.clone());
    assert_eq!(two.run(), 0);
}

#[test]
fn a_payment_is_claimable_then_claimed_and_sent() {
    let two = Two::announced();
    let minted = two.paid_up_to_the_issuer();
    let [NodeEvent::PaymentClaimable(payment)] = &two.to_issuer.take()[..] else {
        panic!("one claimable payment")
    };
    let expected = IncomingPayment {
        payment_hash: minted.payment_hash,
        payment_id: payment.payment_id,
        amount: msat(10_000),
        opening_fee: msat(0),
        context: Some([7; 32]),
        preimage: payment.preimage,
        payer_id: Some(sample::point(1)),
        quantity: Some(2),
        memo: Some("two, please".into()),
    };
    assert_eq!(*payment, expected);
    let hash = sha256::Hash::hash(&payment.preimage.0).to_byte_array();
    assert_eq!(hash, minted.payment_hash);
    assert_eq!(told(&two.to_payer), Vec::<&str>::new());

    now(two.issuer.accept(minted.payment_hash)).expect("accept");
    two.run();
    assert_eq!(told(&two.to_issuer), ["claimed"]);
    let [NodeEvent::PaymentSent { payment_id, preimage, fee, parts }] = two.to_payer.take()[..]
    else {
        panic!("one sent payment")
    };
    assert_eq!(sha256::Hash::hash(&preimage).to_byte_array(), minted.payment_hash);
    assert_eq!((payment_id, fee, parts), ([1; 32], Some(Msat::ZERO), Some(1)));
    let moved = msat(10_000);
    assert_eq!(two.issuer.balance(), FakeNetwork::BALANCE.plus(moved).expect("little"));
    assert_eq!(two.payer.balance(), FakeNetwork::BALANCE.minus(moved).expect("little"));
}

#[test]
fn an_invoice_made_of_what_was_minted_can_be_paid() {
    let two = Two::new(Reach::Unannounced, Reach::Announced);
    let request = sample::invoice_request(&sample::offer(1), 1);
    let amount = request.amount_due(None).expect("a price in bitcoin");
    let minted = two.mint();
    let paths = minted.paths.iter().map(|path| (path.path.clone(), path.pay_info.clone()));
    let invoice = InvoiceBuilder::for_request(&request)
        .amount(amount)
        .paths(paths.collect())
        .created_at(sample::NOW)
        .payment_hash(minted.payment_hash)
        .sign(&sample::secp(), &sample::keypair(1))
        .expect("a valid invoice");
    let invoice = Invoice::decode(invoice.bytes()).expect("as the payer reads it");
    let payment = OutgoingPayment { amount, invoice: invoice.into(), ..sample::order(1) };
    now(two.payer.pay(pay_order_for(&payment))).expect("pay");
    two.run();
    assert_eq!(told(&two.to_issuer), ["claimable"]);
}

#[test]
fn accepting_twice_is_harmless_and_accepting_nothing_is_an_error() {
    let two = Two::announced();
    let minted = two.paid_up_to_the_issuer();
    for _ in 0..2 {
        now(two.issuer.accept(minted.payment_hash)).expect("accept");
    }
    two.run();
    assert_eq!(told(&two.to_issuer), ["claimable", "claimed"]);
    let error = now(two.issuer.accept([0; 32])).expect_err("no such payment");
    assert_eq!(error.kind, PortErrorKind::Rejected);
}

#[test]
fn a_refused_payment_goes_back() {
    let two = Two::announced();
    let minted = two.paid_up_to_the_issuer();
    now(two.issuer.refuse(minted.payment_hash)).expect("refuse");
    two.run();
    let [NodeEvent::PaymentFailed { payment_id, reason }] = &two.to_payer.take()[..] else {
        panic!("one failed payment")
    };
    assert_eq!((*payment_id, reason), ([1; 32], &PaymentFailure::RefusedByPayee));
    assert_eq!(two.payer.balance(), FakeNetwork::BALANCE);
    assert_eq!(two.issuer.balance(), FakeNetwork::BALANCE);
}

#[test]
fn a_second_payment_of_the_hash_is_sent_back_while_the_first_waits() {
    let two = Two::announced();
    let minted = two.paid_up_to_the_issuer();
    two.begin(2, &minted);
    two.run();
    assert_eq!(told(&two.to_payer), ["failed"]);
    now(two.issuer.accept(minted.payment_hash)).expect("accept");
    two.begin(3, &minted);
    two.run();
    assert_eq!(told(&two.to_issuer), ["claimable", "claimed", "claimable"]);
}

#[test]
fn too_little_is_sent_back_by_the_node_itself() {
    let two = Two::announced();
    let minted = two.mint();
    let order = PayOrder { amount: msat(9_999), ..pay_order(1, &minted) };
    now(two.payer.pay(order)).expect("pay");
    two.run();
    assert_eq!(told(&two.to_issuer), Vec::<&str>::new());
    assert_eq!(told(&two.to_payer), ["failed"]);
}

#[test]
fn one_id_pays_once() {
    let two = Two::announced();
    let minted = two.paid_up_to_the_issuer();
    let again = || now(two.payer.pay(pay_order(1, &minted)));
    assert_eq!(again(), Err(PayRefused::AlreadyKnown));
    assert_eq!(now(two.payer.known_payments()).expect("payments"), [[1; 32]]);
    now(two.issuer.refuse(minted.payment_hash)).expect("refuse");
    assert_eq!(again(), Err(PayRefused::AlreadyKnown));
    two.payer.forget_payment([1; 32]);
    assert_eq!(again(), Ok(()));
}

#[test]
fn what_is_out_of_limits_is_not_begun() {
    let two = Two::new(Reach::Unannounced, Reach::Announced);
    let minted = two.mint();
    let order = || pay_order(1, &minted);
    let refused = |order: PayOrder| now(two.payer.pay(order)).expect_err("out of limits");
    // 1 sat, and 100 ppm of 10 sat.
    assert!(matches!(
        refused(PayOrder { max_fee: msat(1_000), ..order() }),
        PayRefused::TooExpensive(_)
    ));
    assert!(matches!(
        refused(PayOrder { max_delay: CltvDelta(97), ..order() }),
        PayRefused::NoRoute(_)
    ));
    assert!(matches!(
        refused(PayOrder { paths: Vec::new(), ..order() }),
        PayRefused::Impossible(_)
    ));
    assert!(matches!(
        refused(PayOrder { payment_hash: [0; 32], ..order() }),
        PayRefused::NoRoute(_)
    ));
    two.payer.set_balance(msat(11_000));
    assert!(matches!(refused(order()), PayRefused::NoRoute(_)));
    assert_eq!(now(two.payer.known_payments()).expect("payments"), Vec::<[u8; 32]>::new());
    two.payer.set_balance(msat(11_001));
    two.begin(1, &minted);
    assert_eq!(now(two.payer.spendable()).expect("spendable"), Msat::ZERO);
}

#[test]
fn a_node_does_not_pay_itself() {
    let two = Two::announced();
    let minted = two.mint();
    let refused = now(two.issuer.pay(pay_order(1, &minted))).expect_err("ourselves");
    assert!(matches!(refused, PayRefused::Impossible(_)));
}

#[test]
fn nobody_can_pay_a_node_without_peers() {
    let network = FakeNetwork::new(1);
    let alone = network.node(Reach::Unannounced);
    alone.start(Arc::new(Recorder::new()));
    let order = MintOrder {
        amount: msat(1),
        expiry: Seconds(1),
        context: [0; 32],
        payer_id: sample::point(1),
        quantity: None,
        memo: None,
        fronts: Fronts::Usual,
    };
    let error = now(alone.mint(order)).expect_err("no path");
    assert_eq!(error.kind, PortErrorKind::Unavailable);
}

#[test]
fn a_held_payment_arrives_when_it_is_released() {
    let two = Two::announced();
    two.issuer.hold_payments();
    two.paid_up_to_the_issuer();
    assert_eq!(told(&two.to_issuer), Vec::<&str>::new());
    two.issuer.release_payments();
    two.run();
    assert_eq!(told(&two.to_issuer), ["claimable"]);
}

#[test]
fn payments_fail_and_are_refused_on_demand() {
    let two = Two::announced();
    let minted = two.mint();
    two.payer.refuse_next_pay(PayRefused::Unknown("as wished".into()));
    let refused = now(two.payer.pay(pay_order(1, &minted)));
    assert_eq!(refused, Err(PayRefused::Unknown("as wished".into())));
    two.payer.fail_next_payment(PaymentFailure::NoRoute);
    two.begin(1, &minted);
    two.run();
    assert_eq!(told(&two.to_payer), ["failed"]);
    assert_eq!(two.payer.balance(), FakeNetwork::BALANCE);
    two.begin(2, &minted);
    two.run();
    assert_eq!(told(&two.to_issuer), ["claimable"]);
}

#[test]
fn a_node_that_dies_before_a_payment_has_not_begun_it() {
    let two = Two::announced();
    let minted = two.mint();
    two.payer.crash_at(Call::Pay, Moment::Before);
    let refused = now(two.payer.pay(pay_order(1, &minted)));
    assert!(matches!(refused, Err(PayRefused::Unknown(_))));
    assert!(now(two.payer.known_payments()).is_err());
    two.payer.start(two.to_payer.clone());
    assert_eq!(now(two.payer.known_payments()).expect("payments"), Vec::<[u8; 32]>::new());
    assert_eq!(two.run(), 0);
}

#[test]
fn a_node_that_dies_after_a_payment_learns_its_outcome_later() {
    let two = Two::announced();
    let minted = two.mint();
    two.payer.crash_at(Call::Pay, Moment::After);
    let refused = now(two.payer.pay(pay_order(1, &minted)));
    assert!(matches!(refused, Err(PayRefused::Unknown(_))));
    two.run();
    now(two.issuer.accept(minted.payment_hash)).expect("accept");
    two.run();
    assert_eq!(told(&two.to_payer), Vec::<&str>::new());
    two.payer.start(two.to_payer.clone());
    assert_eq!(now(two.payer.known_payments()).expect("payments"), [[1; 32]]);
    two.run();
    assert_eq!(told(&two.to_payer), ["sent"]);
}

#[test]
fn an_event_that_is_not_handled_comes_again_before_later_ones() {
    let two = Two::announced();
    let minted = two.paid_up_to_the_issuer();
    assert_eq!(told(&two.to_issuer), ["claimable"]);
    now(two.issuer.accept(minted.payment_hash)).expect("accept");
    let second = two.mint();
    two.begin(2, &second);
    two.to_issuer.fail(1);
    two.run();
    assert_eq!(told(&two.to_issuer), Vec::<&str>::new());
    two.run();
    assert_eq!(told(&two.to_issuer), ["claimed", "claimable"]);
    assert_eq!(two.run(), 0);
}

#[test]
fn what_was_handled_comes_again_when_the_node_forgot_it() {
    let two = Two::announced();
    two.paid_up_to_the_issuer();
    assert_eq!(told(&two.to_issuer), ["claimable"]);
    two.issuer.crash();
    two.issuer.forget_what_was_handled();
    two.issuer.start(two.to_issuer.clone());
    two.run();
    assert_eq!(told(&two.to_issuer), ["claimable"]);
    assert_eq!(two.run(), 0);
}

#[test]
fn serving_waits_for_traffic_and_delivers_it() {
    let two = Two::announced();
    let mut serving = pin!(two.network.clone().serve());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        assert!(serving.as_mut().poll(&mut context).is_pending());
        assert_eq!(messages(&two.to_issuer).len(), 0);
        now(two.payer.send(hello(Destination::Node(two.issuer.id())))).expect("send");
        assert!(serving.as_mut().poll(&mut context).is_pending());
        assert_eq!(messages(&two.to_issuer).len(), 1);
    }
}

#[test]
fn the_same_seed_makes_the_same_network() {
    let id = |seed| FakeNetwork::new(seed).node(Reach::Announced).id();
    assert_eq!(id(1), id(1));
    assert_ne!(id(1), id(2));
}
