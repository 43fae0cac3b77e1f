//! The example shop of `examples/shop`, from the button to the thanks.

use std::process::Stdio;
use std::sync::Arc;

use offerd::rpc::Socket;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::caller::Caller;
use crate::world::World;

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/shop/shop.py");

/// The shop's answer to one request.
async fn ask(address: &str, request: &str) -> String {
    let mut shop = TcpStream::connect(address).await.unwrap();
    shop.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    shop.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn get(address: &str, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.0\r\n\r\n")).await
}

async fn buy(address: &str, form: &str) -> String {
    let length = form.len();
    ask(address, &format!("POST /buy HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{form}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_shop_sells_and_believes_the_daemon_alone() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("offerd-rpc");
    let socket = Socket::bind(&path).unwrap();
    tokio::spawn(socket.serve(Arc::new(shop.api.clone()), shop.api.shutdown.clone()));
    let program = Command::new("python3")
        .args([SHOP, "--port", "0", "--socket"])
        .arg(&path)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let Ok(mut program) = program else {
        eprintln!("SKIPPED: the example shop was not tried: python3 is not installed");
        return;
    };
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let url = lines.next_line().await.unwrap().unwrap();
    let address = url.strip_prefix("http://").unwrap();

    assert!(get(address, "/").await.contains("coffee, 500sat"));
    assert!(buy(address, "item=gold").await.starts_with("HTTP/1.0 404"));
    let bought = buy(address, "item=tea").await;
    let page = bought.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    assert!(page.starts_with("https://pay.example.com/c/"), "{bought}");
    let offers = shop.call("listoffers", json!({})).await;
    let (offer, number) = (&offers["offers"][0], offers["offers"][0]["external_id"].as_str());
    let thanks = format!("/thanks?order={}", number.unwrap());
    assert!(get(address, &thanks).await.contains("not paid"), "only said to be paid");
    customer.call("pay", json!([offer["bolt12"]])).await;
    let driver = &shop.api.driver;
    driver.wait_for_receipt(0, None, None).await.unwrap();
    let thanked = get(address, &thanks).await;
    assert!(thanked.contains("Your tea is on its way"), "{thanked}");
    assert!(get(address, "/thanks?order=other").await.contains("not paid"));
    assert!(get(address, "/thanks").await.contains("not paid"));
}
