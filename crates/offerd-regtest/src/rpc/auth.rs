//! Who may call: HTTP basic authentication by a password, by a cookie file, or by either.

use std::io::Write;
use std::path::{Path, PathBuf};

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::cmp::fixed_time_eq;
use bitcoin::hashes::{Hash, sha256};
use tempfile::NamedTempFile;

/// The user name in a cookie file, as bitcoind writes it.
const COOKIE_USER: &str = "__cookie__";

/// Digests of the credentials that are let in.
pub(super) struct Gate {
    accepted: Vec<[u8; 32]>,
}

impl Gate {
    /// Lets in whoever presents one of `credentials`, each a `user:password`.
    pub(super) fn new<'a>(credentials: impl IntoIterator<Item = &'a str>) -> Self {
        Self { accepted: credentials.into_iter().map(|one| digest(one.as_bytes())).collect() }
    }

    /// Whether a request's `Authorization` header is good. Takes the same time for any credentials.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(presented) = credentials(headers) else { return false };
        let presented = digest(&presented);
        self.accepted
            .iter()
            .fold(false, |admitted, accepted| fixed_time_eq(accepted, &presented) | admitted)
    }
}

fn credentials(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    STANDARD.decode(encoded.trim()).ok()
}

fn digest(credentials: &[u8]) -> [u8; 32] {
    sha256::Hash::hash(credentials).to_byte_array()
}

/// A cookie file with a fresh secret, readable by its owner alone and removed with this value.
pub(super) struct Cookie {
    path: PathBuf,
    content: String,
}

impl Cookie {
    /// Writes the file, in place of one that may be left over.
    pub(super) fn write(path: &Path) -> std::io::Result<Self> {
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|error| std::io::Error::other(error.to_string()))?;
        let content = format!("{COOKIE_USER}:{}", hex::encode(secret));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Temporary files have mode 0600; renaming one never shows a half-written cookie.
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(content.as_bytes())?;
        file.persist(path)?;
        Ok(Self { path: path.to_owned(), content })
    }

    /// The line in the file, `user:password`.
    pub(super) fn credentials(&self) -> &str {
        &self.content
    }
}

impl Drop for Cookie {
    fn drop(&mut self) {
        let is_ours = std::fs::read(&self.path).is_ok_and(|found| found == self.content.as_bytes());
        if is_ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cookie file not removed");
        }
    }
}
