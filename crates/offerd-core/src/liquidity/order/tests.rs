use bolt1::Seconds;

use super::*;

const NOW: Timestamp = Timestamp(1_000_000);
const LATER: Timestamp = Timestamp(1_003_600);

fn sat(amount: u64) -> Msat {
    Msat::from_sat(amount).unwrap()
}

fn range(least: u64, most: u64) -> Range {
    Range { least: sat(least), most: sat(most) }
}

fn options() -> OrderOptions {
    OrderOptions {
        min_confirmations: 0,
        min_confirms_within: 3,
        supports_zero_reserve: false,
        max_expiry_blocks: 20_160,
        client_balance: range(0, 500_000),
        lsp_balance: range(100_000, 20_000_000),
        channel_balance: range(150_000, 20_000_000),
    }
}

fn wish(lsp: u64, client: u64) -> OrderWish {
    OrderWish {
        lsp_balance: sat(lsp),
        client_balance: sat(client),
        expiry_blocks: None,
        announce: false,
    }
}

fn refused(lsp: u64, client: u64) -> WishRefused {
    options().order(&wish(lsp, client)).unwrap_err()
}

fn order() -> ChannelOrder {
    options().order(&wish(1_000_000, 50_000)).unwrap()
}

fn way(kind: WayKind, state: PaymentState) -> WayAnswer {
    let way = Way {
        kind,
        state,
        expires_at: LATER,
        fee: sat(2_000),
        total: sat(52_000),
        code: "a code".to_owned(),
        min_confirmations: None,
    };
    WayAnswer { way, code: Ok(CodeFacts { asks: Some(sat(52_000)), expires_at: None }) }
}

fn answer(state: OrderState, payment: PaymentState) -> OrderAnswer {
    OrderAnswer {
        order_id: "an order".to_owned(),
        order: order(),
        state,
        ways: vec![(WayKind::Bolt11, Ok(way(WayKind::Bolt11, payment)))],
        channel: None,
    }
}

fn new() -> OrderAnswer {
    answer(OrderState::Created, PaymentState::Expected)
}

fn unsound(change: impl FnOnce(&mut WayAnswer)) -> WayUnsound {
    let mut changed = way(WayKind::Bolt11, PaymentState::Expected);
    change(&mut changed);
    let both = vec![
        (WayKind::Bolt11, Ok(changed)),
        (WayKind::Onchain, Ok(way(WayKind::Onchain, PaymentState::Expected))),
    ];
    let judged = judge_new(&order(), OrderAnswer { ways: both, ..new() }, sat(2_000), NOW).unwrap();
    assert_eq!(judged.ways.len(), 1, "the other way stays");
    judged.left_out.first().unwrap().1.clone()
}

#[test]
fn an_order_is_what_was_wished_and_is_never_used_before_it_is_mined() {
    let ordered = options().order(&wish(1_000_000, 50_000)).unwrap();
    assert_eq!((ordered.lsp_balance, ordered.client_balance), (sat(1_000_000), sat(50_000)));
    assert_eq!((ordered.confirmations, ordered.confirms_within), (1, 6));
    assert_eq!(ordered.expiry_blocks, 4_320);
    let brief = OrderOptions { max_expiry_blocks: 144, min_confirms_within: 9, ..options() };
    let ordered = brief.order(&wish(1_000_000, 0)).unwrap();
    assert_eq!((ordered.expiry_blocks, ordered.confirms_within), (144, 9));
}

#[test]
fn what_a_provider_does_not_sell_is_refused_and_the_limit_is_named() {
    let (field, least) = ("lsp_balance", sat(100_000));
    assert_eq!(refused(99_999, 0), WishRefused::TooSmall { field, least });
    let most = sat(20_000_000);
    assert_eq!(refused(20_000_001, 0), WishRefused::TooLarge { field, most });
    let (field, most) = ("client_balance", sat(500_000));
    assert_eq!(refused(100_000, 500_001), WishRefused::TooLarge { field, most });
    let (capacity, least) = (sat(149_999), sat(150_000));
    assert_eq!(refused(100_000, 49_999), WishRefused::ChannelTooSmall { capacity, least });
    let (capacity, most) = (sat(16_777_216), LARGEST_CHANNEL);
    assert_eq!(refused(16_777_216, 0), WishRefused::ChannelTooLarge { capacity, most });
    let odd = OrderWish { lsp_balance: Msat::new(100_000_001).unwrap(), ..wish(0, 50_000) };
    assert_eq!(options().order(&odd), Err(WishRefused::NotWhole { field: "lsp_balance" }));
    let long = OrderWish { expiry_blocks: Some(20_161), ..wish(200_000, 0) };
    assert_eq!(options().order(&long), Err(WishRefused::TooLong { most: 20_160 }));
    let mad = OrderOptions { channel_balance: range(2, 1), ..options() };
    let nonsense = mad.order(&wish(200_000, 0)).unwrap_err();
    assert_eq!((nonsense.field(), refused(1, 0).field()), (None, Some("lsp_balance")));
}

#[test]
fn an_answer_to_another_order_is_refused_by_field_and_more_than_was_asked_is_not() {
    type Change = fn(&mut ChannelOrder);
    let cases: [(&str, Change); 6] = [
        ("lsp_balance_sat", |order| order.lsp_balance = sat(999_999)),
        ("client_balance_sat", |order| order.client_balance = sat(49_999)),
        ("announce_channel", |order| order.announce = true),
        ("channel_expiry_blocks", |order| order.expiry_blocks = 4_319),
        ("required_channel_confirmations", |order| order.confirmations = 2),
        ("funding_confirms_within_blocks", |order| order.confirms_within = 7),
    ];
    for (field, change) in cases {
        let mut other = new();
        change(&mut other.order);
        let judged = judge_new(&order(), other, sat(2_000), NOW);
        assert_eq!(judged, Err(OrderRefused::Another { field }));
    }
    let mut more = new();
    (more.order.expiry_blocks, more.order.confirmations) = (5_000, 0);
    assert!(judge_new(&order(), more, sat(2_000), NOW).is_ok());
    let old = judge_new(&order(), answer(OrderState::Failed, PaymentState::Expected), sat(1), NOW);
    assert_eq!(old, Err(OrderRefused::NotNew));
}

#[test]
fn an_unsound_way_to_pay_is_left_out_and_named_and_the_others_stay() {
    let (total, fee) = (sat(52_000), sat(2_000));
    let sum = unsound(|it| it.way.total = sat(52_001));
    assert_eq!(sum, WayUnsound::Sum { total: sat(52_001), fee });
    for asks in [Some(sat(52_001)), None] {
        let code = CodeFacts { asks, expires_at: None };
        assert_eq!(unsound(|it| it.code = Ok(code)), WayUnsound::Amount { asks, total });
    }
    let soon = Timestamp(NOW.0 + 59);
    assert_eq!(unsound(|it| it.way.expires_at = soon), WayUnsound::Expired);
    let code = CodeFacts { asks: Some(total), expires_at: Some(soon) };
    assert_eq!(unsound(|it| it.code = Ok(code)), WayUnsound::Expired);
    let why = "is for another chain".to_owned();
    assert_eq!(unsound(|it| it.code = Err(why.clone())), WayUnsound::Code(why.clone()));
    assert_eq!(unsound(|it| it.way.state = PaymentState::Paid), WayUnsound::NotOpen);
    let dear = unsound(|it| {
        (it.way.fee, it.way.total) = (sat(2_001), sat(52_001));
        it.code = Ok(CodeFacts { asks: Some(sat(52_001)), expires_at: None });
    });
    assert_eq!(dear, WayUnsound::TooExpensive { fee: sat(2_001), max_fee: sat(2_000) });
}

#[test]
fn an_order_without_a_way_to_pay_is_refused_and_a_price_above_the_limit_is_told() {
    let judged = judge_new(&order(), new(), sat(1_999), NOW);
    let too_expensive = OrderRefused::TooExpensive { fee: sat(2_000), max_fee: sat(1_999) };
    assert_eq!(judged, Err(too_expensive));
    let none = OrderAnswer { ways: Vec::new(), ..new() };
    assert_eq!(judge_new(&order(), none, sat(1), NOW), Err(OrderRefused::NoWay(Vec::new())));
    let unreadable = vec![(WayKind::Bolt12, Err(WayUnsound::Unreadable))];
    let judged = judge_new(&order(), OrderAnswer { ways: unreadable, ..new() }, sat(1), NOW);
    let text = judged.unwrap_err().to_string();
    assert_eq!(text, "the provider's order cannot be paid: bolt12 cannot be read");
}

#[test]
fn a_way_ends_when_its_invoice_does() {
    let mut sooner = way(WayKind::Bolt11, PaymentState::Expected);
    let expires_at = Some(NOW.plus(Seconds(600)));
    sooner.code = Ok(CodeFacts { asks: Some(sat(52_000)), expires_at });
    let answer = OrderAnswer { ways: vec![(WayKind::Bolt11, Ok(sooner))], ..new() };
    let judged = judge_new(&order(), answer, sat(2_000), NOW).unwrap();
    assert_eq!(judged.ways.first().unwrap().expires_at, NOW.plus(Seconds(600)));
}

fn heard(
    was: OrderStatus,
    answer: &OrderAnswer,
    now: Timestamp,
) -> Result<OrderStatus, AnswerUnsound> {
    let order = order();
    let known = Known { order_id: "an order", order: &order, status: was, expires_at: LATER };
    hear(known, answer, now, |funding| funding == "ours:0")
}

#[test]
fn an_order_goes_forward_to_its_end() {
    use OrderState as Order;
    use OrderStatus as Status;
    use PaymentState as Payment;
    let mut completed = answer(Order::Completed, Payment::Paid);
    completed.channel =
        Some(OrderedChannel { funding: "ours:0".to_owned(), funded_at: NOW, expires_at: LATER });
    for (was, said, now) in [
        (Status::Created, new(), Status::Created),
        (Status::Created, answer(Order::Created, Payment::Held), Status::Held),
        (Status::Held, answer(Order::Created, Payment::Paid), Status::Paid),
        (Status::Paid, completed, Status::Completed),
        (Status::Held, answer(Order::Created, Payment::Refunded), Status::Refunded),
        (Status::Paid, answer(Order::Failed, Payment::Refunded), Status::Refunded),
        (Status::Paid, answer(Order::Failed, Payment::Paid), Status::Failed),
    ] {
        assert_eq!(heard(was, &said, NOW), Ok(now));
    }
    let late = LATER.plus(Seconds(3_601));
    assert_eq!(heard(Status::Created, &new(), late), Ok(Status::Expired));
    assert_eq!(heard(Status::Created, &new(), LATER.plus(Seconds(1))), Ok(Status::Created));
    let order = order();
    let known = |status| Known { order_id: "an order", order: &order, status, expires_at: LATER };
    assert_eq!(after_refusal(known(Status::Created), late), Status::Expired);
    assert_eq!(after_refusal(known(Status::Created), LATER), Status::Created);
    assert_eq!(after_refusal(known(Status::Paid), late), Status::Paid);
}

#[test]
fn what_takes_something_back_or_speaks_of_something_else_changes_nothing() {
    let (was, now) = (OrderStatus::Paid, OrderStatus::Created);
    assert_eq!(heard(was, &new(), NOW), Err(AnswerUnsound::Backwards { was, now }));
    let other = OrderAnswer { order_id: "another".to_owned(), ..new() };
    let field = "order_id";
    assert_eq!(heard(now, &other, NOW), Err(AnswerUnsound::Another { field }));
    let mut other = new();
    other.order.lsp_balance = sat(1);
    let field = "lsp_balance_sat";
    assert_eq!(heard(now, &other, NOW), Err(AnswerUnsound::Another { field }));
    let mut completed = answer(OrderState::Completed, PaymentState::Paid);
    assert_eq!(heard(was, &completed, NOW), Err(AnswerUnsound::NoSuchChannel));
    completed.channel =
        Some(OrderedChannel { funding: "theirs:0".to_owned(), funded_at: NOW, expires_at: LATER });
    assert_eq!(heard(was, &completed, NOW), Err(AnswerUnsound::NoSuchChannel));
}

#[test]
fn an_order_is_asked_about_until_it_has_ended_and_a_month_at_most() {
    let order = order();
    let known = |status| Known { order_id: "an order", order: &order, status, expires_at: LATER };
    for status in OrderStatus::ALL {
        assert_eq!(is_followed(known(status), NOW), status.is_open(), "{status}");
        assert!(!is_followed(known(status), LATER.plus(Seconds(2_592_001))));
    }
}

#[test]
fn a_channel_meets_an_order_when_it_has_all_of_it_and_is_as_public() {
    let order = order();
    assert!(order.is_met_by(sat(1_050_000), sat(50_000), false));
    assert!(order.is_met_by(sat(2_000_000), sat(60_000), false));
    assert!(!order.is_met_by(sat(1_049_999), sat(50_000), false));
    assert!(!order.is_met_by(sat(1_050_000), sat(49_999), false));
    assert!(!order.is_met_by(sat(1_050_000), sat(50_000), true));
}
