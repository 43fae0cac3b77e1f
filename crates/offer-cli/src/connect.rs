//! Finding the daemon, and one call of it.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use offerd_api::ErrorObject;
use offerd_api::layout::{DataDir, SOCKET};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::progress::Watcher;

/// Where the daemon may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its socket.
    pub(crate) rpc_file: Option<PathBuf>,
    /// Its data directory.
    pub(crate) dir: Option<PathBuf>,
    /// Its network.
    pub(crate) network: Option<String>,
    /// The caller's home directory.
    pub(crate) home: Option<PathBuf>,
}

impl Place {
    /// The socket: the one that was named, or the only one there is.
    pub(crate) fn socket(&self) -> Result<PathBuf, String> {
        if let Some(file) = &self.rpc_file {
            return Ok(file.clone());
        }
        let dir = DataDir::find(self.dir.clone(), self.home.clone())
            .ok_or("which daemon? give --dir or --rpc-file")?;
        if let (Some(network), DataDir::Default(_)) = (&self.network, &dir) {
            return Ok(dir.state(network).join(SOCKET));
        }
        if let DataDir::Given(dir) = &dir {
            return Ok(dir.join(SOCKET));
        }
        match dir.sockets().as_slice() {
            [socket] => Ok(socket.clone()),
            [] => Ok(dir.state("regtest").join(SOCKET)),
            _ => Err("which network? several daemons are here: give --network".to_owned()),
        }
    }
}

/// How an answer is waited for.
#[derive(Default)]
pub(crate) struct Waiting {
    /// How long at most; for ever without.
    pub(crate) timeout: Option<Duration>,
    /// Who is told what is being tried meanwhile.
    pub(crate) watcher: Option<Watcher<std::io::Stderr>>,
}

/// The id of the request to be told.
const WISH: &str = "offer-cli:notifications";
/// How often a watcher is told that time passes.
const TICK: Duration = Duration::from_millis(200);

/// One call: connects, asks, waits for the answer.
pub(crate) fn call(
    socket: &Path,
    method: &str,
    params: Value,
    filter: Option<&Value>,
    waiting: Waiting,
) -> Result<Value, Failure> {
    let mut stream = UnixStream::connect(socket).map_err(|error| {
        let socket = socket.display();
        Failure::Unreachable(format!("cannot reach offerd at {socket}: {error} (does it run?)"))
    })?;
    let id = format!("offer-cli:{method}#{}", std::process::id());
    let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    if let Some(filter) = filter {
        request["filter"] = filter.clone();
    }
    let mut lines = format!("{request}\n");
    if waiting.watcher.is_some() {
        let wish = json!({ "jsonrpc": "2.0", "id": WISH,
            "method": "notifications", "params": { "enable": true } });
        lines.insert_str(0, &format!("{wish}\n"));
    }
    let step = if waiting.watcher.is_some() { Some(TICK) } else { waiting.timeout };
    let sent = stream.set_read_timeout(step).and_then(|()| stream.write_all(lines.as_bytes()));
    sent.map_err(|error| Failure::Unreachable(format!("the call could not be sent: {error}")))?;
    let Waiting { timeout, mut watcher } = waiting;
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let reply = read_reply(&mut stream, deadline, watcher.as_mut());
    if let Some(watcher) = watcher {
        watcher.finish();
    }
    let mut reply = reply?;
    if let Some(error) = reply.get_mut("error").map(Value::take) {
        let error: ErrorObject = serde_json::from_value(error)
            .map_err(|error| lost(&format!("the answer cannot be read ({error})")))?;
        return Err(Failure::Refused(error));
    }
    reply.get_mut("result").map(Value::take).ok_or_else(|| lost("the answer has no result"))
}

fn lost(why: &str) -> Failure {
    Failure::NoAnswer(format!("{why}: it is not known whether the call was carried out"))
}

/// The reply to the call; what comes before it is told or passed over.
fn read_reply(
    stream: &mut UnixStream,
    deadline: Option<Instant>,
    mut watcher: Option<&mut Watcher<std::io::Stderr>>,
) -> Result<Value, Failure> {
    let mut bytes = Vec::new();
    let mut piece = [0; 65_536];
    loop {
        while let Some(end) = bytes.windows(2).position(|pair| pair == b"\n\n") {
            let frame: Vec<u8> = bytes.drain(..end + 2).collect();
            let said: Value = serde_json::from_slice(&frame)
                .map_err(|error| lost(&format!("the answer is not JSON ({error})")))?;
            match said.get("method") {
                None if said.get("id").is_some_and(|id| id == WISH) => {}
                None => return Ok(said),
                Some(_) => {
                    let message = said.pointer("/params/message").and_then(Value::as_str);
                    if let (Some(watcher), Some(message)) = (watcher.as_mut(), message) {
                        watcher.tell(message);
                    }
                }
            }
        }
        match stream.read(&mut piece) {
            Ok(0) => return Err(lost("offerd closed the connection without an answer")),
            Ok(length) => bytes.extend_from_slice(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
                match watcher.as_mut() {
                    Some(watcher) if !over => watcher.tick(),
                    Some(_) | None => return Err(lost("no answer in time")),
                }
            }
            Err(error) => return Err(lost(&format!("the connection broke ({error})"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_by_hand_has_its_socket_directly_in_it() {
        let place = Place { dir: Some("D/shop".into()), ..Place::default() };
        assert_eq!(place.socket(), Ok("D/shop/offerd-rpc".into()));
        let place = Place { network: Some("signet".into()), ..place };
        assert_eq!(place.socket(), Ok("D/shop/offerd-rpc".into()));
        let place = Place { rpc_file: Some("/x".into()), ..place };
        assert_eq!(place.socket(), Ok("/x".into()));
    }

    #[test]
    fn the_only_daemon_at_home_is_found_and_of_two_one_must_be_named() {
        let home = tempfile::tempdir().unwrap();
        let place = Place { home: Some(home.path().into()), ..Place::default() };
        let socket = |network: &str| home.path().join(".offerd").join(network).join(SOCKET);
        let make = |network: &str| {
            std::fs::create_dir_all(socket(network).parent().unwrap()).unwrap();
            std::fs::write(socket(network), "").unwrap();
        };
        make("signet");
        assert_eq!(place.socket(), Ok(socket("signet")));
        make("regtest");
        assert!(place.socket().is_err());
        let place = Place { network: Some("regtest".into()), ..place };
        assert_eq!(place.socket(), Ok(socket("regtest")));
        assert!(Place::default().socket().is_err());
    }
}
