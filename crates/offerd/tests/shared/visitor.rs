//! A browser without script at a door of a daemon: pages, forms and one cookie, over a socket.
#![allow(dead_code, reason = "shared: not every test uses all of it")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Longer than anybody should wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whoever asks at one door.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    host: String,
    cookie: String,
}

/// An address of this machine that nobody uses now.
pub(crate) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

impl Visitor {
    pub(crate) fn at(host: &str) -> Self {
        Self { host: host.to_owned(), cookie: String::new() }
    }

    /// At the customer's screen, with a rune.
    pub(crate) fn signed_in(host: &str, rune: &str) -> Self {
        let answer = Self::at(host).post("/sign-in", &[("rune", rune)]);
        let set = header(&answer, "set-cookie").unwrap_or_else(|| panic!("{answer}"));
        Self { cookie: set.split(';').next().unwrap().to_owned(), ..Self::at(host) }
    }

    /// Connects and asks; the answer is still to be read.
    pub(crate) fn ask(&self, verb: &str, path: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let Self { host, cookie } = self;
        let head = format!(
            "{verb} {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// The whole answer, headers included.
    pub(crate) fn get(&self, path: &str) -> String {
        read(self.ask("GET", path, ""))
    }

    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        read(self.ask("POST", path, &body))
    }

    /// Fills in the form on a page, whose hidden fields go with it, and sends it.
    pub(crate) fn submit(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> String {
        assert!(page.contains(&format!("action=\"{path}\"")), "{path}: {page}");
        let hidden = ["token", "code", "label"].map(|name| (name, hidden(page, name)));
        let hidden = hidden.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let fields: Vec<_> = fields.iter().copied().chain(hidden).collect();
        self.post(path, &fields)
    }
}

fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A header of an answer.
pub(crate) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = answer.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("<input type=\"hidden\" name=\"{name}\" value=\""))?;
    Some(rest.split('"').next()?.to_owned())
}
