//! Who is let in, and what becomes of requests that are none.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use offerd_regtest::{RpcConfig, RpcServer, RpcServerError};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{PASSWORD, Served, USER, basic, chain, exchange, post, read_cookie, soon};

const COUNT: &str = r#"{"method":"getblockcount","params":[],"id":7}"#;

#[tokio::test]
async fn only_the_right_password_is_let_in() {
    let node = Served::start().await;
    let addr = node.server.addr();
    let good = basic(&format!("{USER}:{PASSWORD}"));
    assert_eq!(post(addr, Some(&good), COUNT).await.status, 200);
    let long = format!("Basic {}", "A".repeat(5_000));
    let wrong = [
        basic(&format!("{USER}:wrong")),
        basic(&format!("other:{PASSWORD}")),
        basic(USER),
        basic(""),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        good.replace("Basic", "Bearer"),
        long,
    ];
    for authorization in &wrong {
        let reply = post(addr, Some(authorization), COUNT).await;
        assert_eq!(reply.status, 401, "{authorization}");
        assert!(reply.head.to_lowercase().contains("www-authenticate: basic"), "{}", reply.head);
    }
    assert_eq!(post(addr, None, COUNT).await.status, 401);
}

#[tokio::test]
async fn the_cookie_is_private_opens_the_server_and_goes_with_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(".cookie");
    std::fs::write(&path, "left over").expect("written");
    let config = RpcConfig::loopback().with_cookie(&path).with_password(USER, PASSWORD);
    let server = RpcServer::start(chain(), config).await.expect("it starts");
    let mode = std::fs::metadata(&path).expect("the cookie file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let cookie = read_cookie(&path);
    assert!(cookie.starts_with("__cookie__:"), "{cookie}");
    assert_eq!(cookie.len(), "__cookie__:".len() + 64);
    assert_eq!(post(server.addr(), Some(&basic(&cookie)), COUNT).await.status, 200);
    let password = basic(&format!("{USER}:{PASSWORD}"));
    assert_eq!(post(server.addr(), Some(&password), COUNT).await.status, 200);
    assert_eq!(post(server.addr(), Some(&basic("__cookie__:00")), COUNT).await.status, 401);
    server.shutdown().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_cookie_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(".cookie");
    let config = RpcConfig::loopback().with_cookie(&path);
    let server = RpcServer::start(chain(), config).await.expect("it starts");
    std::fs::write(&path, "of another server").expect("written");
    drop(server);
    assert_eq!(read_cookie(&path), "of another server");
}

#[tokio::test]
async fn servers_nobody_could_use_or_everybody_could_reach_do_not_start() {
    let chain = chain();
    let config = RpcConfig::loopback().with_password(USER, PASSWORD);
    let public = config.clone().with_addr(([0, 0, 0, 0], 0).into());
    let refused = RpcServer::start(Arc::clone(&chain), public).await;
    assert!(matches!(refused, Err(RpcServerError::NotLoopback(_))), "{refused:?}");
    let refused = RpcServer::start(Arc::clone(&chain), RpcConfig::loopback()).await;
    assert!(matches!(refused, Err(RpcServerError::NobodyAdmitted)), "{refused:?}");
    let lost = config.clone().with_cookie("/nowhere/at/all/.cookie");
    let refused = RpcServer::start(Arc::clone(&chain), lost).await;
    assert!(matches!(refused, Err(RpcServerError::Cookie { .. })), "{refused:?}");
    let server = RpcServer::start(Arc::clone(&chain), config.clone()).await.expect("it starts");
    let taken = RpcServer::start(chain, config.with_addr(server.addr())).await;
    assert!(matches!(taken, Err(RpcServerError::Bind { .. })), "{taken:?}");
}

#[tokio::test]
async fn a_debug_print_of_the_configuration_hides_the_password() {
    let printed = format!("{:?}", RpcConfig::loopback().with_password(USER, PASSWORD));
    assert!(!printed.contains(PASSWORD) && printed.contains("redacted"), "{printed}");
}

#[tokio::test]
async fn result_and_error_are_both_always_there() {
    let node = Served::start().await;
    let good = node.post(COUNT).await.json();
    assert_eq!(good, json!({ "result": 110, "error": null, "id": 7 }));
    let bad = node.post(r#"{"method":"getblockhash","params":[999],"id":"x"}"#).await;
    assert_eq!(bad.status, 500);
    let bad = bad.json();
    assert_eq!((&bad["result"], &bad["id"]), (&Value::Null, &json!("x")));
    assert!(bad.as_object().is_some_and(|reply| reply.contains_key("result")));
    assert_eq!(bad["error"]["code"], -8);
}

#[tokio::test]
async fn errors_of_version_2_requests_come_with_status_200() {
    let node = Served::start().await;
    let request = r#"{"jsonrpc":"2.0","method":"nosuchmethod","id":1}"#;
    let reply = node.post(request).await;
    assert_eq!((reply.status, &reply.json()["jsonrpc"]), (200, &json!("2.0")));
    let old = node.post(r#"{"method":"nosuchmethod","id":1}"#).await;
    assert_eq!(old.status, 404);
}

#[tokio::test]
async fn what_is_no_request_gets_an_error() {
    let node = Served::start().await;
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases = [
        ("", 500, -32700),
        ("{", 500, -32700),
        ("\u{0}\u{1}", 500, -32700),
        (deep.as_str(), 500, -32700),
        ("[]", 400, -32600),
        ("7", 400, -32600),
        ("null", 400, -32600),
        ("{}", 400, -32600),
        (r#"{"method":5}"#, 400, -32600),
        (r#"{"method":"getblockcount","params":"x"}"#, 400, -32600),
    ];
    for (body, status, code) in cases {
        let reply = node.post(body).await;
        let shown = &body[..body.len().min(40)];
        assert_eq!(reply.status, status, "{shown}");
        assert_eq!(reply.json()["error"]["code"], code, "{shown}");
    }
    assert_eq!(node.call("getblockcount", json!([])).await, 110);
}

#[tokio::test]
async fn a_batch_is_answered_in_order_with_its_errors_in_place() {
    let node = Served::start().await;
    let batch = json!([
        { "method": "getblockcount", "id": 1 },
        { "method": "nosuchmethod", "id": 2 },
        5,
        { "method": "echo", "params": ["x"], "id": 3 },
    ]);
    let reply = node.post(&batch.to_string()).await;
    assert_eq!(reply.status, 200);
    let reply = reply.json();
    assert_eq!(reply[0]["result"], 110);
    assert_eq!((&reply[1]["id"], &reply[1]["error"]["code"]), (&json!(2), &json!(-32601)));
    assert_eq!(reply[2]["error"]["code"], -32600);
    assert_eq!(reply[3]["result"], json!(["x"]));
    let many = Value::from(vec![json!({ "method": "echo" }); 1_001]);
    assert_eq!(node.post(&many.to_string()).await.status, 400);
}

#[tokio::test]
async fn an_oversized_request_is_cut_off() {
    let node = Served::start().await;
    let reply = node.post(&format!("{{\"method\":\"{}\"}}", "x".repeat(8_000_000))).await;
    assert_eq!(reply.status, 413);
    assert_eq!(node.call("getblockcount", json!([])).await, 110);
}

#[tokio::test]
async fn other_paths_and_verbs_and_noise_are_turned_away() {
    let node = Served::start().await;
    let addr = node.server.addr();
    let get = exchange(addr, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!(get.status, 405);
    let lost = exchange(addr, b"POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!(lost.status, 404);
    let noise = exchange(addr, b"\x16\x03\x01 not http at all\r\n\r\n").await;
    assert_eq!(noise.status, 400);
    assert_eq!(node.call("getblockcount", json!([])).await, 110);
}

#[tokio::test]
async fn one_connection_serves_several_requests_and_ends_with_the_server() {
    let node = Served::start().await;
    let mut stream = TcpStream::connect(node.server.addr()).await.expect("the server listens");
    let authorization = basic(&format!("{USER}:{PASSWORD}"));
    let length = COUNT.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n{COUNT}"
    );
    for _ in 0..2 {
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut reply = String::new();
        while !reply.ends_with("}\n") {
            let mut chunk = [0_u8; 1_024];
            let read = soon(stream.read(&mut chunk)).await.expect("a reply");
            assert!(read > 0, "{reply}");
            reply += &String::from_utf8_lossy(&chunk[..read]);
        }
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    }
    let addr = node.server.addr();
    soon(node.server.shutdown()).await;
    let mut rest = Vec::new();
    soon(stream.read_to_end(&mut rest)).await.expect("the connection ends");
    assert!(TcpStream::connect(addr).await.is_err());
}
