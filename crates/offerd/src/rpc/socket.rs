//! The unix socket `offerd-rpc`: connections, each with its requests and replies.
//!
//! What a request means does not live here: it is handed to [`Calls`].

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use offerd_api::{ErrorObject, code};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::carry::carry_out;
use super::filter::Template;
use super::frame::Frames;
use super::notices;
use super::request::{Request, reply};
use crate::driver::progress::heard_by;
use crate::shutdown::Shutdown;

/// Connections at a time; one more is told so and closed.
const MAX_CONNECTIONS: usize = 256;
/// Requests of one connection that are carried out at a time; the next ones wait.
const MAX_RUNNING: usize = 32;
/// How long a client may take to accept a reply.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// Whoever carries out calls.
#[async_trait]
pub trait Calls: Send + Sync + 'static {
    /// Carries out one call. Dropped when the caller hangs up: what must go on then goes on in a task of its own.
    ///
    /// # Errors
    /// What to tell the caller.
    async fn call(&self, method: &str, params: Option<&RawValue>) -> Result<Value, ErrorObject>;
}

/// The socket, bound and waiting.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Binds `path`, for its owner alone. What a daemon left behind there is replaced: the caller holds the lock on
    /// the directory.
    ///
    /// # Errors
    /// When it cannot be bound; the path may be too long for a socket.
    pub fn bind(path: &Path) -> io::Result<Self> {
        // Under another name first, so that nobody can connect before the mode is set.
        let fresh = path.with_extension("new");
        remove(&fresh)?;
        let listener = UnixListener::bind(&fresh)?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&fresh, path)?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Serves until `shutdown` is requested, and then until running calls are answered or given up. Removes the
    /// socket at the end.
    pub async fn serve(self, calls: Arc<dyn Calls>, shutdown: Shutdown) {
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let stream = tokio::select! {
                () = shutdown.requested() => break,
                _ = connections.join_next(), if !connections.is_empty() => continue,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "no connection could be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                connections.spawn(refuse(stream));
                continue;
            };
            let (calls, shutdown) = (Arc::clone(&calls), shutdown.clone());
            connections.spawn(async move {
                serve_connection(stream, calls, shutdown).await;
                drop(place);
            });
        }
        let _ = remove(&self.path);
        while connections.join_next().await.is_some() {}
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn refuse(mut stream: UnixStream) {
    let error = ErrorObject::new(code::GENERAL, "too many connections");
    let write = stream.write_all(&reply("null", &Err(error))).await;
    drop(write);
}

/// One connection: replies go out in the order in which calls end.
async fn serve_connection(stream: UnixStream, calls: Arc<dyn Calls>, shutdown: Shutdown) {
    let Ok(client) = Client::of(&stream) else {
        tracing::warn!("a connection could not be watched");
        return;
    };
    let (read, write) = stream.into_split();
    let (replies, outgoing) = mpsc::channel(MAX_RUNNING);
    let writer = tokio::spawn(write_replies(write, outgoing));
    let running = Arc::new(Semaphore::new(MAX_RUNNING));
    let (client, wishes) = (Arc::new(client), Arc::default());
    let connection = Connection { calls, shutdown, replies, running, client, wishes };
    connection.read_requests(read).await;
    drop(connection);
    let _ = writer.await;
}

/// Writes until every sender is gone, or the client does not take its replies.
async fn write_replies(mut write: OwnedWriteHalf, mut outgoing: mpsc::Receiver<Vec<u8>>) {
    while let Some(reply) = outgoing.recv().await {
        match tokio::time::timeout(WRITE_PATIENCE, write.write_all(&reply)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// The other end of a connection, watched through a descriptor of its own.
struct Client(UnixStream);

impl Client {
    fn of(stream: &UnixStream) -> io::Result<Self> {
        let descriptor = stream.as_fd().try_clone_to_owned()?;
        UnixStream::from_std(descriptor.into()).map(Self)
    }

    /// Waits until it is gone for good. One that has only finished sending still reads.
    async fn gone(&self) {
        while let Ok(ready) = self.0.ready(Interest::WRITABLE).await {
            if ready.is_write_closed() {
                return;
            }
            // Nothing is written here: wait for the next change.
            let blocked = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
            let _ = self.0.try_io(Interest::WRITABLE, blocked);
        }
    }
}

struct Connection {
    client: Arc<Client>,
    calls: Arc<dyn Calls>,
    shutdown: Shutdown,
    replies: mpsc::Sender<Vec<u8>>,
    running: Arc<Semaphore>,
    /// Whether the client wants to be told of what is tried while its calls go on.
    wishes: Arc<AtomicBool>,
}

impl Connection {
    async fn read_requests(&self, mut read: OwnedReadHalf) {
        let mut frames = Frames::default();
        let mut piece = vec![0; 16 * 1024];
        loop {
            let length = tokio::select! {
                () = self.shutdown.requested() => return,
                () = self.replies.closed() => return,
                length = read.read(&mut piece) => length.unwrap_or(0),
            };
            frames.push(piece.get(..length).unwrap_or_default());
            loop {
                match frames.next_request() {
                    Ok(Some(frame)) => {
                        if !self.take(frame).await {
                            return;
                        }
                    }
                    Ok(None) => break,
                    Err(broken) => return self.give_up(&broken.to_string()).await,
                }
            }
            if length == 0 {
                if !frames.is_empty() {
                    self.give_up("the request has no end").await;
                }
                return;
            }
        }
    }

    async fn give_up(&self, why: &str) {
        let error = ErrorObject::new(code::PARSE_ERROR, why);
        let _ = self.replies.send(reply("null", &Err(error))).await;
    }

    /// Begins one request. `false` when the connection cannot go on.
    async fn take(&self, frame: Vec<u8>) -> bool {
        if let Err(malformed) = Request::read(&frame) {
            let _ = self.replies.send(malformed.reply()).await;
            return !malformed.fatal;
        }
        let Ok(place) = Arc::clone(&self.running).acquire_owned().await else { return false };
        let (calls, shutdown) = (Arc::clone(&self.calls), self.shutdown.clone());
        let (replies, client) = (self.replies.clone(), Arc::clone(&self.client));
        let listener = notices::asked(&self.wishes, &frame, &self.replies);
        tokio::spawn(async move {
            tokio::select! {
                // First, so that what a client sends before it hangs up is begun.
                biased;
                reply = heard_by(listener, answer(&*calls, &frame, &shutdown)) => {
                    let _ = replies.send(reply).await;
                }
                () = client.gone() => {}
            }
            drop(place);
        });
        true
    }
}

/// The reply to a request that was found to be one.
async fn answer(calls: &dyn Calls, frame: &[u8], shutdown: &Shutdown) -> Vec<u8> {
    let request = match Request::read(frame) {
        Ok(request) => request,
        Err(malformed) => return malformed.reply(),
    };
    let filter = match request.filter.map(read_filter).transpose() {
        Ok(filter) => filter,
        Err(error) => return reply(request.id, &Err(error)),
    };
    let outcome = carry_out(calls, &request.method, request.params, shutdown).await;
    let outcome = outcome.map(|result| match &filter {
        Some(filter) => filter.apply(result),
        None => result,
    });
    reply(request.id, &outcome)
}

fn read_filter(raw: &RawValue) -> Result<Template, ErrorObject> {
    let template =
        serde_json::from_str(raw.get()).map_err(|error| ErrorObject::parameter("filter", error))?;
    Template::read(template).map_err(|expected| ErrorObject::parameter("filter", expected))
}

#[cfg(test)]
mod tests;
