//! What the service manager is told: that we are ready, what we are at, that we are ending.
//!
//! systemd's protocol for `Type=notify`: datagrams of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names, a
//! path or, with `@` in front, a name without a file. Without the variable nobody is told anything.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The environment variable that names the socket.
const VARIABLE: &str = "NOTIFY_SOCKET";

/// Whoever started us and wants to know how we do. May be nobody.
#[derive(Debug)]
pub struct Supervisor(Option<(UnixDatagram, SocketAddr)>);

impl Supervisor {
    /// The one that the environment names. One that cannot be reached is logged, and told nothing.
    pub fn of_environment() -> Self {
        Self::at(std::env::var_os(VARIABLE))
    }

    fn at(name: Option<OsString>) -> Self {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Self(None) };
        match address(&name).and_then(|address| Ok((UnixDatagram::unbound()?, address))) {
            Ok(reached) => Self(Some(reached)),
            Err(error) => {
                tracing::warn!(%error, socket = ?name, "{VARIABLE} cannot be used");
                Self(None)
            }
        }
    }

    /// We can be used from now on.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", line(status)));
    }

    /// What we are at, in a line for people.
    pub fn status(&self, status: &str) {
        self.tell(&format!("STATUS={}", line(status)));
    }

    /// We have begun to end.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=stopping");
    }

    fn tell(&self, message: &str) {
        if let Some((socket, address)) = &self.0
            && let Err(error) = socket.send_to_addr(message.as_bytes(), address)
        {
            tracing::warn!(%error, "the service manager was not told");
        }
    }
}

fn address(name: &OsString) -> io::Result<SocketAddr> {
    match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    }
}

/// Text in one line: a line break would begin the next message.
fn line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut message = [0; 256];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..length]).into_owned()
    }

    #[test]
    fn it_is_told_over_a_socket_with_a_file_or_without_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let abstract_name = format!("offerd-test-{}", std::process::id());
        let hidden = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        for (socket, name) in [
            (UnixDatagram::bind(&path).unwrap(), path.clone().into_os_string()),
            (UnixDatagram::bind_addr(&hidden).unwrap(), format!("@{abstract_name}").into()),
        ] {
            let supervisor = Supervisor::at(Some(name));
            supervisor.status("looking for the chain");
            supervisor.ready("answering\nREADY=0");
            supervisor.stopping();
            assert_eq!(heard(&socket), "STATUS=looking for the chain");
            assert_eq!(heard(&socket), "READY=1\nSTATUS=answering READY=0");
            assert_eq!(heard(&socket), "STOPPING=1\nSTATUS=stopping");
        }
    }

    #[test]
    fn without_a_service_manager_nothing_happens() {
        for name in [None, Some(""), Some("/nonexistent/notify")] {
            let supervisor = Supervisor::at(name.map(OsString::from));
            supervisor.ready("answering");
            supervisor.stopping();
        }
    }
}
