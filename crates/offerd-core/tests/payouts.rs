//! Promises to pay: making them, and who is paid.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::{CltvDelta, Seconds, Timestamp};
use bolt12::{ChainHash, Invoice, InvoiceBuilder, Offer, OfferBuilder};
use offerd_core::amount::AmountSpec;
use offerd_core::payment::{OutgoingPayment, PaymentState, on_failed, on_sent};
use offerd_core::payout::{
    Arrival, ClaimTerms, MadePayout, Payout, PayoutAmount, PayoutArguments, PromiseState,
    Redemption, Uses, make_payout, payout_arguments_key, recognise, redeem,
};
use offerd_core::port::{PaymentFailure, Store as _};
use offerd_core::{Batch, Effect, Event, Ignored, Misuse, PaymentId, PayoutRow, Policy, Refusal};
use offerd_testkit::{MemoryStore, sample};
use proptest::prelude::*;

use common::{keys, msat, policy, with_broken_signature};

const NOW: Timestamp = sample::NOW;
const PROMISED: u64 = 1_000_000;

fn arguments() -> PayoutArguments {
    PayoutArguments {
        amount: AmountSpec::Msat(msat(PROMISED)),
        description: "withdrawal".into(),
        issuer: Some("atm".into()),
        label: None,
        absolute_expiry: Some(NOW.plus(Seconds(3_600))),
        max_amount: None,
        quantity_max: None,
        uses: Uses::ONCE,
        refund_for: None,
        approve: false,
        recurrence: None,
        with_offer: true,
    }
}

fn made() -> MadePayout {
    let (row, nonce) = (PayoutRow(1), [4; 16]);
    MadePayout {
        row,
        nonce,
        paths: vec![],
        path_id: vec![5; 32],
        allowance: None,
        refund: None,
        rate: None,
        now: NOW,
    }
}

fn payout_of(arguments: &PayoutArguments) -> Result<Payout, Misuse> {
    make_payout(arguments, made(), &policy(), &keys(1))
}

fn payout() -> Payout {
    payout_of(&arguments()).unwrap()
}

fn up_to(most: u64) -> Payout {
    let arguments =
        PayoutArguments { amount: AmountSpec::Any, max_amount: Some(msat(most)), ..arguments() };
    payout_of(&arguments).unwrap()
}

/// What an invoice says; all good unless changed.
#[derive(Clone)]
struct Said {
    offer: Offer,
    amount: u64,
    created_at: Timestamp,
    fee_base: u32,
    fee_ppm: u32,
    delay: u16,
    number: u32,
}

impl Said {
    fn of(payout: &Payout) -> Self {
        Self {
            offer: payout.offer.clone().unwrap(),
            amount: PROMISED,
            created_at: NOW,
            fee_base: 0,
            fee_ppm: 0,
            delay: 144,
            number: 1,
        }
    }

    fn builder(&self) -> InvoiceBuilder {
        let (path, mut info) = sample::payment_path(self.number);
        info.fee_base_msat = self.fee_base;
        info.fee_proportional_millionths = self.fee_ppm;
        info.cltv_expiry_delta = self.delay;
        let metadata = sample::bytes("payee's metadata", self.number);
        InvoiceBuilder::for_payout_offer(&self.offer, metadata, ChainHash::BITCOIN)
            .amount(msat(self.amount))
            .created_at(self.created_at)
            .payment_hash(sample::bytes("payment hash", self.number))
            .paths(vec![(path, info)])
    }

    fn invoice(&self) -> Invoice {
        self.builder().sign(&sample::secp(), &sample::keypair(60)).unwrap()
    }
}

fn arrival(invoice: Invoice) -> Arrival {
    Arrival { invoice, path_id: None, reply_path: Some(vec![1, 2, 3]) }
}

fn terms<'a>(claims: &'a [OutgoingPayment], now: Timestamp) -> ClaimTerms<'a> {
    ClaimTerms {
        rate: None,
        state: PromiseState::Open,
        claims,
        spendable: Some(msat(10 * PROMISED)),
        claimed_today: msat(0),
        refunded: msat(0),
        id: PaymentId([8; 32]),
        now,
    }
}

fn decide(
    payout: &Payout,
    invoice: Invoice,
    terms: &ClaimTerms<'_>,
) -> Result<Redemption, Refusal> {
    redeem(recognise(payout, arrival(invoice)).unwrap(), terms, &policy(), &keys(1))
}

fn claimed(redemption: Result<Redemption, Refusal>) -> OutgoingPayment {
    let Ok(Redemption::Claim(batch)) = redemption else { panic!("{redemption:?}") };
    let [Event::PaymentStarted(payment)] = batch.events.as_slice() else { panic!("{batch:?}") };
    assert_eq!(batch.effects, [Effect::Pay(payment.id)]);
    payment.clone()
}

#[test]
fn an_invoice_is_checked_in_the_order_of_the_promise() {
    // Everything is wrong at first; one thing after the other is put right.
    let payout = payout();
    let other = OfferBuilder::new()
        .metadata([4; 16])
        .description("another withdrawal")
        .issuer_id(&keys(1).node_id())
        .amount(msat(PROMISED))
        .absolute_expiry(NOW.plus(Seconds(3_600)))
        .send_invoice()
        .build()
        .unwrap();
    let mut said = Said {
        offer: other,
        amount: PROMISED - 1,
        created_at: Timestamp(NOW.0 - 10_000),
        fee_base: 5_001,
        ..Said::of(&payout)
    };
    let after_the_end = NOW.plus(Seconds(3_601));
    let mut terms = terms(&[], after_the_end);
    terms.state = PromiseState::Disabled;
    terms.spendable = None;

    let broken = Invoice::decode(&with_broken_signature(said.invoice().bytes())).unwrap();
    assert_eq!(decide(&payout, broken, &terms), Err(Refusal::BadSignature));
    assert_eq!(decide(&payout, said.invoice(), &terms), Err(Refusal::NoLongerAvailable));
    terms.state = PromiseState::Open;
    assert_eq!(decide(&payout, said.invoice(), &terms), Err(Refusal::Expired));
    terms.now = NOW;
    let differs = Refusal::FieldDiffers { field: 10 };
    assert_eq!(decide(&payout, said.invoice(), &terms), Err(differs));
    said.offer = payout.offer.clone().unwrap();
    assert_eq!(decide(&payout, said.invoice(), &terms), Err(Refusal::AmountNotPromised));
    said.amount = PROMISED;
    assert_eq!(decide(&payout, said.invoice(), &terms), Err(Refusal::Unavailable));
    terms.spendable = Some(msat(PROMISED));
    assert_eq!(decide(&payout, said.invoice(), &terms), Err(Refusal::AmountNotPromised));
    terms.spendable = Some(msat(PROMISED + 5_000));
    assert_eq!(decide(&payout, said.invoice(), &terms), Err(Refusal::InvoiceExpired));
    said.created_at = NOW;
    assert_eq!(decide(&payout, said.invoice(), &terms), Err(Refusal::PathsTooExpensive));
    said.fee_base = 5_000;
    let payment = claimed(decide(&payout, said.invoice(), &terms));
    assert_eq!((payment.amount, payment.max_fee), (msat(PROMISED), msat(5_000)));
    assert_eq!(payment.max_delay, CltvDelta(1008));
    assert_eq!(payment.payout(), Some(payout.row));
}

#[test]
fn both_ends_of_every_life_are_inclusive() {
    let payout = payout();
    let end = payout.absolute_expiry.unwrap();
    let fresh = Said { created_at: end, ..Said::of(&payout) };
    assert!(decide(&payout, fresh.invoice(), &terms(&[], end)).is_ok());
    let after = end.plus(Seconds(1));
    assert_eq!(decide(&payout, fresh.invoice(), &terms(&[], after)), Err(Refusal::Expired));
    let endless = payout_of(&PayoutArguments { absolute_expiry: None, ..arguments() }).unwrap();
    let said = Said::of(&endless);
    let end = said.invoice().expires_at();
    assert!(decide(&endless, said.invoice(), &terms(&[], end)).is_ok());
    let after = end.plus(Seconds(1));
    assert_eq!(decide(&endless, said.invoice(), &terms(&[], after)), Err(Refusal::InvoiceExpired));
}

#[test]
fn the_paths_of_the_invoice_must_be_within_fee_and_delay() {
    let payout = payout();
    let base = Said::of(&payout);
    let cases = [
        (Said { fee_base: 5_000, ..base.clone() }, true),
        (Said { fee_base: 5_001, ..base.clone() }, false),
        (Said { fee_ppm: 5_000, ..base.clone() }, true),
        (Said { fee_base: 1, fee_ppm: 5_000, ..base.clone() }, false),
        (Said { fee_base: u32::MAX, fee_ppm: u32::MAX, ..base.clone() }, false),
        (Said { delay: 1_008, ..base.clone() }, true),
        (Said { delay: 1_009, ..base.clone() }, false),
    ];
    for (number, (said, payable)) in cases.into_iter().enumerate() {
        let result = decide(&payout, said.invoice(), &terms(&[], NOW));
        match payable {
            true => drop(claimed(result)),
            false => assert_eq!(result, Err(Refusal::PathsTooExpensive), "case {number}"),
        }
    }
    // One that will do is enough, and one with an unknown feature does not count.
    let (path, dear) = sample::payment_path(1);
    let dear = bolt12::BlindedPayInfo { fee_base_msat: 9_999, ..dear };
    let cheap = bolt12::BlindedPayInfo { fee_base_msat: 0, ..dear.clone() };
    let needy = bolt12::BlindedPayInfo { features: vec![1], ..cheap.clone() };
    let cases = [
        ([&dear, &cheap], None),
        ([&dear, &needy], Some(Refusal::PathsTooExpensive)),
        ([&needy, &needy], Some(Refusal::NoUsablePath)),
    ];
    for (infos, refusal) in cases {
        let paths = infos.map(|info| (path.clone(), info.clone())).to_vec();
        let signed = base.builder().paths(paths).sign(&sample::secp(), &sample::keypair(60));
        let result = decide(&payout, signed.unwrap(), &terms(&[], NOW));
        assert_eq!(result.err(), refusal);
    }
    assert_eq!(Refusal::NoUsablePath.erroneous_field(), Some(162));
}

#[test]
fn any_amount_is_paid_up_to_the_cap_and_nothing_is_not_an_amount() {
    let payout = up_to(PROMISED);
    for (amount, paid) in [(0, false), (1, true), (PROMISED, true), (PROMISED + 1, false)] {
        let said = Said { amount, ..Said::of(&payout) };
        let result = decide(&payout, said.invoice(), &terms(&[], NOW));
        match paid {
            true => assert_eq!(claimed(result).amount, msat(amount)),
            false => assert_eq!(result, Err(Refusal::AmountNotPromised), "{amount}"),
        }
    }
}

#[test]
fn too_much_too_little_balance_and_the_daily_limit_sound_alike() {
    let payout = up_to(PROMISED);
    let said = Said::of(&payout);
    let too_much = Said { amount: PROMISED + 1, ..said.clone() };
    let little = ClaimTerms { spendable: Some(msat(PROMISED + 4_999)), ..terms(&[], NOW) };
    let most = policy().payout_max_per_day.as_u64();
    let today = most - PROMISED - 4_999;
    let spent = ClaimTerms { claimed_today: msat(today), ..terms(&[], NOW) };
    let all = ClaimTerms { claimed_today: bolt1::Msat::MAX, ..terms(&[], NOW) };
    let refusals = [
        decide(&payout, too_much.invoice(), &terms(&[], NOW)).unwrap_err(),
        decide(&payout, said.invoice(), &little).unwrap_err(),
        decide(&payout, said.invoice(), &spent).unwrap_err(),
        decide(&payout, said.invoice(), &all).unwrap_err(),
    ];
    for refusal in &refusals {
        assert_eq!(refusal.to_invoice_error(), refusals[0].to_invoice_error());
    }
    let last = ClaimTerms { claimed_today: msat(today - 1), ..terms(&[], NOW) };
    assert!(decide(&payout, said.invoice(), &last).is_ok());
}

#[test]
fn what_stands_on_the_promise_decides_who_else_may_redeem_it() {
    let payout = payout();
    let (ours, other) = (Said::of(&payout), Said { number: 2, ..Said::of(&payout) });
    let pending = claimed(decide(&payout, ours.invoice(), &terms(&[], NOW)));
    let ended = |end| OutgoingPayment { state: PaymentState::Ended(end), ..pending.clone() };
    let (paid, failed) = (ended(sample::paid(1)), ended(sample::failed()));
    use Redemption::Repeated;
    let cases = [
        (PromiseState::Open, vec![pending.clone()], Ok(Repeated), Err(Refusal::BeingRedeemed)),
        (PromiseState::Disabled, vec![pending.clone()], Ok(Repeated), Err(Refusal::BeingRedeemed)),
        (PromiseState::Spent, vec![paid.clone()], Ok(Repeated), Err(Refusal::AlreadyRedeemed)),
        (
            PromiseState::Spent,
            vec![failed.clone(), paid],
            Ok(Repeated),
            Err(Refusal::AlreadyRedeemed),
        ),
        (
            PromiseState::Disabled,
            vec![failed.clone()],
            Err(Refusal::NoLongerAvailable),
            Err(Refusal::NoLongerAvailable),
        ),
    ];
    for (number, (state, claims, same, another)) in cases.into_iter().enumerate() {
        // However late it is by then.
        let terms = ClaimTerms { state, ..terms(&claims, NOW.plus(Seconds(1_000_000))) };
        assert_eq!(decide(&payout, ours.invoice(), &terms), same, "case {number}");
        assert_eq!(decide(&payout, other.invoice(), &terms), another, "case {number}");
    }
    let free = vec![failed];
    claimed(decide(&payout, ours.invoice(), &terms(&free, NOW)));
    claimed(decide(&payout, other.invoice(), &terms(&free, NOW)));
}

// req IR-11
#[test]
fn the_request_form_must_mirror_the_request() {
    let payout = payout();
    let request = payout.invoice_request.as_ref().unwrap();
    let (path, info) = sample::payment_path(1);
    let info = bolt12::BlindedPayInfo { fee_base_msat: 0, ..info };
    let builder = InvoiceBuilder::for_request(request)
        .created_at(NOW)
        .payment_hash([1; 32])
        .paths(vec![(path, info)]);
    let invoice = builder.sign(&sample::secp(), &sample::keypair(60)).unwrap();
    claimed(decide(&payout, invoice.clone(), &terms(&[], NOW)));
    // A promise of any amount has no such form, and one of the request alone no offer.
    let any = up_to(PROMISED);
    let ignored = recognise(&any, arrival(invoice)).map(drop);
    assert_eq!(ignored, Err(Ignored::NotOurs));
    let request_only = payout_of(&PayoutArguments { with_offer: false, ..arguments() }).unwrap();
    assert_eq!(request_only.offer_id(), None);
    let ignored = recognise(&request_only, arrival(Said::of(&payout).invoice())).map(drop);
    assert_eq!(ignored, Err(Ignored::NotOurs));
}

// req IR-05, IR-18, OM-R8, BP-D5
#[test]
fn what_came_another_way_or_is_for_something_else_is_ignored() {
    let (mut over_a_path, bare) = (payout(), payout());
    over_a_path.path_id = Some(vec![5; 32]);
    let invoice = Said::of(&bare).invoice();
    let cases: [(&Payout, Option<&[u8]>, bool); 6] = [
        (&bare, None, true),
        (&bare, Some(&[5; 32]), false),
        (&over_a_path, None, false),
        (&over_a_path, Some(&[5; 31]), false),
        (&over_a_path, Some(&[6; 32]), false),
        (&over_a_path, Some(&[5; 32]), true),
    ];
    for (number, (payout, path_id, heard)) in cases.into_iter().enumerate() {
        let path_id = path_id.map(<[u8]>::to_vec);
        let arrival = Arrival { invoice: invoice.clone(), path_id, reply_path: None };
        let expected = if heard { Ok(()) } else { Err(Ignored::WrongPath) };
        assert_eq!(recognise(payout, arrival).map(drop), expected, "case {number}");
    }
    assert_eq!(arrival(invoice.clone()).nonce(&policy()), Ok([4; 16]));
    let elsewhere = Policy { chain: ChainHash([7; 32]), ..policy() };
    assert_eq!(arrival(invoice).nonce(&elsewhere), Err(Ignored::OtherChain));
    assert_eq!(arrival(sample::invoice(1)).nonce(&policy()), Err(Ignored::Unasked));
}

#[test]
fn the_two_strings_are_one_promise() {
    let payout = payout();
    let (plain, signed) =
        (payout.invoice_request.as_ref().unwrap(), payout.invoice_request_signed.as_ref().unwrap());
    assert_eq!(plain.invreq_id(), signed.invreq_id());
    assert_eq!(payout.invreq_id(), Some(plain.invreq_id()));
    assert_eq!(payout.offer_id(), payout.offer.as_ref().map(Offer::id));
    assert!(!plain.has_signature() && signed.has_signature());
    assert_eq!(payout.offer.as_ref().unwrap().metadata(), Some(plain.metadata()));
    assert_eq!(plain.amount(), Some(msat(PROMISED)));
    assert_eq!(up_to(7).invoice_request, None);
    assert_eq!(up_to(7).amount, PayoutAmount::UpTo(msat(7)));
    let defaulted = PayoutArguments { amount: AmountSpec::Any, ..arguments() };
    assert_eq!(payout_of(&defaulted).unwrap().amount, PayoutAmount::UpTo(msat(10_000_000)));
    let shown = format!("{payout:?}");
    assert!(!shown.contains("lno1") && !shown.contains("04040404"), "{shown}");
}

#[test]
fn arguments_that_make_no_promise_name_the_parameter() {
    let most = policy().payout_max;
    let above = most.plus(msat(1)).unwrap();
    let base = arguments;
    let cases = [
        (PayoutArguments { amount: AmountSpec::Msat(msat(0)), ..base() }, "amount"),
        (PayoutArguments { amount: AmountSpec::Msat(above), ..base() }, "amount"),
        (PayoutArguments { amount: AmountSpec::Any, with_offer: false, ..base() }, "amount"),
        (PayoutArguments { max_amount: Some(msat(1)), ..base() }, "max_amount_msat"),
        (
            PayoutArguments { amount: AmountSpec::Any, max_amount: Some(above), ..base() },
            "max_amount_msat",
        ),
        (
            PayoutArguments { amount: AmountSpec::Any, max_amount: Some(msat(0)), ..base() },
            "max_amount_msat",
        ),
        (PayoutArguments { absolute_expiry: Some(NOW), ..base() }, "absolute_expiry"),
    ];
    for (number, (arguments, named)) in cases.into_iter().enumerate() {
        let result = payout_of(&arguments);
        let Err(Misuse::Parameter { parameter, .. }) = result else { panic!("{result:?}") };
        assert_eq!(parameter, named, "case {number}");
    }
    assert!(payout_of(&PayoutArguments { amount: AmountSpec::Msat(most), ..base() }).is_ok());
}

#[test]
fn a_label_is_no_argument_and_all_else_is() {
    let key = |arguments: PayoutArguments| payout_arguments_key(&arguments);
    let labelled = PayoutArguments { label: Some("till".into()), ..arguments() };
    assert_eq!(key(labelled), key(arguments()));
    for other in [
        PayoutArguments { amount: AmountSpec::Any, ..arguments() },
        PayoutArguments { description: "other".into(), ..arguments() },
        PayoutArguments { issuer: None, ..arguments() },
        PayoutArguments { absolute_expiry: None, ..arguments() },
        PayoutArguments { max_amount: Some(msat(1)), ..arguments() },
        PayoutArguments { with_offer: false, ..arguments() },
    ] {
        assert_ne!(key(other), key(arguments()));
    }
}

/// What may happen to a promise, in any order.
#[derive(Clone, Debug)]
enum Step {
    Redeem { number: u32, amount: u64 },
    Sent,
    Failed(PaymentFailure),
    LateProof,
    Disable,
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let failure = prop_oneof![
        Just(PaymentFailure::RefusedByPayee),
        Just(PaymentFailure::NoRoute),
        Just(PaymentFailure::InvoiceExpired),
        Just(PaymentFailure::Other("who knows".into())),
    ];
    let step = prop_oneof![
        5 => (0..4u32, 1..2 * PROMISED).prop_map(|(number, amount)| Step::Redeem { number, amount }),
        2 => Just(Step::Sent),
        4 => failure.prop_map(Step::Failed),
        1 => Just(Step::LateProof),
        1 => Just(Step::Disable),
        2 => (0..2_000u64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..60)
}

/// A promise with its store, driven as the driver does.
struct Run {
    store: MemoryStore,
    row: PayoutRow,
    now: Timestamp,
    ids: u8,
}

impl Run {
    fn new() -> Self {
        let payout = up_to(PROMISED);
        let (store, row) = (MemoryStore::new(), payout.row);
        store.commit(&Batch::of(Event::PayoutCreated(payout))).unwrap();
        Self { store, row, now: NOW, ids: 0 }
    }

    fn payout(&self) -> Payout {
        self.store.payout(self.row).unwrap().unwrap()
    }

    fn claims(&self) -> Vec<OutgoingPayment> {
        self.store.claims(self.row).unwrap()
    }

    fn take(&mut self, step: Step) {
        let pending = self.claims().into_iter().find(OutgoingPayment::is_pending);
        let batch = match (step, pending) {
            (Step::Redeem { number, amount }, _) => self.redeem(number, amount),
            (Step::Sent, Some(claim)) => on_sent(&claim, [1; 32], None, None, self.now),
            (Step::Failed(failure), Some(claim)) => {
                on_failed(&claim, &failure, &policy(), self.now)
            }
            (Step::LateProof, None) if !self.claims().iter().any(OutgoingPayment::is_paid) => {
                let last = self.claims().pop();
                last.map_or_else(Batch::default, |claim| {
                    on_sent(&claim, [1; 32], None, None, self.now)
                })
            }
            (Step::Disable, _) if self.payout().state == PromiseState::Open => {
                Batch::of(Event::PayoutDisabled { row: self.row, at: self.now })
            }
            (Step::Pass(seconds), _) => {
                self.now = self.now.plus(Seconds(seconds));
                Batch::default()
            }
            (Step::Sent | Step::Failed(_) | Step::LateProof | Step::Disable, _) => Batch::default(),
        };
        // A decision that was read under the lock is never a conflict.
        self.store.commit(&batch).unwrap();
    }

    fn redeem(&mut self, number: u32, amount: u64) -> Batch {
        let payout = self.payout();
        let said = Said { amount, number, created_at: NOW, ..Said::of(&payout) };
        let claims = self.claims();
        self.ids += 1;
        let id = PaymentId([self.ids; 32]);
        let terms = ClaimTerms { state: payout.state, id, ..terms(&claims, self.now) };
        match decide(&payout, said.invoice(), &terms) {
            Ok(Redemption::Claim(batch) | Redemption::Await(batch)) => batch,
            Ok(Redemption::Repeated) | Err(_) => Batch::default(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_in_whatever_order_one_is_paid_and_never_above_the_cap(steps in steps()) {
        let mut run = Run::new();
        let mut was_disabled = false;
        for step in steps {
            let before = run.payout().state;
            run.take(step);
            let (state, claims) = (run.payout().state, run.claims());
            let pending = claims.iter().filter(|claim| claim.is_pending()).count();
            let paid = claims.iter().filter(|claim| claim.is_paid()).count();
            prop_assert!(pending + paid <= 1, "{pending} pending, {paid} paid");
            prop_assert!(claims.iter().all(|claim| claim.amount <= msat(PROMISED)));
            prop_assert_eq!(state == PromiseState::Spent, paid == 1);
            was_disabled |= before == PromiseState::Disabled;
            prop_assert!(!was_disabled || state != PromiseState::Open);
        }
    }
}
