//! Where a daemon's files are: the same rule for `offerd` and `offer-cli`.
//!
//! Given by hand, a directory is taken as it is: its socket is `DIR/offerd-rpc`. The default directory holds one
//! folder for each network: `~/.offerd/regtest/offerd-rpc`.

use std::path::{Path, PathBuf};

/// The name of the JSON-RPC socket.
pub const SOCKET: &str = "offerd-rpc";
/// The name of the database.
pub const DATABASE: &str = "offerd.sqlite3";
/// The name of the seed, the one file that must never be lost or shown.
pub const SEED: &str = "seed";
/// The name of the recovery file, in a data directory and in a copy: it holds the seed words.
pub const RECOVERY_FILE: &str = "recovery.json";
/// The name of the file that is locked while a daemon uses the directory.
pub const LOCK: &str = "lock";
/// The name of the configuration file.
pub const CONFIG: &str = "offerd.toml";
/// The name of the file with the secret that events for webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "webhook-secret";
/// The default directory's name in the home directory.
pub const DEFAULT_DIR: &str = ".offerd";

/// The names of the networks, as the configuration spells them.
pub const NETWORKS: [&str; 4] = ["regtest", "signet", "testnet", "bitcoin"];

/// A data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataDir {
    /// Given by hand: everything is directly in it.
    Given(PathBuf),
    /// The default one: a folder for each network in it.
    Default(PathBuf),
}

impl DataDir {
    /// The directory given by hand, or else the one in the home directory. `None` when neither is known.
    pub fn find(given: Option<PathBuf>, home: Option<PathBuf>) -> Option<Self> {
        given.map(Self::Given).or_else(|| home.map(|home| Self::Default(home.join(DEFAULT_DIR))))
    }

    /// Where the configuration file is.
    pub fn config_file(&self) -> PathBuf {
        match self {
            Self::Given(dir) | Self::Default(dir) => dir.join(CONFIG),
        }
    }

    /// Where everything of one network is.
    pub fn state(&self, network: &str) -> PathBuf {
        match self {
            Self::Given(dir) => dir.clone(),
            Self::Default(dir) => dir.join(network),
        }
    }

    /// The sockets that exist in it, for any network.
    pub fn sockets(&self) -> Vec<PathBuf> {
        let mut sockets: Vec<PathBuf> =
            NETWORKS.iter().map(|network| self.state(network).join(SOCKET)).collect();
        sockets.dedup();
        sockets.retain(|socket| Path::exists(socket));
        sockets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_given_by_hand_has_no_folder_for_the_network() {
        let given = DataDir::find(Some("D/shop".into()), Some("/home/a".into())).unwrap();
        assert_eq!(given.state("regtest"), PathBuf::from("D/shop"));
        let default = DataDir::find(None, Some("/home/a".into())).unwrap();
        assert_eq!(default.state("regtest"), PathBuf::from("/home/a/.offerd/regtest"));
        assert_eq!(default.config_file(), PathBuf::from("/home/a/.offerd/offerd.toml"));
        assert_eq!(DataDir::find(None, None), None);
    }
}
