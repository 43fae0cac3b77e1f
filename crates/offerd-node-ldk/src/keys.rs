//! The node's keys: one seed of 24 words, and what is derived from it.
//!
//! | key | path from the BIP 32 master key |
//! |---|---|
//! | seed of the Lightning keys | `m/535'`, its private key as 32 bytes |
//! | on-chain wallet | `m/84'/coin'/0'` (BIP 84; coin 0 on the main chain, 1 elsewhere) |

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bip39::Mnemonic;
use bitcoin::bip32::{ChildNumber, Xpriv};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use bitcoin::{Network, NetworkKind};
use bolt1::PublicKey;
use lightning::sign::{KeysManager, NodeSigner, Recipient};

use crate::error::NodeError;
use crate::recovery::SeedWords;

/// The file's name in the network's data folder.
const FILE_NAME: &str = "seed";
/// Hardened child of the master key from which the Lightning keys come.
const LIGHTNING_CHILD: u32 = 535;

/// The secret key of our node id. Its `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NodeSecretKey(SecretKey);

impl NodeSecretKey {
    pub(crate) fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// The key itself: whoever has it is the node.
    pub fn expose(&self) -> SecretKey {
        self.0
    }
}

impl fmt::Debug for NodeSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeSecretKey(…)")
    }
}

/// What everything else is derived from.
pub(crate) struct Keys {
    /// Seed of the Lightning keys.
    pub(crate) lightning: [u8; 32],
    /// BIP 32 master key of the on-chain wallet.
    pub(crate) master: Xpriv,
    /// Whether the seed was made just now: then no coin of ours can be on the chain yet.
    pub(crate) fresh: bool,
}

impl Keys {
    /// Reads the seed file in `dir`, or makes it (24 words of BIP 39, mode 0600).
    pub(crate) fn load_or_create(dir: &Path, network: Network) -> Result<Self, NodeError> {
        let path = dir.join(FILE_NAME);
        let (mnemonic, fresh) = match read(&path)? {
            Some(mnemonic) => (mnemonic, false),
            None => (create(&path)?, true),
        };
        let keys = Self::derive(&mnemonic, network).map_err(|error| failed(&path, error))?;
        Ok(Self { fresh, ..keys })
    }

    /// Reads the seed file in `dir`, which must be there.
    pub(crate) fn load(dir: &Path, network: Network) -> Result<Self, NodeError> {
        let words = Self::read_words(dir)?;
        Self::derive(words.mnemonic(), network).map_err(|error| failed(&dir.join(FILE_NAME), error))
    }

    /// The words of the seed file in `dir`.
    pub(crate) fn read_words(dir: &Path) -> Result<SeedWords, NodeError> {
        let path = dir.join(FILE_NAME);
        read(&path)?.map(SeedWords::new).ok_or_else(|| failed(&path, "is missing"))
    }

    /// The node id that follows from the seed.
    pub(crate) fn node_id(&self) -> Result<PublicKey, NodeError> {
        // Nothing random is made with it, so the time may be any.
        let manager = KeysManager::new(&self.lightning, 0, 0, true);
        manager.get_node_id(Recipient::Node).map_err(|()| NodeError::Corrupt {
            what: "the seed",
            why: "it gives no node id".to_owned(),
        })
    }

    fn derive(mnemonic: &Mnemonic, network: Network) -> Result<Self, bitcoin::bip32::Error> {
        let secp = Secp256k1::new();
        let master = Xpriv::new_master(NetworkKind::from(network), &mnemonic.to_seed(""))?;
        let child = ChildNumber::from_hardened_idx(LIGHTNING_CHILD)?;
        let lightning = master.derive_priv(&secp, &[child])?.private_key.secret_bytes();
        Ok(Self { lightning, master, fresh: false })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// Whether there is a seed file in `dir`, and it is as it should be.
///
/// # Errors
/// [`NodeError::Seed`] when it cannot be read, can be read by others, or holds no phrase.
pub fn has_seed(dir: &Path) -> Result<bool, NodeError> {
    read(&dir.join(FILE_NAME)).map(|mnemonic| mnemonic.is_some())
}

fn failed(path: &Path, what: impl fmt::Display) -> NodeError {
    NodeError::Seed { path: PathBuf::from(path), what: what.to_string() }
}

/// A seed that others can read is no secret.
fn require_private(path: &Path) -> Result<(), NodeError> {
    let mode = fs::metadata(path).map_err(|error| failed(path, error))?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(failed(path, "others may read it: chmod 600 it")) }
}

fn read(path: &Path) -> Result<Option<Mnemonic>, NodeError> {
    match fs::read_to_string(path) {
        Ok(words) => {
            require_private(path)?;
            Mnemonic::from_str(words.trim())
                .map(Some)
                .map_err(|_| failed(path, "does not hold a BIP 39 phrase"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

/// The node id that follows from the seed in `dir`.
///
/// # Errors
/// When there is no seed there, or it cannot be read.
pub fn seed_node_id(dir: &Path, network: Network) -> Result<PublicKey, NodeError> {
    Keys::load(dir, network)?.node_id()
}

impl SeedWords {
    /// The node id that follows from these words.
    ///
    /// # Errors
    /// When no keys can be derived from them, which has a chance of next to nothing.
    pub fn node_id(&self, network: Network) -> Result<PublicKey, NodeError> {
        let keys = Keys::derive(self.mnemonic(), network)
            .map_err(|error| NodeError::Corrupt { what: "the seed", why: error.to_string() })?;
        keys.node_id()
    }
}

/// Writes the seed of a node that is to be restored into `dir`, for its owner alone, and returns the node's id.
///
/// # Errors
/// When there is a seed already, which is left alone, or the file cannot be written.
pub fn restore_seed(
    dir: &Path,
    network: Network,
    words: &SeedWords,
) -> Result<PublicKey, NodeError> {
    let path = dir.join(FILE_NAME);
    if path.exists() {
        return Err(failed(&path, "is there already: a seed is never replaced"));
    }
    let node_id = words.node_id(network)?;
    write_private(&path, &format!("{}\n", words.expose())).map_err(|error| failed(&path, error))?;
    Ok(node_id)
}

/// Makes a seed and writes it so that it is there, whole, after a crash.
fn create(path: &Path) -> Result<Mnemonic, NodeError> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|error| failed(path, error))?;
    let mnemonic = Mnemonic::from_entropy(&entropy).map_err(|error| failed(path, error))?;
    write_private(path, &format!("{mnemonic}\n")).map_err(|error| failed(path, error))?;
    Ok(mnemonic)
}

fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keys::load_or_create(dir.path(), Network::Regtest).unwrap();
        let second = Keys::load_or_create(dir.path(), Network::Regtest).unwrap();
        assert!(first.fresh && !second.fresh);
        assert_eq!(first.lightning, second.lightning);
        let path = dir.path().join(FILE_NAME);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap().split_whitespace().count(), 24);
    }

    #[test]
    fn a_seed_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        Keys::load_or_create(dir.path(), Network::Regtest).unwrap();
        let path = dir.path().join(FILE_NAME);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Keys::load_or_create(dir.path(), Network::Regtest).is_err());
    }

    #[test]
    fn a_damaged_seed_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        write_private(&path, "not a phrase").unwrap();
        assert!(Keys::load_or_create(dir.path(), Network::Regtest).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "not a phrase");
    }
}
