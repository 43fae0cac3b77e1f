//! Connections below the handshake.

use std::io;
use std::net::{SocketAddr, TcpStream as StdStream};
use std::time::Duration;

use tokio::net::TcpStream;

/// How long a call may ring.
const RING: Duration = Duration::from_secs(10);

/// Calls. `None` when nobody answers.
pub(crate) async fn call(address: SocketAddr) -> Option<StdStream> {
    let stream = tokio::time::timeout(RING, TcpStream::connect(address)).await.ok()?.ok()?;
    prepare(stream).ok()
}

/// A connection that sends at once what it is given. A channel is brought forward by small messages, of which the peer
/// answers the last: where the system waits with the last until the first has been acknowledged, each step of a
/// payment takes 40 ms longer.
pub(crate) fn prepare(stream: TcpStream) -> io::Result<StdStream> {
    stream.set_nodelay(true)?;
    stream.into_std()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn what_is_said_is_sent_at_once_by_caller_and_called() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (called, caller) = tokio::join!(listener.accept(), call(address));
        let called = prepare(called.unwrap().0).unwrap();
        for stream in [called, caller.unwrap()] {
            assert!(stream.nodelay().unwrap());
        }
        drop(listener);
        assert!(call(address).await.is_none());
    }
}
