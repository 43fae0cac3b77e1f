use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use tokio::sync::Notify;

use super::*;

/// Answers `echo` with its parameters, `big` with a large reply, `wait` once it is told to, `hang` never, and refuses
/// the rest.
#[derive(Default)]
struct Parrot {
    go: Notify,
    begun: Notify,
    given_up: Arc<Notify>,
}

/// Tells when it is dropped.
struct Tell(Arc<Notify>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[async_trait]
impl Calls for Parrot {
    async fn call(&self, method: &str, params: Option<&RawValue>) -> Result<Value, ErrorObject> {
        match method {
            "echo" => Ok(json!({ "params": params.map(RawValue::get), "more": 1 })),
            "big" => Ok(json!("x".repeat(1 << 20))),
            "wait" => {
                self.go.notified().await;
                Ok(json!("waited"))
            }
            "hang" => {
                let _tell = Tell(Arc::clone(&self.given_up));
                self.begun.notify_one();
                std::future::pending().await
            }
            _ => {
                Err(ErrorObject::new(code::METHOD_NOT_FOUND, format!("Unknown command '{method}'")))
            }
        }
    }
}

struct Fixture {
    parrot: Arc<Parrot>,
    shutdown: Shutdown,
    path: PathBuf,
    server: tokio::task::JoinHandle<()>,
    _dir: tempfile::TempDir,
}

fn start() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("offerd-rpc");
    let socket = Socket::bind(&path).unwrap();
    let (parrot, shutdown) = (Arc::new(Parrot::default()), Shutdown::new());
    let server =
        tokio::spawn(socket.serve(Arc::clone(&parrot) as Arc<dyn Calls>, shutdown.clone()));
    Fixture { parrot, shutdown, path, server, _dir: dir }
}

impl Fixture {
    async fn connect(&self) -> Client {
        Client { stream: UnixStream::connect(&self.path).await.unwrap(), buffer: Vec::new() }
    }
}

struct Client {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next reply, up to its empty line; `None` when the connection was closed.
    async fn reply(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let reply = self.buffer.drain(..end + 2).collect::<Vec<_>>();
                return Some(serde_json::from_slice(&reply).unwrap());
            }
            let mut piece = vec![0; 65_536];
            match self.stream.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.buffer.extend_from_slice(&piece[..length]),
            }
        }
    }
}

fn request(id: u32, method: &str) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\",\"params\":[{id}]}}")
}

#[tokio::test]
async fn several_requests_in_one_write_are_all_answered() {
    let fixture = start();
    let mut client = fixture.connect().await;
    client.send((0..50).map(|id| request(id, "echo")).collect::<String>()).await;
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(client.reply().await.unwrap()["id"].as_u64().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_request_in_pieces_is_answered_once_it_is_whole() {
    let fixture = start();
    let mut client = fixture.connect().await;
    for byte in request(7, "echo").bytes() {
        client.send([byte]).await;
    }
    assert_eq!(client.reply().await.unwrap()["result"]["params"], "[7]");
}

#[tokio::test]
async fn a_reply_still_comes_when_the_client_has_stopped_writing() {
    let fixture = start();
    let mut client = fixture.connect().await;
    client.send(request(1, "wait")).await;
    client.stream.shutdown().await.unwrap();
    fixture.parrot.go.notify_one();
    assert_eq!(client.reply().await.unwrap()["result"], "waited");
    assert_eq!(client.reply().await, None);
}

#[tokio::test]
async fn garbage_is_answered_with_a_parse_error_and_the_end() {
    let fixture = start();
    for garbage in ["x", "[]", "{\"id\":1,}", "\0\0\0", "{\"a\":\"\u{1}\"}"] {
        let mut client = fixture.connect().await;
        client.send(garbage).await;
        let reply = client.reply().await.unwrap();
        assert_eq!(reply["error"]["code"], -32700, "{garbage:?}");
        assert_eq!(reply["id"], Value::Null);
        assert_eq!(client.reply().await, None, "{garbage:?}");
    }
    let mut client = fixture.connect().await;
    client.send("{\"id\":1").await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.reply().await.unwrap()["error"]["code"], -32700);
}

#[tokio::test]
async fn too_large_and_too_deep_end_the_connection_and_no_other() {
    let fixture = start();
    let mut bystander = fixture.connect().await;
    let mut client = fixture.connect().await;
    client.send("{\"a\":".repeat(1000)).await;
    assert_eq!(client.reply().await.unwrap()["error"]["code"], -32700);
    assert_eq!(client.reply().await, None);
    let mut client = fixture.connect().await;
    client.send("{\"id\":1,\"method\":\"").await;
    let piece = "x".repeat(1 << 20);
    // The daemon may close while we still write.
    for _ in 0..5 {
        let _ = client.stream.write_all(piece.as_bytes()).await;
    }
    assert_eq!(client.reply().await.unwrap()["error"]["code"], -32700);
    bystander.send(request(3, "echo")).await;
    assert_eq!(bystander.reply().await.unwrap()["id"], 3);
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_connection_goes_on() {
    let fixture = start();
    let mut client = fixture.connect().await;
    client.send("{\"id\":\"a\"}").await;
    let reply = client.reply().await.unwrap();
    assert_eq!((&reply["error"]["code"], &reply["id"]), (&json!(-32600), &json!("a")));
    client.send(request(2, "nonsense")).await;
    let reply = client.reply().await.unwrap();
    assert_eq!(reply["error"], json!({ "code": -32601, "message": "Unknown command 'nonsense'" }));
}

#[tokio::test]
async fn a_waiting_call_and_a_client_that_does_not_read_hold_up_nobody() {
    let fixture = start();
    let mut slow = fixture.connect().await;
    slow.send((0..20).map(|id| request(id, "big")).collect::<String>()).await;
    let mut client = fixture.connect().await;
    client.send(format!("{}{}", request(1, "wait"), request(2, "echo"))).await;
    assert_eq!(client.reply().await.unwrap()["id"], 2);
    fixture.parrot.go.notify_one();
    assert_eq!(client.reply().await.unwrap()["id"], 1);
    for _ in 0..20 {
        assert!(slow.reply().await.is_some());
    }
}

#[tokio::test]
async fn a_filter_limits_the_result() {
    let fixture = start();
    let mut client = fixture.connect().await;
    client.send("{\"id\":1,\"method\":\"echo\",\"filter\":{\"more\":true}}").await;
    assert_eq!(client.reply().await.unwrap()["result"], json!({ "more": 1 }));
    client.send("{\"id\":1,\"method\":\"echo\",\"filter\":[true]}").await;
    assert_eq!(client.reply().await.unwrap()["error"]["code"], -32602);
}

#[tokio::test]
async fn beyond_the_most_connections_one_is_told_so() {
    let fixture = start();
    let mut clients = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        let mut client = fixture.connect().await;
        client.send(request(1, "echo")).await;
        assert!(client.reply().await.is_some());
        clients.push(client);
    }
    let mut client = fixture.connect().await;
    assert_eq!(client.reply().await.unwrap()["error"]["message"], "too many connections");
    assert_eq!(client.reply().await, None);
}

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_goes_at_the_end() {
    let fixture = start();
    let mode = std::fs::metadata(&fixture.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let _idle = fixture.connect().await;
    fixture.shutdown.request();
    fixture.server.await.unwrap();
    assert!(!fixture.path.exists());
}

#[tokio::test]
async fn what_a_dead_daemon_left_behind_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("offerd-rpc");
    drop(Socket::bind(&path).unwrap());
    assert!(path.exists());
    assert!(UnixStream::connect(&path).await.is_err());
    Socket::bind(&path).unwrap();
}

#[tokio::test]
async fn a_call_is_given_up_when_its_caller_hangs_up() {
    let fixture = start();
    let mut client = fixture.connect().await;
    client.send(b"{\"id\":1,\"method\":\"hang\"}{\"id\":2,\"method\":\"hang\"}").await;
    fixture.parrot.begun.notified().await;
    fixture.parrot.begun.notified().await;
    drop(client);
    fixture.parrot.given_up.notified().await;
    fixture.parrot.given_up.notified().await;
}

#[tokio::test]
async fn a_caller_that_has_only_finished_sending_is_answered() {
    let fixture = start();
    let mut client = fixture.connect().await;
    client.send(b"{\"id\":1,\"method\":\"wait\"}").await;
    client.stream.shutdown().await.unwrap();
    fixture.parrot.go.notify_one();
    assert_eq!(client.reply().await.unwrap()["result"], "waited");
}
