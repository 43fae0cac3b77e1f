//! `--check`: would a daemon with this configuration start? Looks, and leaves everything as it was.

use std::fmt;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use offerd_api::layout::{DATABASE, SEED};
use offerd_node_ldk::{has_seed, probe_chain};
use offerd_store_sqlite::SqliteStore;

use crate::config::{Config, network_name};
use crate::http::TlsFiles;
use crate::instance::check_state;
use crate::lock::DirLock;

/// What was found out about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The thing, by the word that stands first in its line.
    pub about: &'static str,
    /// How it is, or what is wrong with it.
    pub verdict: Result<String, String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Ok(how) => write!(f, "{:<14} ok: {how}", self.about),
            Err(what) => write!(f, "{:<14} WRONG: {what}", self.about),
        }
    }
}

/// Looks at everything that a start needs, one thing after another.
pub async fn check(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |about, verdict| findings.push(Finding { about, verdict });
    found("configuration", Ok(configuration(config)));
    if let Some(file) = &config.log.file {
        found("log-file", log_file(file));
    }
    let (folder, in_use) = folder(&config.dir);
    let usable = folder.is_ok();
    found("folder", folder);
    if usable {
        found("seed", seed(&config.dir));
    }
    if in_use {
        found("database", Ok("not looked at while the folder is in use".to_owned()));
    } else {
        if usable {
            found("database", database(config));
        }
        found("listen", listen(config.listen));
        found("http-listen", http(config));
        found("pages-listen", listen(config.pages.as_ref().map(|door| door.address)));
    }
    found("chain", chain(config).await);
    findings
}

fn configuration(config: &Config) -> String {
    let network = network_name(config.network);
    match &config.file {
        Some(file) => format!("{network}, from {}", file.display()),
        None => format!("{network}, without a file"),
    }
}

fn log_file(file: &Path) -> Result<String, String> {
    let refuse = |error: io::Error| format!("{}: {error}", file.display());
    if file.exists() {
        fs::OpenOptions::new().append(true).open(file).map_err(refuse)?;
        return Ok(file.display().to_string());
    }
    let folder = file.parent().unwrap_or(Path::new("/"));
    writable(folder).map_err(refuse)?;
    Ok(format!("{}, to be made", file.display()))
}

/// How the folder is, and whether a daemon runs in it.
fn folder(dir: &Path) -> (Result<String, String>, bool) {
    let refuse = |error: io::Error| format!("{}: {error}", dir.display());
    let Some(existing) = dir.ancestors().find(|folder| folder.exists()) else {
        return (Err(format!("{}: no such folder", dir.display())), false);
    };
    if let Err(error) = writable(existing) {
        return (Err(refuse(error)), false);
    }
    if existing != dir {
        return (Ok(format!("{}, to be made", dir.display())), false);
    }
    match DirLock::holder(dir) {
        Ok(None) => (Ok(dir.display().to_string()), false),
        Ok(Some(pid)) => {
            (Ok(format!("{}, in use by an offerd (process {pid})", dir.display())), true)
        }
        Err(error) => (Err(error.to_string()), false),
    }
}

fn seed(dir: &Path) -> Result<String, String> {
    let path = dir.join(SEED);
    match has_seed(dir) {
        Ok(true) => Ok(path.display().to_string()),
        Ok(false) if dir.join(DATABASE).exists() => {
            let advice = "there is a database, but not the seed that belongs to it: put it back";
            Err(format!("{}: {advice}", path.display()))
        }
        Ok(false) => Ok(format!("{}, to be made", path.display())),
        Err(error) => Err(error.to_string()),
    }
}

fn database(config: &Config) -> Result<String, String> {
    let path = config.dir.join(DATABASE);
    if !path.exists() {
        return Ok(format!("{}, to be made", path.display()));
    }
    let store = SqliteStore::inspect(&path);
    let store = store.map_err(|error| format!("{}: {error}", path.display()))?;
    if let Some(store) = store {
        // Whether it could be claimed is the question, not that it is.
        let _ = check_state(&store, &path, config.told).map_err(|error| error.to_string())?;
    }
    Ok(path.display().to_string())
}

fn http(config: &Config) -> Result<String, String> {
    let tls = config.http.as_ref().and_then(|door| door.tls.as_ref());
    tls.map(TlsFiles::acceptor).transpose().map_err(|error| error.to_string())?;
    listen(config.http.as_ref().map(|door| door.address))
}

fn listen(address: Option<SocketAddr>) -> Result<String, String> {
    let Some(address) = address else { return Ok("nowhere".to_owned()) };
    match TcpListener::bind(address) {
        Ok(_) => Ok(address.to_string()),
        Err(error) => Err(format!("cannot listen at {address}: {error}")),
    }
}

async fn chain(config: &Config) -> Result<String, String> {
    let status = probe_chain(&config.chain, config.network).await;
    let status = status.map_err(|error| error.to_string())?;
    let syncing = if status.syncing { ", still catching up" } else { "" };
    Ok(format!("{}, height {}{syncing}", config.chain, status.height))
}

/// Whether files can be made in a folder: makes one and takes it away again.
fn writable(folder: &Path) -> io::Result<()> {
    let trial = folder.join(format!(".offerd-check-{}", std::process::id()));
    fs::OpenOptions::new().write(true).create_new(true).open(&trial)?;
    fs::remove_file(&trial)
}
