//! A mark in the store while the node is told by a server what happens.
//!
//! A server's answers come one after the other: first that there is a new block, then what is in it for us. State that
//! was written in between is put right by asking the same way again, but not by reading the blocks that follow. So
//! nobody reads blocks until the node has ended between two looks at a server.

use offerd_core::port::PortError;

use super::{ChainSource, Feed};
use crate::error::NodeError;
use crate::persist::Store;

const SPACE: (&str, &str) = ("chain", "");
const KEY: &str = "asked";

/// Sets the mark where the source is a server; refuses one of whole blocks while the mark is there.
pub(crate) fn begin(store: &Store, source: &dyn ChainSource) -> Result<(), NodeError> {
    match source.feed() {
        Feed::Transactions(_) => Ok(store.write(SPACE, KEY, source.name().as_bytes())?),
        Feed::Blocks(_) => match store.read(SPACE, KEY)? {
            None => Ok(()),
            Some(name) => {
                let name = String::from_utf8_lossy(&name).escape_debug().to_string();
                Err(NodeError::Chain(format!(
                    "the node last asked {name} and did not end properly: start it with that once more, wait until \
                     getinfo has no warning_bitcoind_sync, and stop it before another source is used"
                )))
            }
        },
    }
}

/// Takes the mark away: everything is written, and was written between two looks.
pub(crate) fn end(store: &Store) -> Result<(), PortError> {
    match store.read(SPACE, KEY)? {
        Some(_) => store.remove(SPACE, KEY),
        None => Ok(()),
    }
}
