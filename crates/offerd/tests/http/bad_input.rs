//! Requests that are none, or too much.

use std::time::{Duration, Instant};

use offerd::http::{Limits, api};
use tokio::io::AsyncWriteExt;

use crate::client::{Shop, all, post};

/// Limits that a test can wait for.
fn hasty() -> Limits {
    Limits {
        head: Duration::from_millis(300),
        body_time: Duration::from_millis(300),
        ..api::limits()
    }
}

#[tokio::test]
async fn an_oversized_body_is_refused_before_it_is_read_and_at_its_limit() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    let most = api::limits().body;
    let large = format!("{{\"description\":\"{}\"}}", "x".repeat(most));
    let answer = shop.call(&rune, "offer", &large).await;
    assert!(matches!(answer.status, 413 | 0), "{answer:?}");
    // Said, not sent.
    let head = format!(
        "POST /v1/offer HTTP/1.1\r\nhost: a\r\nrune: {rune}\r\ncontent-length: {}\r\n\
         content-type: application/json\r\nconnection: close\r\n\r\n",
        u64::MAX
    );
    let answer = shop.send(head.as_bytes()).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
    // A stranger's body is not even waited for.
    let head = head.replace(&rune, "AAAA").replace(&u64::MAX.to_string(), "1000000");
    assert_eq!(shop.send(head.as_bytes()).await.status, 401);
    let chunked = format!(
        "POST /v1/getinfo HTTP/1.1\r\nhost: a\r\nrune: {rune}\r\ntransfer-encoding: chunked\r\n\
         connection: close\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
    );
    assert_eq!(shop.send(chunked.as_bytes()).await.status, 201);
    assert_eq!(shop.caller.rows(), [0; 6]);
    shop.close().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_or_no_http_is_refused() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    let many: String = (0..200).map(|at| format!("x-{at}: y\r\n")).collect();
    for (bytes, expected) in [
        (format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(100_000)), &[414, 431, 400][..]),
        (format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(100_000)), &[431]),
        (format!("GET / HTTP/1.1\r\n{many}\r\n"), &[431]),
        ("\u{1}\u{2}\u{3} nonsense\r\n\r\n".to_owned(), &[400]),
        ("{\"jsonrpc\":\"2.0\",\"method\":\"getinfo\"}\r\n\r\n".to_owned(), &[400]),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), &[400, 505]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[400, 505, 0]),
    ] {
        let answer = shop.send(bytes.as_bytes()).await;
        assert!(expected.contains(&answer.status), "{:.60}: {answer:?}", bytes);
    }
    assert_eq!(shop.call(&rune, "getinfo", "").await.status, 201);
    shop.close().await;
}

#[tokio::test]
async fn wrong_content_types_are_named() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    for (kind, status) in [
        ("application/json; charset=utf-8", 201),
        ("APPLICATION/JSON", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ] {
        let call = post("getinfo", &rune, "{}").replace("application/json", kind);
        let answer = shop.send(call.as_bytes()).await;
        assert_eq!(answer.status, status, "{kind}: {answer:?}");
        assert!(status == 201 || answer.text.contains("content-type"), "{answer:?}");
    }
    shop.close().await;
}

#[tokio::test]
async fn paths_lead_nowhere_but_to_methods() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    for path in [
        "/v1/../../etc/passwd",
        "/v1/..%2f..%2fetc%2fpasswd",
        "/v1/%2e%2e/seed",
        "/v1/getinfo/",
        "/v1/getinfo%00",
        "/v1/getinfo%0d%0aset-cookie:a",
        "/v1/%ff%fe",
        "/v1//getinfo",
        "/v1/",
        "/v2/getinfo",
        "/",
        "//etc/passwd",
        "/v1/GETINFO",
    ] {
        let call = post("X", &rune, "{}").replace("/v1/X", path);
        let answer = shop.send(call.as_bytes()).await;
        assert!(matches!(answer.status, 404 | 405 | 400), "{path}: {answer:?}");
        assert!(!answer.head.contains("set-cookie"), "{path}: {answer:?}");
        assert!(answer.json()["message"].is_string(), "{path}: {answer:?}");
    }
    shop.close().await;
}

#[tokio::test]
async fn bodies_that_are_no_parameters_are_refused() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = ["{", "{}{}", "nul", "\"x\"", "7", "true", "{\"a\":1,\"a\":2}", "[1,2,3]", &deep];
    for body in bodies {
        let answer = shop.call(&rune, "getinfo", body).await;
        assert_eq!(answer.status, 400, "{body:.40}: {answer:?}");
    }
    let answer = shop.send(&[post("getinfo", &rune, "xx").as_bytes(), b""].concat()).await;
    assert_eq!(answer.code(), -32700);
    shop.close().await;
}

#[tokio::test]
async fn half_requests_and_slow_clients_are_shown_out_in_time() {
    let shop = Shop::open_with(hasty(), None).await;
    let rune = shop.rune(&[]);
    let whole = post("getinfo", &rune, "{\"a\":1}");
    let (head, _) = whole.split_once("\r\n\r\n").unwrap();
    let halves = ["", "POST /v1/get", &head[..40], head, &whole[..whole.len() - 3]];
    let begun = Instant::now();
    for half in halves {
        let mut stream = shop.connect().await;
        stream.write_all(half.as_bytes()).await.unwrap();
        let told = String::from_utf8_lossy(&all(&mut stream).await).into_owned();
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{half}: {told}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // One byte at a time buys no more time.
    let mut stream = shop.connect().await;
    let mut sent = 0;
    for byte in whole.as_bytes() {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        sent += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = all(&mut stream).await;
    assert!(!String::from_utf8_lossy(&told).contains(" 201 "), "{sent} bytes were waited for");
    assert_eq!(shop.call(&rune, "getinfo", "").await.status, 201);
    shop.close().await;
}
