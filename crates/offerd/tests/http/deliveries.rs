//! Receivers of events that are silent, or lie; and the button that sends again what one of them refused.

use std::time::Duration;

use axum::http::StatusCode;
use offerd::http::api;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client;
use crate::screen::Browser;
use crate::webhooks::{Receiver, Shop};

/// A door on a shop whose receiver has refused event 1 for good.
async fn refused(receiver: &mut Receiver) -> client::Shop {
    let shop = Shop::telling(&[receiver.url()]);
    receiver.answer(1, StatusCode::UNPROCESSABLE_ENTITY);
    shop.offer("tea").await;
    shop.offer("coffee").await;
    assert_eq!(receiver.next_ids(6).await, [1, 1, 1, 1, 1, 2]);
    shop.once(|webhook| webhook.through_id == 2 && webhook.failed.len() == 1).await;
    let Shop { caller, world, .. } = shop;
    client::Shop::of(world, caller, api::limits(), None).await
}

#[tokio::test]
async fn what_a_receiver_refused_is_sent_again_by_the_button_on_its_page() {
    let mut receiver = Receiver::open().await;
    let door = refused(&mut receiver).await;
    let browser = Browser::signed_in_at(door, &[]).await;
    let page = browser.get("/operator/webhooks").await;
    assert!(page.text.contains("Event 1 failed: it answered 422"), "{page:?}");
    receiver.answer(1, StatusCode::OK);
    let sent = browser.press(&page, "Send event 1 again").await;
    assert_eq!(sent.status, 303, "{sent:?}");
    assert!(sent.head.contains("location: /operator/webhooks"), "{sent:?}");
    assert_eq!(receiver.next_ids(1).await, [1]);
    loop {
        let page = browser.get("/operator/webhooks").await;
        if !page.text.contains("failed") && !page.text.contains("Sent again") {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_button_does_nothing_for_other_sites_other_sessions_and_runes_without_the_right() {
    let mut receiver = Receiver::open().await;
    let door = refused(&mut receiver).await;
    let browser = Browser::signed_in_at(door, &["method=listwebhooks"]).await;
    let page = browser.get("/operator/webhooks").await;
    let denied = browser.press(&page, "Send event 1 again").await;
    assert_eq!(denied.status, 422, "{denied:?}");
    assert!(denied.text.contains("Your rune does not allow this"), "{denied:?}");
    let forged = [("method", "retrywebhook"), ("id", "1")];
    assert_eq!(browser.post("/operator/act", &forged).await.status, 403);
    let of_another = Browser::signed_in(&[]).await.get("/operator/new").await;
    let (_, rest) = of_another.text.split_once("name=\"token\" value=\"").unwrap();
    let token = rest.split('"').next().unwrap();
    let forged = [("token", token), ("method", "retrywebhook"), ("id", "1")];
    assert_eq!(browser.post("/operator/act", &forged).await.status, 403);
    let page = browser.get("/operator/webhooks").await;
    assert!(page.text.contains("Event 1 failed"), "{page:?}");
}

/// Takes the head of a request, and so much of it that it can be answered.
async fn take(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = [0; 4096];
    assert!(stream.read(&mut bytes).await.unwrap() > 0);
    stream
}

#[tokio::test]
async fn a_receiver_that_lies_is_called_away_by_name_and_takes_everything_when_it_is_true() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut shop = Shop::telling(&[format!("http://{address}/")]);
    shop.offer("tea").await;
    let endless_head = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n".repeat(100_000)].concat();
    let lies: [&[u8]; 4] = [
        b"everything is fine, thank you\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"",
        &endless_head,
    ];
    for (number, lie) in (1..).zip(lies) {
        let mut stream = take(&listener).await;
        // It may be hung up on before it has said all.
        let _ = stream.write_all(lie).await;
        drop(stream);
        let webhook = shop.once(|webhook| webhook.attempts >= number).await;
        assert_eq!(webhook.through_id, 0, "{number}");
        assert!(webhook.last_error.is_some_and(|why| !why.is_empty()), "{number}");
    }
    // What is behind a head that says yes is not read, however long it is.
    let mut stream = take(&listener).await;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n")
        .await
        .unwrap();
    let webhook = shop.once(|webhook| webhook.through_id == 1).await;
    assert_eq!((webhook.attempts, webhook.last_error), (0, None));
    shop.end().await;
}

#[tokio::test]
async fn a_receiver_that_is_silent_is_away_and_hears_everything_in_order_when_it_wakes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let mut shop = Shop::telling(&[url]);
    shop.offer("tea").await;
    let silent = take(&listener).await;
    shop.offer("coffee").await;
    shop.offer("cake").await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(16)).await;
    tokio::time::resume();
    let webhook = shop.once(|webhook| webhook.attempts > 0).await;
    assert_eq!(webhook.last_error.as_deref(), Some("no answer within 15 seconds"));
    assert_eq!(webhook.through_id, 0);
    drop(silent);
    let mut heard = Vec::new();
    let answering = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 16_384];
            let mut text = String::new();
            while !text.ends_with('}') {
                let length = stream.read(&mut bytes).await.unwrap();
                if length == 0 {
                    break;
                }
                text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
            }
            let id = text.lines().find_map(|line| line.strip_prefix("webhook-id: "));
            let id = id.and_then(|id| id.parse::<u64>().ok());
            if heard.last() != id.as_ref() {
                heard.extend(id);
            }
            let _ = stream.write_all(b"HTTP/1.1 204 x\r\nconnection: close\r\n\r\n").await;
        }
    };
    tokio::select! {
        () = answering => {}
        _ = shop.once(|webhook| webhook.through_id == 3) => {}
    }
    assert_eq!(heard, [1, 2, 3]);
    shop.end().await;
}
