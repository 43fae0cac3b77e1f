//! What Core Lightning's own command line, unmodified, needs of the socket. Seen with version 26.06.6: it first asks
//! for notifications and reads the reply into a hundred bytes, then sends one request spelled as below, and takes
//! the first object without `params` for the reply, whose id must be the very one that it sent.

use std::path::PathBuf;
use std::sync::Arc;

use offerd::rpc::Socket;
use offerd::shutdown::Shutdown;
use offerd_testkit::rpc_schema::{check_filtered, check_response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::caller::Caller;
use crate::world::World;

/// A daemon's socket, and the shape of a program that calls it.
struct Terminal {
    path: PathBuf,
    shutdown: Shutdown,
    _dir: tempfile::TempDir,
}

impl Terminal {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("offerd-rpc");
        let socket = Socket::bind(&path).unwrap();
        let caller = Caller::of(World::new().announced());
        let shutdown = Shutdown::new();
        tokio::spawn(socket.serve(Arc::new(caller.api), shutdown.clone()));
        Self { path, shutdown, _dir: dir }
    }

    /// What the program shows for `method` with `params` and `filter` as it spells them.
    async fn call(&self, method: &str, params: &str, filter: Option<&str>) -> Value {
        let mut stream = UnixStream::connect(&self.path).await.unwrap();
        let enable = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications\",\
                      \"id\":\"cli:notifications#4194304\",\"params\":{\"enable\":true}}";
        stream.write_all(enable.as_bytes()).await.unwrap();
        let reply = until_empty_line(&mut stream).await;
        assert!(reply.len() <= 100, "{reply}");

        let filtered = filter.is_some();
        let id = format!("cli:{method}#4194304");
        let filter = filter.map(|filter| format!("\"filter\": {filter},")).unwrap_or_default();
        let request = format!(
            "{{ \"jsonrpc\" : \"2.0\", \"method\" : \"{method}\", \"id\" : \"{id}\",{filter} \"params\" :{params} }}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let reply: Value = serde_json::from_str(&until_empty_line(&mut stream).await).unwrap();
        assert_eq!(reply["id"], id.as_str());
        assert!(reply.get("params").is_none());
        if let Some(result) = reply.get("result") {
            let fits = match filtered {
                true => check_filtered(method, result),
                false => check_response(method, result),
            };
            assert_eq!(fits, Ok(()));
        }
        reply
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

async fn until_empty_line(stream: &mut UnixStream) -> String {
    let mut reply = Vec::new();
    while !reply.ends_with(b"\n\n") {
        reply.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(reply).unwrap()
}

#[tokio::test]
async fn lightning_cli_calls_by_position_and_leaves_numbers_without_quotes() {
    let terminal = Terminal::new();
    let made = terminal.call("offer", "[ 10000, \"tea\", null, \"7\" ]", None).await;
    assert_eq!(made["result"]["created"], true);
    let listed = terminal.call("listoffers", "[ null, true ]", None).await;
    assert_eq!(listed["result"]["offers"][0]["label"], "7");
}

#[tokio::test]
async fn lightning_cli_calls_by_name_and_with_a_filter() {
    let terminal = Terminal::new();
    let params = "{ \"amount\" : \"any\", \"description\" : \"tips\", \"single_use\" : false }";
    terminal.call("offer", params, None).await;
    let filter = "{\"offers\":[{\"description\":true,\"nonsense\":true}]}";
    let listed = terminal.call("listoffers", "[ ]", Some(filter)).await;
    assert_eq!(listed["result"], json!({ "offers": [{ "description": "tips" }] }));
    // A filter of another shape than the result is told about, and takes nothing away.
    let misfit = terminal.call("listoffers", "[ ]", Some("{\"offers\":{\"label\":true}}")).await;
    assert!(misfit["result"]["warning_parameter_filter"].is_string(), "{misfit}");
    let filter = "{\"help\":[{\"command\":true}],\"format-hint\":true}";
    let help = terminal.call("help", "[ \"pay\" ]", Some(filter)).await;
    assert_eq!(help["result"]["format-hint"], "simple");
}

#[tokio::test]
async fn lightning_cli_gets_an_error_object_and_no_result() {
    let terminal = Terminal::new();
    let refused = terminal.call("offer", "[ \"-1\", \"tea\" ]", None).await;
    assert_eq!(refused["error"]["code"], -32602);
    assert!(refused["error"]["message"].is_string());
    assert!(refused.get("result").is_none());
    let unknown = terminal.call("getroutes", "[ ]", None).await;
    assert_eq!(unknown["error"]["code"], -32601);
}

#[tokio::test]
async fn lightning_cli_sorts_the_list_of_help_by_category_and_command() {
    let terminal = Terminal::new();
    let help = terminal.call("help", "[ ]", None).await;
    for entry in help["result"]["help"].as_array().unwrap() {
        assert!(entry["command"].is_string() && entry["category"].is_string(), "{entry}");
    }
}
