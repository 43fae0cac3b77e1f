//! One reply, within bounds of time and size.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bolt1::Timestamp;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Url};

use crate::client::{cause, client};
use crate::read::ReadError;
use crate::source::Place;

/// Most bytes of a reply. The longest of the built-in sources sends about 3 000.
const MOST_BYTES: usize = 256 * 1024;
/// Most redirections that are followed.
const MOST_REDIRECTS: usize = 3;

/// A proxy through which all sources are asked: `socks5h://…`, `socks5://…` or `http://…`.
#[derive(Clone, Debug)]
pub struct Proxy(reqwest::Proxy);

/// Why a text names no proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no proxy: should be like socks5h://127.0.0.1:9050")]
pub struct ProxyError(String);

impl std::str::FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let error = || ProxyError(text.to_owned());
        let is_known =
            ["socks5h://", "socks5://", "http://"].iter().any(|scheme| text.starts_with(scheme));
        if !is_known {
            return Err(error());
        }
        reqwest::Proxy::all(text).map(Self).map_err(|_| error())
    }
}

/// What a source sent, and of when it is if that is not now.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) written_at: Option<Timestamp>,
}

/// Gets replies.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    client: Client,
    timeout: Duration,
}

impl Fetcher {
    /// A fetcher that gives each source `timeout` from beginning to end.
    pub(crate) fn new(timeout: Duration, proxy: Option<Proxy>) -> Result<Self, reqwest::Error> {
        let builder = client(timeout).redirect(Policy::custom(follow));
        let builder = match proxy {
            Some(Proxy(proxy)) => builder.proxy(proxy),
            None => builder,
        };
        Ok(Self { client: builder.build()?, timeout })
    }

    pub(crate) async fn get(&self, place: Place) -> Result<Reply, ReadError> {
        match place {
            Place::Http(url) => self.over_http(url).await,
            Place::File(path) => read_file(&path).await.map_err(|error| ReadError::File {
                path: path.display().to_string(),
                why: error.to_string(),
            }),
        }
    }

    async fn over_http(&self, url: Url) -> Result<Reply, ReadError> {
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                ReadError::Timeout(self.timeout.as_secs())
            } else if error.is_redirect() {
                ReadError::Redirect
            } else {
                ReadError::Unreachable(cause(error))
            }
        };
        let mut response = self.client.get(url).send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(ReadError::Status(response.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(ReadError::TooLong(MOST_BYTES));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Reply { bytes, written_at: None })
    }
}

fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let began_over_tls = attempt.previous().first().is_some_and(|first| first.scheme() == "https");
    let leaves_tls = began_over_tls && attempt.url().scheme() != "https";
    if leaves_tls || attempt.previous().len() > MOST_REDIRECTS {
        attempt.error("not followed")
    } else {
        attempt.follow()
    }
}

/// A file says what was true when it was written.
async fn read_file(path: &std::path::Path) -> std::io::Result<Reply> {
    use tokio::io::AsyncReadExt;

    let file = tokio::fs::File::open(path).await?;
    let metadata = file.metadata().await?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    let written = metadata.modified().unwrap_or_else(|_| SystemTime::now());
    let since_1970 = written.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).await?;
    if bytes.len() > MOST_BYTES {
        return Err(std::io::Error::other(format!("more than {MOST_BYTES} bytes")));
    }
    Ok(Reply { bytes, written_at: Some(Timestamp(since_1970.as_secs())) })
}
