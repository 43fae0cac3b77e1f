//! Following what happens.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Shop;

/// A stream of events, read one by one.
struct Stream {
    connection: TcpStream,
    read: String,
}

impl Stream {
    async fn open(shop: &Shop, rune: &str, more: &str) -> Self {
        let mut connection = shop.connect().await;
        let request = format!("GET /v1/events HTTP/1.1\r\nhost: a\r\nrune: {rune}\r\n{more}\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut stream = Self { connection, read: String::new() };
        let head = stream.until("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
        stream
    }

    async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some((piece, rest)) = self.read.split_once(end) {
                let piece = piece.to_owned();
                self.read = rest.to_owned();
                return piece;
            }
            let mut bytes = [0; 4096];
            let length = self.connection.read(&mut bytes).await.unwrap();
            assert!(length > 0, "the stream has ended: {}", self.read);
            self.read.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
    }

    /// The next event: id, type, data.
    async fn next(&mut self) -> (u64, String, Value) {
        let text = self.until("\n\n").await;
        let fields: BTreeMap<&str, &str> =
            text.lines().filter_map(|line| line.split_once(": ")).collect();
        (
            fields["id"].parse().unwrap(),
            fields["event"].to_owned(),
            serde_json::from_str(fields["data"]).unwrap(),
        )
    }
}

#[tokio::test]
async fn what_happens_is_told_in_order_and_again_to_those_who_come_back() {
    let shop = Shop::open().await;
    let rune = shop.rune(&["method=wait"]);
    shop.caller.call("offer", json!({ "amount": "any", "description": "before" })).await;
    let mut stream = Stream::open(&shop, &rune, "").await;
    let offer = shop.caller.call("offer", json!({ "amount": "any", "description": "tea" })).await;
    shop.caller.call("disableoffer", json!([offer["offer_id"]])).await;
    let (first, kind, data) = stream.next().await;
    assert_eq!((kind.as_str(), &data["subject"]), ("offer_created", &json!("offer/2")));
    assert_eq!(data["id"], first);
    let (second, kind, _) = stream.next().await;
    assert_eq!(kind, "offer_disabled");
    assert!(second > first);
    drop(stream);
    shop.caller.call("enableoffer", json!([offer["offer_id"]])).await;
    let mut back = Stream::open(&shop, &rune, &format!("Last-Event-ID: {first}\r\n")).await;
    let (again, _, _) = back.next().await;
    let (missed, kind, _) = back.next().await;
    assert_eq!((again, kind.as_str()), (second, "offer_enabled"));
    assert!(missed > second);
    let mut all = Stream::open(&shop, &rune, "Last-Event-ID: 0\r\n").await;
    assert_eq!(all.next().await.2["subject"], "offer/1");
    shop.close().await;
}

#[tokio::test]
async fn a_wrong_place_is_refused_by_name_and_one_beyond_the_end_is_the_end() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    for (path, name) in [("/v1/events?after=x", "after"), ("/v1/events?since=1", "after")] {
        let answer = shop.get(&rune, path).await;
        assert_eq!((answer.status, answer.code()), (400, -32602), "{answer:?}");
        assert!(answer.text.contains(name), "{answer:?}");
    }
    let mut stream = Stream::open(&shop, &rune, "Last-Event-ID: 18446744073709551615\r\n").await;
    shop.caller.call("offer", json!({ "amount": "any", "description": "tea" })).await;
    assert_eq!(stream.next().await.1, "offer_created");
    shop.close().await;
}

#[tokio::test]
async fn a_stream_ends_when_its_rune_is_blacklisted_or_the_daemon_ends() {
    let shop = Shop::open().await;
    let (rune, other) = (shop.rune(&[]), shop.rune(&[]));
    let mut blacklisted = Stream::open(&shop, &rune, "").await;
    let mut honoured = Stream::open(&shop, &other, "").await;
    shop.caller.call("blacklistrune", json!([0])).await;
    shop.caller.call("offerout", json!({ "amount": "7sat", "description": "x" })).await;
    let (_, kind, data) = honoured.next().await;
    assert_eq!(kind, "payout_created");
    assert!(!data.to_string().contains("lno1") && !data.to_string().contains("lnr1"), "{data}");
    let mut rest = String::new();
    blacklisted.connection.read_to_string(&mut rest).await.unwrap();
    assert!(!rest.contains("payout_created"), "{rest}");
    shop.close().await;
    honoured.connection.read_to_string(&mut rest).await.unwrap();
}
