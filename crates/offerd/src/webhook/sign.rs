//! The signature by which a receiver knows that an event is ours.
//!
//! That of the Standard Webhooks specification 1.0: HMAC-SHA256 over `id.timestamp.body`, so that libraries for it can
//! be used by whoever writes a receiver.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::{Hash as _, HashEngine as _, Hmac, HmacEngine, sha256};
use bolt1::Timestamp;
use offerd_api::layout::WEBHOOK_SECRET;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// The fewest bytes of a secret, and the most.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Why there is no secret to sign with.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file has something else in it.
    #[error("{}: should be whsec_ and 24 to 64 bytes in base64; without the file, one is made", .0.display())]
    Misspelt(PathBuf),
}

/// The secret that receivers share with us. Debug does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The one in the data directory, where the operator reads it and may put another. Where there is none,
    /// it is this one from the seed, so that it is the same after a restore.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn in_dir(dir: &Path, of_seed: [u8; 32]) -> Result<Self, SecretError> {
        let path = dir.join(WEBHOOK_SECRET);
        match fs::read_to_string(&path) {
            Ok(text) => Self::read(text.trim()).ok_or(SecretError::Misspelt(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = Self(of_seed.to_vec());
                match write(&path, &secret.expose()) {
                    Ok(()) => Ok(secret),
                    Err(source) => Err(SecretError::File { path, source }),
                }
            }
            Err(source) => Err(SecretError::File { path, source }),
        }
    }

    /// From `whsec_…`.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// `whsec_…`, for the file and for receivers alone.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The value of `webhook-signature` for a message.
    pub fn signature(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mut engine = HmacEngine::<sha256::Hash>::new(&self.0);
        engine.input(format!("{id}.{}.", at.0).as_bytes());
        engine.input(body);
        format!("v1,{}", STANDARD.encode(Hmac::from_engine(engine).to_byte_array()))
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// The example of the Standard Webhooks specification, section "Verifying signatures" of its reference libraries.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature =
            secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", Timestamp(1_614_265_330), body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_secret_is_made_from_the_seed_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = Secret::in_dir(dir.path(), [1; 32]).unwrap();
        let path = dir.path().join(WEBHOOK_SECRET);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap().trim(), first.expose());
        // What the file says counts.
        assert_eq!(Secret::in_dir(dir.path(), [2; 32]).unwrap(), first);
        fs::remove_file(&path).unwrap();
        assert_eq!(Secret::in_dir(dir.path(), [1; 32]).unwrap(), first);
    }

    #[test]
    fn another_secret_can_be_put_there_if_it_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(WEBHOOK_SECRET);
        let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        fs::write(&path, own).unwrap();
        assert_eq!(Secret::in_dir(dir.path(), [1; 32]).unwrap().expose(), own);
        for bad in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
            fs::write(&path, bad).unwrap();
            let refused = Secret::in_dir(dir.path(), [1; 32]).unwrap_err();
            assert!(matches!(refused, SecretError::Misspelt(_)), "{bad}: {refused}");
            assert!(!format!("{refused:?}").contains("MfKQ"));
        }
    }
}
