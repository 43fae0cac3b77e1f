//! The recovery file: everything besides the chain that is needed to get funds back.
//!
//! JSON, so that a person can read it. `docs/restore.md` describes it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bip39::Mnemonic;
use bitcoin::{Network, OutPoint, Txid};
use bolt1::PublicKey;
use serde::{Deserialize, Serialize};

/// The version that this program writes and reads.
const VERSION: u32 = 1;
/// What the file says of itself.
const ABOUT: &str = "Recovery file of an offerd node. Whoever has these words has its coins: keep the file as \
                     safe as the coins. See docs/restore.md.";

/// A recovery file's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryFile {
    /// What the file is, for whoever finds it.
    #[serde(default)]
    about: String,
    /// Version of the format.
    version: u32,
    /// The chain.
    pub network: Network,
    /// Our node id, 33-byte compressed point. It follows from the words.
    #[serde(with = "as_text")]
    pub node_id: PublicKey,
    /// The seed.
    pub words: SeedWords,
    /// Blocks up to this height hold nothing of ours.
    pub birth_height: u32,
    /// How many addresses of the wallet were given out.
    #[serde(default)]
    pub addresses: AddressCounts,
    /// Peers we have channels with.
    pub peers: Vec<PeerEntry>,
    /// Channels that hold funds, being opened or closed ones too.
    pub channels: Vec<ChannelEntry>,
}

/// How many addresses of the wallet were given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressCounts {
    /// To others, `m/84'/coin'/0'/0/…`.
    pub external: u32,
    /// For change, `m/84'/coin'/0'/1/…`.
    pub internal: u32,
}

/// A peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerEntry {
    /// Its node id.
    #[serde(with = "as_text")]
    pub id: PublicKey,
    /// Where it was reached or says that it is, `host:port`, best first.
    pub addresses: Vec<String>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelEntry {
    /// The other end.
    #[serde(with = "as_text")]
    pub peer: PublicKey,
    /// Its id, 32 bytes in hexadecimal.
    pub channel_id: String,
    /// The transaction that funds it.
    pub funding_txid: Txid,
    /// Which of its outputs does.
    pub funding_output: u32,
    /// What is in it, both sides together, in sat.
    pub capacity_sat: u64,
    /// `anchors` or `static_remotekey` (BOLT 3): what our output looks like when the peer closes.
    pub channel_type: String,
    /// Whether we opened it.
    pub opened_by_us: bool,
}

impl ChannelEntry {
    /// The output that holds its funds.
    pub fn funding(&self) -> OutPoint {
        OutPoint { txid: self.funding_txid, vout: self.funding_output }
    }
}

/// The seed as words of BIP 39. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SeedWords(Mnemonic);

impl SeedWords {
    pub(crate) fn new(mnemonic: Mnemonic) -> Self {
        Self(mnemonic)
    }

    pub(crate) fn mnemonic(&self) -> &Mnemonic {
        &self.0
    }

    /// The words themselves, separated by spaces: whoever has them has the coins.
    pub fn expose(&self) -> String {
        self.0.to_string()
    }
}

impl FromStr for SeedWords {
    type Err = &'static str;

    /// Reads 12 to 24 words of the English list, checksum included.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The library's own error may name a word.
        Mnemonic::from_str(text.trim()).map(Self).map_err(
            |_| "should be 12 to 24 words of BIP 39, in their order; one is missing or mistyped",
        )
    }
}

impl TryFrom<String> for SeedWords {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SeedWords> for String {
    fn from(words: SeedWords) -> Self {
        words.expose()
    }
}

impl fmt::Debug for SeedWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeedWords(…)")
    }
}

/// Why a recovery file is not to be had, or not written.
#[derive(Debug, thiserror::Error)]
#[error("recovery file {}: {what}", path.display())]
pub struct RecoveryFileError {
    /// Which file.
    pub path: PathBuf,
    /// What about it; never its content.
    pub what: String,
}

fn failed(path: &Path, what: impl fmt::Display) -> RecoveryFileError {
    RecoveryFileError { path: path.to_owned(), what: what.to_string() }
}

impl RecoveryFile {
    /// A file for this node, without addresses, peers and channels.
    pub(crate) fn new(network: Network, node_id: PublicKey, words: SeedWords) -> Self {
        Self {
            about: ABOUT.to_owned(),
            version: VERSION,
            network,
            node_id,
            words,
            birth_height: 0,
            addresses: AddressCounts::default(),
            peers: Vec::new(),
            channels: Vec::new(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is none, or is of a newer version.
    pub fn read(path: &Path) -> Result<Self, RecoveryFileError> {
        let text = fs::read_to_string(path).map_err(|error| failed(path, error))?;
        let version: Version = serde_json::from_str(&text)
            .map_err(|error| failed(path, format!("is no recovery file: {error}")))?;
        if version.version != VERSION {
            let what = format!(
                "is of version {}, this program knows {VERSION}: use a newer one",
                version.version
            );
            return Err(failed(path, what));
        }
        serde_json::from_str(&text)
            .map_err(|error| failed(path, format!("is no recovery file: {error}")))
    }

    /// Writes the file where none is, readable by its owner alone, and on disk when it returns.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<(), RecoveryFileError> {
        self.write_to(path, OpenOptions::new().write(true).create_new(true))
            .and_then(|()| sync_folder(path))
            .map_err(|error| failed(path, error))
    }

    /// Writes the file in the place of the one that is there: a reader finds either the old or the new, whole.
    ///
    /// # Errors
    /// When it cannot be written; the old one is still there.
    pub(crate) fn replace(&self, path: &Path) -> Result<(), RecoveryFileError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let unfinished = path.with_file_name(name);
        let replace = || {
            match fs::remove_file(&unfinished) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            self.write_to(&unfinished, OpenOptions::new().write(true).create_new(true))?;
            fs::rename(&unfinished, path)?;
            sync_folder(path)
        };
        replace().map_err(|error| failed(path, error))
    }

    fn write_to(&self, path: &Path, options: &mut OpenOptions) -> io::Result<()> {
        let mut file = options.mode(0o600).open(path)?;
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    }
}

/// The name of a file is in its folder, which is written by itself.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Read first: what else is in the file depends on it.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What has a text form of its own.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const WORDS: &str =
        "legal winner thank year wave sausage worth useful legal winner thank yellow";

    fn sample() -> RecoveryFile {
        let id = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
        let mut file =
            RecoveryFile::new(Network::Regtest, id.parse().unwrap(), WORDS.parse().unwrap());
        file.channels.push(ChannelEntry {
            peer: id.parse().unwrap(),
            channel_id: "00".repeat(32),
            funding_txid: "11".repeat(32).parse().unwrap(),
            funding_output: 1,
            capacity_sat: 1_000_000,
            channel_type: "anchors".to_owned(),
            opened_by_us: true,
        });
        file
    }

    #[test]
    fn what_is_written_is_read_again_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("recovery.json");
        sample().write_new(&path).unwrap();
        assert_eq!(RecoveryFile::read(&path).unwrap(), sample());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = sample().write_new(&path).unwrap_err();
        assert!(refused.to_string().contains("exists"), "{refused}");
        let mut other = sample();
        other.channels.clear();
        other.replace(&path).unwrap();
        assert_eq!(RecoveryFile::read(&path).unwrap(), other);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_words_are_not_shown_by_accident() {
        assert!(!format!("{:?}", sample()).contains("winner"));
        let refused = "legal winner thank".parse::<SeedWords>().unwrap_err();
        assert!(!refused.contains("winner"));
    }

    #[test]
    fn what_is_no_recovery_file_is_named_and_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("recovery.json");
        let good = serde_json::to_value(sample()).unwrap();
        let with = |key: &str, value: serde_json::Value| {
            let mut bad = good.clone();
            bad[key] = value;
            bad.to_string()
        };
        let typo = WORDS.replace("yellow", "yelow");
        for (text, told) in [
            ("nonsense".to_owned(), "is no recovery file"),
            ("{}".to_owned(), "missing field `version`"),
            (with("version", 2.into()), "is of version 2"),
            (with("words", typo.into()), "12 to 24 words"),
            (with("node_id", "02".into()), "is no recovery file"),
            (with("channels", 7.into()), "is no recovery file"),
        ] {
            fs::write(&path, &text).unwrap();
            let refused = RecoveryFile::read(&path).unwrap_err().to_string();
            assert!(refused.contains(told) && !refused.contains("winner"), "{refused}");
        }
    }
}
