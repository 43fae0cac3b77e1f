//! `offerd restore`: puts a node that was lost into an empty directory, so that `offerd run` gets its funds back.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bitcoin::Network;
use clap::Args;
use offerd_api::layout::{DATABASE, DataDir, SEED};
use offerd_core::port::PortError;
use offerd_node_ldk::{NodeError, RecoveryFile, RecoveryFileError, SeedWords, restore_seed};
use offerd_store_sqlite::SqliteStore;

use crate::config::network_name;
use crate::driver::{Clock, SystemClock};
use crate::instance::{InstanceError, Told, check_state};
use crate::lock::{DirLock, LockError};
use crate::recover::{self, Kept, Lost, RecoverError};

/// What `offerd restore` is told.
#[derive(Args, Clone, Debug)]
pub struct RestoreArgs {
    /// The data directory to restore into; it must hold neither a seed nor a database.
    #[arg(long, visible_alias = "data-dir", value_name = "DIR", env = "OFFERD_DIR")]
    dir: Option<PathBuf>,
    /// regtest, signet, testnet or bitcoin; needed where there is no recovery file that says so.
    #[arg(long, value_name = "NETWORK", env = "OFFERD_NETWORK")]
    network: Option<String>,
    /// The recovery file. Without it the seed words are read from the standard input, and all blocks are looked
    /// through.
    #[arg(long, value_name = "FILE")]
    recovery_file: Option<PathBuf>,
    /// A copy of the database, made by `backup`: keeps offers, payouts and records.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Neither a data directory nor a home directory is known.
    #[error("--dir: must be given: there is no home directory")]
    NoHome,
    /// The network is not said, or not the file's.
    #[error("--network: {0}")]
    Network(String),
    /// The words cannot be used.
    #[error("seed words: {0}")]
    Words(String),
    /// Something is there already.
    #[error("{} is there already: restore into an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The recovery file cannot be used.
    #[error(transparent)]
    RecoveryFile(#[from] RecoveryFileError),
    /// The directory is not to be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] PortError),
    /// The database cannot be made this directory's own.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The recovery could not be begun.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The seed cannot be used or written.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// Restores, and says on the standard output what was done and what comes next.
///
/// # Errors
/// [`RestoreError`], a line for the person. What was written until then can be deleted, and the same be tried again.
pub fn restore(args: &RestoreArgs, home: Option<PathBuf>) -> Result<(), RestoreError> {
    let file = args.recovery_file.as_deref().map(RecoveryFile::read).transpose()?;
    let network = network(args.network.as_deref(), file.as_ref())?;
    let words = match &file {
        Some(file) => file.words.clone(),
        None => read_words()?,
    };
    let node_id = words.node_id(network)?;
    if file.as_ref().is_some_and(|file| file.node_id != node_id) {
        return Err(RestoreError::Words("are not those of the file's node_id".to_owned()));
    }
    let given = DataDir::find(args.dir.clone(), home).ok_or(RestoreError::NoHome)?;
    let dir = given.state(network_name(network));
    let dir = std::path::absolute(&dir).unwrap_or(dir);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
    made.map_err(at(&dir))?;
    let _lock = DirLock::take(&dir)?;
    let database = dir.join(DATABASE);
    for path in [&dir.join(SEED), &database] {
        if path.exists() {
            return Err(RestoreError::NotEmpty(path.clone()));
        }
    }
    if let Some(from) = &args.database {
        copy_private(from, &database)?;
    }
    let num_channels = file.as_ref().map(|file| file.channels.len());
    let store = SqliteStore::open(&database)?;
    let checked = check_state(&store, &database, Told::Recover)?;
    let kept = recover::begin(&store, Lost { node_id, network, file }, SystemClock.now())?;
    checked.claim(&store)?;
    // Last: with it the directory is complete.
    restore_seed(&dir, network, &words)?;
    let told = Restored { node_id: node_id.to_string(), dir, num_channels, kept };
    // Whoever called may not listen.
    let _ = writeln!(io::stdout(), "{}", told.text(args.database.is_some()));
    Ok(())
}

struct Restored {
    node_id: String,
    dir: PathBuf,
    num_channels: Option<usize>,
    kept: Kept,
}

impl Restored {
    fn text(&self, with_records: bool) -> String {
        let mut text = format!("node {} is restored in {}\n", self.node_id, self.dir.display());
        if with_records {
            text.push_str(&format!(
                "  {} open payouts are disabled: they may have been redeemed since the copy was made\n  {} \
                 payments stay pending: what became of them is not known\n",
                self.kept.disabled_payouts, self.kept.unknown_payments,
            ));
        }
        match self.num_channels {
            Some(count) => text.push_str(&format!("  {count} channels are to be closed by their peers\n")),
            None => text.push_str(
                "  without a recovery file: all blocks are looked through, and peers must be connected by hand\n",
            ),
        }
        text.push_str("Start it with `offerd run`; `offer-cli getinfo` shows how far it is.");
        text
    }
}

fn network(told: Option<&str>, file: Option<&RecoveryFile>) -> Result<Network, RestoreError> {
    let of_file = file.map(|file| file.network);
    let told = match told {
        None => None,
        Some("regtest") => Some(Network::Regtest),
        Some("signet") => Some(Network::Signet),
        Some("testnet") => Some(Network::Testnet),
        Some("bitcoin") => Some(Network::Bitcoin),
        Some(_) => {
            let expected = "should be regtest, signet, testnet or bitcoin";
            return Err(RestoreError::Network(expected.to_owned()));
        }
    };
    match (told, of_file) {
        (Some(told), Some(of_file)) if told != of_file => {
            Err(RestoreError::Network(format!("the recovery file is for {of_file}")))
        }
        (_, Some(network)) | (Some(network), None) => Ok(network),
        (None, None) => Err(RestoreError::Network("must be given".to_owned())),
    }
}

fn read_words() -> Result<SeedWords, RestoreError> {
    let unreadable = |error: io::Error| RestoreError::Words(error.to_string());
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        // A person sees at least that the cursor waits.
        let _ = write!(io::stderr(), "The seed words, in one line: ");
    }
    let mut line = String::new();
    input.read_line(&mut line).map_err(unreadable)?;
    line.parse().map_err(|error: &str| RestoreError::Words(error.to_owned()))
}

/// Copies a file to where none is, for its owner alone.
fn copy_private(from: &Path, to: &Path) -> Result<(), RestoreError> {
    let mut source = File::open(from).map_err(at(from))?;
    let mut copy = || -> io::Result<()> {
        let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        io::copy(&mut source, &mut target)?;
        target.sync_all()
    };
    copy().map_err(|source| {
        // Half a copy is none.
        let _ = fs::remove_file(to);
        RestoreError::File { path: to.to_owned(), source }
    })
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> RestoreError {
    let path = path.to_owned();
    move |source| RestoreError::File { path, source }
}
