//! Payments of others that went through us, each counted once.
//!
//! The crate tells of each by an event without any id, and offers the event again after a crash unless it was written
//! down that it has been handled. So what is to be kept of it goes to disk in the same transaction as the first
//! channel manager that does not hold the event any more: either both are there, or the event comes again.
//!
//! The crate drops events some moments after they were handled, all that it has handed over in one go. Until then the
//! manager must not be written ([`Forwards::settled`]).

use std::fmt;
use std::sync::{Arc, Mutex};

use bitcoin::hex::FromHex;
use bolt1::{Msat, Timestamp};
use offerd_core::audit::{ForwardBook, Forwarded};
use offerd_core::port::{Page, PortError};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex as Gate, MutexGuard, OwnedMutexGuard};

use crate::locks::lock;
use crate::persist::Store;

/// Where they are: by their numbers, each written once.
pub(crate) const SPACE: (&str, &str) = ("books", "forwards");

/// A payment that went through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Forward {
    /// Seconds since 1970: when we heard of it.
    pub(crate) at: u64,
    /// The channel it came by, where the crate knows.
    pub(crate) came_by: Option<String>,
    /// The channel it went by.
    pub(crate) went_by: Option<String>,
    /// What went on.
    pub(crate) amount_msat: Option<u64>,
    /// What stayed with us; not known where the claim is made on the chain.
    pub(crate) fee_msat: Option<u64>,
}

/// All of them.
pub(crate) struct Forwards {
    /// Held while the crate may still hold an event that was noted.
    gate: Arc<Gate<()>>,
    held: Mutex<Option<OwnedMutexGuard<()>>>,
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    /// Noted, and not on disk.
    noted: Vec<Forward>,
    /// The number of the next that goes to disk.
    next: u64,
    /// Those on disk in sum.
    kept: ForwardBook,
}

impl fmt::Debug for Forwards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwards").field("book", &self.book).finish_non_exhaustive()
    }
}

impl Forwards {
    /// Reads what was kept.
    pub(crate) fn open(store: &Store) -> Result<Self, PortError> {
        let mut book = Book { noted: Vec::new(), next: 0, kept: ForwardBook::default() };
        for key in store.list(SPACE)? {
            let number: u64 = key.parse().map_err(|_| unreadable(&key))?;
            let forward = read(store, &key)?.ok_or_else(|| unreadable(&key))?;
            add(&mut book.kept, &forward);
            book.next = book.next.max(number.saturating_add(1));
        }
        let (gate, held) = (Arc::new(Gate::new(())), Mutex::new(None));
        Ok(Self { gate, held, book: Mutex::new(book) })
    }

    /// Notes one. It goes to disk with the manager.
    pub(crate) async fn note(&self, forward: Forward) {
        let is_held = lock(&self.held).is_some();
        if !is_held {
            let guard = Arc::clone(&self.gate).lock_owned().await;
            lock(&self.held).replace(guard);
        }
        lock(&self.book).noted.push(forward);
    }

    /// The crate has dropped all events that were handled so far. Only whoever hands them over can know.
    pub(crate) fn events_dropped(&self) {
        lock(&self.held).take();
    }

    /// Waits until the crate holds no event of those that were noted, and lets none be noted meanwhile. Not for
    /// whoever hands over the events.
    pub(crate) fn settled(&self) -> MutexGuard<'_, ()> {
        self.gate.blocking_lock()
    }

    /// What is to be written with the manager, by its keys.
    pub(crate) fn to_write(&self) -> Result<Vec<(String, Vec<u8>)>, PortError> {
        let book = lock(&self.book);
        let numbered = (book.next..).zip(&book.noted);
        let encoded = numbered.map(|(number, forward)| {
            let key = key(number);
            let bytes = serde_json::to_vec(forward).map_err(|e| unreadable(&key).because(e))?;
            Ok((key, bytes))
        });
        encoded.collect()
    }

    /// The first so many are on disk.
    pub(crate) fn written(&self, count: usize) {
        let mut book = lock(&self.book);
        let count = count.min(book.noted.len());
        let written: Vec<Forward> = book.noted.drain(..count).collect();
        for forward in &written {
            add(&mut book.kept, forward);
            book.next = book.next.saturating_add(1);
        }
    }

    /// How many there are, those included that are to be written.
    pub(crate) fn count(&self) -> u64 {
        let book = lock(&self.book);
        book.next.saturating_add(u64::try_from(book.noted.len()).unwrap_or(u64::MAX))
    }

    /// One page of them, oldest first, those included that are to be written.
    pub(crate) fn page(&self, store: &Store, page: Page) -> Result<Vec<Forwarded>, PortError> {
        let first = page.start.max(1);
        // What is noted now is on disk before its number counts as such.
        let (on_disk, noted) = {
            let book = lock(&self.book);
            (book.next, book.noted.clone())
        };
        let last = on_disk.saturating_add(u64::try_from(noted.len()).unwrap_or(u64::MAX));
        let last = last.min(first.saturating_add(page.limit).saturating_sub(1));
        let one = |place: u64| {
            let number = place.saturating_sub(1);
            let forward = match number.checked_sub(on_disk) {
                Some(behind) => usize::try_from(behind).ok().and_then(|at| noted.get(at)).cloned(),
                None => read(store, &key(number))?,
            };
            forward.map(|forward| forwarded(place, &forward)).transpose()
        };
        (first..=last).filter_map(|place| one(place).transpose()).collect()
    }

    /// All of them in sum, those included that are to be written.
    pub(crate) fn book(&self) -> ForwardBook {
        let book = lock(&self.book);
        let mut sum = book.kept;
        book.noted.iter().for_each(|forward| add(&mut sum, forward));
        sum
    }
}

/// The key of the one that is number so many on disk, from 0.
fn key(number: u64) -> String {
    format!("{number:020}")
}

fn read(store: &Store, key: &str) -> Result<Option<Forward>, PortError> {
    let Some(bytes) = store.read(SPACE, key)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(key).because(error))
}

fn forwarded(created_index: u64, forward: &Forward) -> Result<Forwarded, PortError> {
    let channel = |id: &Option<String>| {
        let id = id.as_deref().map(<[u8; 32]>::from_hex).transpose();
        id.map_err(|error| unreadable(&key(created_index.saturating_sub(1))).because(error))
    };
    Ok(Forwarded {
        created_index,
        at: Timestamp(forward.at),
        came_by: channel(&forward.came_by)?,
        went_by: channel(&forward.went_by)?,
        amount: forward.amount_msat.and_then(Msat::new),
        fee: forward.fee_msat.and_then(Msat::new),
    })
}

fn add(sum: &mut ForwardBook, forward: &Forward) {
    match forward.fee_msat.and_then(Msat::new) {
        Some(fee) => {
            sum.count = sum.count.saturating_add(1);
            sum.fees = sum.fees.plus(fee).unwrap_or(Msat::MAX);
        }
        None => sum.unknown = sum.unknown.saturating_add(1),
    }
}

fn unreadable(key: &str) -> PortError {
    PortError::corrupt(format!("forwarded payment {key}"))
}
