//! A door on a port of its own, and a client that sends what it is told, byte by byte.

use std::net::SocketAddr;
use std::sync::Arc;

use offerd::http::{Door, Limits, Listener, TlsFiles, api};
use offerd::shutdown::Shutdown;
use offerd_core::rune::{Alternative, Restriction};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::world::World;

/// A shop with its door open.
pub struct Shop {
    pub caller: Caller,
    pub world: World,
    pub address: SocketAddr,
    pub shutdown: Shutdown,
    pub serving: JoinHandle<()>,
}

/// An answer: status, headers, body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }

    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_lowercase(), text: body.to_owned() }
    }
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(api::limits(), None).await
    }

    pub async fn open_with(limits: Limits, tls: Option<TlsFiles>) -> Self {
        let world = World::new();
        let caller = Caller::of(world.announced());
        Self::of(world, caller, limits, tls).await
    }

    /// The same for somebody who is there already.
    pub async fn of(world: World, caller: Caller, limits: Limits, tls: Option<TlsFiles>) -> Self {
        let shutdown = Shutdown::new();
        let door = Door {
            calls: Arc::new(caller.api.clone()),
            driver: Arc::clone(&caller.party.driver),
            metrics: caller.metrics(),
            shutdown: shutdown.clone(),
            limits,
        };
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), tls.as_ref()).await.unwrap();
        let address = listener.address();
        let serving = tokio::spawn(listener.serve(door.router(), limits, shutdown.clone()));
        Self { caller, world, address, shutdown, serving }
    }

    /// A rune with these restrictions, alternatives separated by `|`.
    pub fn rune(&self, restrictions: &[&str]) -> String {
        let restriction = |text: &&str| {
            let alternatives = text.split('|').map(|text| Alternative::read(text).unwrap());
            Restriction::new(alternatives.collect()).unwrap()
        };
        let restrictions = restrictions.iter().map(restriction).collect();
        self.caller.party.driver.create_rune(restrictions).unwrap().expose()
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes, and gives what comes until the other side hangs up.
    pub async fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        Answer::read(&all(&mut stream).await)
    }

    /// A call with a rune.
    pub async fn call(&self, rune: &str, method: &str, params: &str) -> Answer {
        self.send(post(method, rune, params).as_bytes()).await
    }

    pub async fn get(&self, rune: &str, path: &str) -> Answer {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: a\r\nrune: {rune}\r\nconnection: close\r\n\r\n");
        self.send(request.as_bytes()).await
    }

    /// Ends the door, and waits until it is shut.
    pub async fn close(self) {
        self.shutdown.request();
        self.serving.await.unwrap();
    }
}

/// What comes until the other side hangs up, in whatever way.
pub async fn all(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

/// A call as a client writes it, the last on its connection.
pub fn post(method: &str, rune: &str, body: &str) -> String {
    format!(
        "POST /v1/{method} HTTP/1.1\r\nhost: a\r\nrune: {rune}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
