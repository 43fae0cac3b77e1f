//! Sellers of channels that answer an order with something else, and lie about it later: nothing is kept of the one, and
//! nothing changes by the other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use std::sync::{Arc, Mutex};

use bolt1::Seconds;
use offerd_core::liquidity::order::{
    ChannelOrder, OrderOptions, OrderRefused, OrderStatus, OrderWish, Range, WayKind, WayUnsound,
};
use offerd_core::port::{Bolt11Order, Hints, InvoiceIssuer as _};
use offerd_node_ldk::{LspError, MadeOrder, OrderError, OrderView};
use secp256k1::PublicKey;
use serde_json::{Value, json};
use tokio::sync::watch;

use common::raw_peer::{Raw, UNKNOWN_EVEN};
use common::raw_provider::{lsps, provider, result};
use common::seller::options;
use common::{Member, World, msat, patiently};

const SAT: u64 = 1_000;
/// The price of an honest order, and with what is ours in the channel.
const FEE: u64 = 2_000;
const TOTAL: u64 = 52_000;
/// An example of BOLT 11: the main chain, any amount.
const DONATION: &str = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";

/// What a seller says; changed while it is connected.
type Tongue = Arc<Mutex<Box<dyn Fn(&Value) -> Option<Raw> + Send>>>;

/// A seller that says what its tongue says to an order and to questions about it, and counts those.
struct Seller {
    id: PublicKey,
    tongue: Tongue,
    asked: watch::Receiver<u64>,
    connection: tokio::task::JoinHandle<()>,
}

impl Seller {
    async fn of(client: &Member) -> Self {
        let tongue: Tongue = Arc::new(Mutex::new(Box::new(honest)));
        let (count, asked) = watch::channel(0);
        let says = Arc::clone(&tongue);
        let (id, connection) = provider(client, move |request| {
            if request["method"] == "lsps1.get_info" {
                return result(request, options());
            }
            count.send_modify(|count| *count += u64::from(request["method"] == "lsps1.get_order"));
            (says.lock().unwrap())(request)
        })
        .await;
        Self { id, tongue, asked, connection }
    }

    fn says(&self, answer: impl Fn(&Value) -> Option<Raw> + Send + 'static) {
        *self.tongue.lock().unwrap() = Box::new(answer);
    }

    /// Waits until what it says now was heard: questions come one after the other.
    async fn is_heard(&mut self) {
        let seen = *self.asked.borrow_and_update();
        patiently("questions", self.asked.wait_for(|asked| *asked >= seen + 3)).await.unwrap();
    }
}

/// An order as an honest seller shows it, to be paid to an address.
fn sold() -> Value {
    json!({
        "order_id": "the-order", "lsp_balance_sat": "1000000", "client_balance_sat": "50000",
        "required_channel_confirmations": 1, "funding_confirms_within_blocks": 6,
        "channel_expiry_blocks": 4320, "token": "", "created_at": "2026-01-01T00:00:00Z",
        "announce_channel": false, "order_state": "CREATED", "channel": null,
        "payment": { "onchain": {
            "state": "EXPECT_PAYMENT", "expires_at": "2050-02-23T08:47:30.511Z",
            "fee_total_sat": FEE.to_string(), "order_total_sat": TOTAL.to_string(),
            "address": "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
            "min_onchain_payment_confirmations": 1, "min_fee_for_0conf": null,
        }},
    })
}

fn honest(request: &Value) -> Option<Raw> {
    result(request, sold())
}

/// The same, to be paid by an invoice.
fn by_invoice(invoice: &str) -> Value {
    let mut order = sold();
    let mut way = order["payment"]["onchain"].take();
    way["invoice"] = json!(invoice);
    order["payment"] = json!({ "bolt11": way });
    order
}

async fn order(client: &Member, seller: &Seller) -> Result<MadeOrder, OrderError> {
    let wish = OrderWish {
        lsp_balance: msat(1_000_000 * SAT),
        client_balance: msat(50_000 * SAT),
        expiry_blocks: None,
        announce: false,
    };
    let options = client.order_options(seller.id, None).await.unwrap();
    let order: ChannelOrder = options.order(&wish).unwrap();
    let made = client.order_channel(seller.id, &order, None, msat(FEE * SAT));
    patiently("an end", made).await
}

/// Orders and expects to be refused, with nothing kept.
async fn refused(client: &Member, seller: &Seller, answer: Value) -> OrderError {
    seller.says(move |request| result(request, answer.clone()));
    let refused = order(client, seller).await.unwrap_err();
    assert_eq!(client.orders().unwrap(), Vec::new(), "{refused}");
    refused
}

fn unsound(error: &OrderError) -> &WayUnsound {
    let OrderError::Refused(OrderRefused::NoWay(ways)) = error else { panic!("{error:?}") };
    let [(_, unsound)] = &ways[..] else { panic!("{ways:?}") };
    unsound
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_the_order_is_refused_by_name_and_nothing_is_kept() {
    let world = World::new().await;
    let client = world.node().await;
    let seller = Seller::of(&client).await;
    let range = Range { least: msat(50_000 * SAT), most: msat(10_000_000 * SAT) };
    let read: OrderOptions = client.order_options(seller.id, None).await.unwrap();
    assert_eq!((read.lsp_balance, read.max_expiry_blocks), (range, 20_160));

    type Change = fn(&mut Value);
    let others: [(&str, Change); 3] = [
        ("lsp_balance_sat", |it| it["lsp_balance_sat"] = json!("999999")),
        ("client_balance_sat", |it| it["client_balance_sat"] = json!("49999")),
        ("announce_channel", |it| it["announce_channel"] = json!(true)),
    ];
    for (field, change) in others {
        let mut answer = sold();
        change(&mut answer);
        let error = refused(&client, &seller, answer).await;
        let is_it = matches!(&error, OrderError::Refused(OrderRefused::Another { field: it }) if *it == field);
        assert!(is_it, "{field}: {error:?}");
    }
    let mut completed = sold();
    completed["order_state"] = json!("COMPLETED");
    let error = refused(&client, &seller, completed).await;
    assert!(matches!(error, OrderError::Refused(OrderRefused::NotNew)), "{error:?}");

    let mut dear = sold();
    dear["payment"]["onchain"]["fee_total_sat"] = json!("2001");
    dear["payment"]["onchain"]["order_total_sat"] = json!("52001");
    let error = refused(&client, &seller, dear).await;
    let too_dear = OrderRefused::TooExpensive { fee: msat(2_001 * SAT), max_fee: msat(FEE * SAT) };
    assert!(matches!(&error, OrderError::Refused(it) if *it == too_dear), "{error:?}");

    let unreadable: [Change; 4] = [
        |it| it["order_id"] = json!("\u{1b}[2J"),
        |it| it["lsp_balance_sat"] = json!(1_000_000),
        |it| it["order_state"] = json!("PERHAPS"),
        |it| *it = json!([]),
    ];
    for change in unreadable {
        let mut answer = sold();
        change(&mut answer);
        let error = refused(&client, &seller, answer).await;
        assert!(matches!(error, OrderError::Provider(LspError::Unreadable)), "{error:?}");
    }
    seller.says(honest);
    let made = order(&client, &seller).await.unwrap();
    assert_eq!(client.orders().unwrap(), [made.order]);
    // It has sold this one before.
    let again = order(&client, &seller).await.unwrap_err();
    assert!(matches!(again, OrderError::Refused(OrderRefused::NotNew)), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_to_pay_that_is_another_is_not_shown() {
    let world = World::new().await;
    let (client, payee) = (world.node().await, world.node().await);
    let seller = Seller::of(&client).await;
    type Change = fn(&mut Value);
    let ways: [(Change, &str); 5] = [
        (|it| it["order_total_sat"] = json!("52001"), "asks for 52001000msat in all"),
        (|it| it["expires_at"] = json!("2020-02-23T08:47:30.511Z"), "has expired"),
        (|it| it["expires_at"] = json!("soon"), "cannot be read"),
        (|it| it["state"] = json!("PAID"), "expects no payment"),
        (
            |it| it["address"] = json!("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
            "is no address of this chain",
        ),
    ];
    for (change, why) in ways {
        let mut answer = sold();
        change(&mut answer["payment"]["onchain"]);
        let error = refused(&client, &seller, answer).await;
        assert!(unsound(&error).to_string().starts_with(why), "{error}");
    }
    let invoice = |sat: u64, expiry: u64| Bolt11Order {
        amount: Some(msat(sat * SAT)),
        description: "a channel".to_owned(),
        description_as_hash: false,
        expiry: Seconds(expiry),
        final_delay: None,
        fallbacks: Vec::new(),
        preimage: None,
        hints: Hints::Never,
    };
    let more = payee.mint_bolt11(invoice(TOTAL + 1, 600)).await.unwrap().string;
    let brief = payee.mint_bolt11(invoice(TOTAL, 1)).await.unwrap().string;
    let right = payee.mint_bolt11(invoice(TOTAL, 600)).await.unwrap().string;
    let long = format!("{right}{}", "q".repeat(2_048));
    for (invoice, why) in [
        (more.as_str(), "is for 52001000msat, the order's total is 52000000msat"),
        (&brief, "has expired"),
        (DONATION, "is for another chain"),
        ("lnbcrt1", "is no BOLT 11 invoice"),
        ("", "is no BOLT 11 invoice"),
        (&long, "is longer than 2048 bytes"),
    ] {
        let error = refused(&client, &seller, by_invoice(invoice)).await;
        assert!(unsound(&error).to_string().starts_with(why), "{invoice}: {error}");
    }
    // One that is sound is shown beside one that is not.
    let mut both = by_invoice(&right);
    both["payment"]["bolt12"] = json!({ "state": "EXPECT_PAYMENT" });
    seller.says(move |request| result(request, both.clone()));
    let made = order(&client, &seller).await.unwrap();
    assert_eq!(made.left_out, [(WayKind::Bolt12, WayUnsound::Unreadable)]);
    assert_eq!(made.order.ways[0].code, right);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seller_that_refuses_says_nothing_or_hangs_up_is_named_and_nothing_is_kept() {
    let world = World::new().await;
    let client = world.node().await;
    let seller = Seller::of(&client).await;
    seller.says(|request| {
        let data = json!({ "property": "max_channel_balance_sat", "message": "\u{1b}[2J" });
        let error = json!({ "code": 100, "message": "Option mismatch", "data": data });
        lsps(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }).to_string())
    });
    let error = order(&client, &seller).await.unwrap_err().to_string();
    let expected =
        "the provider refuses, with code 100: Option mismatch: max_channel_balance_sat: \\u{1b}[2J";
    assert_eq!(error, expected);
    seller.says(|_| None);
    let error = order(&client, &seller).await.unwrap_err();
    assert!(matches!(error, OrderError::Provider(LspError::NoAnswer)), "{error:?}");
    seller.says(|_| Some(UNKNOWN_EVEN));
    let error = order(&client, &seller).await.unwrap_err();
    assert!(matches!(error, OrderError::Provider(LspError::Gone)), "{error:?}");
    patiently("the end of the connection", seller.connection).await.unwrap();
    for lie in ["no JSON", "{\"id\": 7, \"result\": {}}", "{\"id\": \"another\", \"result\": {}}"] {
        let seller = Seller::of(&client).await;
        seller.says(move |_| lsps(lie));
        let error = order(&client, &seller).await.unwrap_err();
        assert!(matches!(error, OrderError::Provider(LspError::Unreadable)), "{lie}: {error:?}");
        patiently("the end of the connection", seller.connection).await.unwrap();
    }
    assert_eq!(client.orders().unwrap(), Vec::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_seller_takes_back_or_makes_up_later_changes_nothing() {
    let world = World::new().await;
    let client = world.node().await;
    let mut seller = Seller::of(&client).await;
    order(&client, &seller).await.unwrap();
    let held = || {
        let mut held = sold();
        held["payment"]["onchain"]["state"] = json!("HOLD");
        held
    };
    seller.says(move |request| result(request, held()));
    seller.is_heard().await;
    let [known] = &client.orders().unwrap()[..] else { panic!("one order") };
    assert_eq!(known.status, OrderStatus::Held);

    type Change = fn(&mut Value);
    let lies: [Change; 7] = [
        |it| it["payment"]["onchain"]["state"] = json!("EXPECT_PAYMENT"),
        |it| it["order_id"] = json!("another"),
        |it| it["lsp_balance_sat"] = json!("1"),
        |it| it["channel_expiry_blocks"] = json!(1),
        |it| it["order_state"] = json!("COMPLETED"),
        |it| {
            it["order_state"] = json!("COMPLETED");
            it["channel"] = json!({
                "funded_at": "2026-01-01T00:00:00Z", "expires_at": "2050-01-01T00:00:00Z",
                "funding_outpoint": format!("{}:0", "01".repeat(32)),
            });
        },
        |it| *it = json!({}),
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let mut answer = held();
        lie(&mut answer);
        seller.says(move |request| result(request, answer.clone()));
        // The answer before this one may still be on its way.
        seller.is_heard().await;
        let before = client.orders().unwrap();
        seller.is_heard().await;
        assert_eq!(client.orders().unwrap(), before, "{number}: nothing was heard");
        assert_eq!(OrderView { heard_at: known.heard_at, ..before[0].clone() }, *known, "{number}");
    }
    // Another address changes nothing either: what was shown stays.
    let mut answer = held();
    answer["payment"]["onchain"]["address"] =
        json!("bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry");
    seller.says(move |request| result(request, answer.clone()));
    seller.is_heard().await;
    assert_eq!(client.orders().unwrap()[0].ways, known.ways);
}
