//! Connections by the thousand.

use std::time::{Duration, Instant};

use offerd::http::{Limits, api};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_idle_connections_keep_nobody_out() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    let mut idle: Vec<TcpStream> = Vec::new();
    let mut slowest = Duration::ZERO;
    for round in 0..100 {
        for _ in 0..100 {
            let mut stream = shop.connect().await;
            // Some say nothing, some begin.
            if round % 2 == 0 {
                let _ = stream.write_all(b"POST /v1/getinfo HTTP/1.1\r\nho").await;
            }
            idle.push(stream);
        }
        // As many as the descriptors of a test allow: those that were shown out make room.
        if idle.len() > 400 {
            idle.drain(..100);
        }
        let begun = Instant::now();
        let answer = shop.call(&rune, "getinfo", "").await;
        assert_eq!(answer.status, 201, "after {} connections: {answer:?}", (round + 1) * 100);
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    // The oldest of those that are still held were shown out by the door.
    let mut oldest = idle.remove(0);
    let mut byte = [0];
    let gone = tokio::time::timeout(Duration::from_secs(5), oldest.read(&mut byte)).await.unwrap();
    assert!(matches!(gone, Ok(0) | Err(_)), "{gone:?}");
    shop.close().await;
}

#[tokio::test]
async fn those_who_showed_a_rune_are_not_shown_out_for_newcomers() {
    let limits = Limits { connections: 4, ..api::limits() };
    let shop = Shop::open_with(limits, None).await;
    let rune = shop.rune(&[]);
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let mut stream = shop.connect().await;
        let request = format!("GET /v1/events HTTP/1.1\r\nhost: a\r\nrune: {rune}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        waiting.push(stream);
    }
    let answer = shop.call(&rune, "getinfo", "").await;
    assert!(matches!(answer.status, 503 | 0), "all seats are held: {answer:?}");
    waiting.pop();
    let begun = Instant::now();
    loop {
        let answer = shop.call(&rune, "getinfo", "").await;
        if answer.status == 201 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{answer:?}");
        tokio::task::yield_now().await;
    }
    shop.close().await;
}
