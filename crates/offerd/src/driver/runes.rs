//! The book of runes: which were made, which are no longer honoured, what each was used for.
//!
//! A rune needs no row to be honoured: its code vouches for it. What is on record is its number and restrictions, so
//! that they can be shown, and what limits over time count. The code itself is made from the seed when it is shown.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use bolt1::{Msat, Seconds, Timestamp};
use offerd_core::keys::{KeyPurpose, Keys};
use offerd_core::port::{KeyValueStore, NamedChange, PortError};
use offerd_core::rune::{Alternative, Condition, MasterRune, Restriction, Rune};
use tokio::time::Instant;

use super::Driver;

const SPACE: &str = "runes";
const ISSUED: &str = "issued";
const USED: &str = "used";
const SPENT: &str = "spent";
const BLACKLIST: &str = "blacklist";
/// The span that `payoutperday` counts.
const DAY: Seconds = Seconds(86_400);
/// The name of our own field: what a rune may have promised or paid within a day, in msat.
const PAYOUT_PER_DAY: &str = "payoutperday";

/// What a call may cost us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlay {
    /// Nothing.
    Nothing,
    /// So much at most.
    AtMost(Msat),
    /// The call does not say.
    Unbounded,
}

/// Why a rune does not allow a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuneRefusal {
    /// It was not made by us, or was changed.
    #[error("Not authorized: Not derived from master")]
    NotOurs,
    /// It is on the blacklist.
    #[error("Not authorized: Blacklisted rune")]
    Blacklisted,
    /// A restriction does not hold.
    #[error("Not permitted: {0}")]
    NotPermitted(String),
    /// It was used a moment ago.
    #[error("Not permitted: {0}")]
    TooSoon(String),
}

/// What is known of a rune.
#[derive(Clone, Debug)]
pub struct KnownRune {
    /// It.
    pub rune: Rune,
    /// Whether it comes from ours.
    pub ours: bool,
    /// Whether it is on record as it is.
    pub stored: bool,
    /// Whether it is on the blacklist.
    pub blacklisted: bool,
    /// When it was last used for a call.
    pub last_used: Option<Timestamp>,
}

/// Runes in memory, read from the store at the first need.
#[derive(Debug)]
pub(super) struct RuneBook {
    master: MasterRune,
    pages: Mutex<Option<Pages>>,
}

#[derive(Debug, Default)]
struct Pages {
    issued: BTreeMap<u64, String>,
    blacklist: Vec<(u64, u64)>,
    used: BTreeMap<u64, Timestamp>,
    /// By the clock that never jumps, since this start.
    lately: BTreeMap<u64, Instant>,
    spent: BTreeMap<u64, Vec<(Timestamp, Msat)>>,
}

impl RuneBook {
    pub(super) fn new(keys: &Keys) -> Self {
        let master = MasterRune::new(&keys.derive(KeyPurpose::Rune, &[]));
        Self { master, pages: Mutex::default() }
    }

    fn with<T>(
        &self,
        store: &(impl KeyValueStore + ?Sized),
        act: impl FnOnce(&mut Pages) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        match pages.as_mut() {
            Some(pages) => act(pages),
            None => act(pages.insert(Pages::read(store)?)),
        }
    }
}

impl Pages {
    fn read(store: &(impl KeyValueStore + ?Sized)) -> Result<Self, PortError> {
        let mut pages = Self::default();
        for id in store.list(SPACE, ISSUED)? {
            let text = text(store, ISSUED, &id)?.unwrap_or_default();
            pages.issued.insert(number(&id)?, text);
        }
        for id in store.list(SPACE, USED)? {
            let text = text(store, USED, &id)?.unwrap_or_default();
            pages.used.insert(number(&id)?, Timestamp(number(&text)?));
        }
        for id in store.list(SPACE, SPENT)? {
            let text = text(store, SPENT, &id)?.unwrap_or_default();
            let spent = pairs(&text, |(at, msat)| Ok((Timestamp(number(at)?), amount(msat)?)))?;
            pages.spent.insert(number(&id)?, spent);
        }
        let text = text(store, "", BLACKLIST)?.unwrap_or_default();
        pages.blacklist = pairs(&text, |(start, end)| Ok((number(start)?, number(end)?)))?;
        Ok(pages)
    }

    fn is_blacklisted(&self, id: u64) -> bool {
        self.blacklist.iter().any(|(start, end)| (*start..=*end).contains(&id))
    }

    /// What this rune has promised or paid within the last day.
    fn spent(&self, id: u64, now: Timestamp) -> Msat {
        let spent = self.spent.get(&id).map(Vec::as_slice).unwrap_or_default();
        let lately = spent.iter().filter(|(at, _)| now.since(*at) < DAY);
        lately.fold(Msat::ZERO, |sum, (_, amount)| sum.plus(*amount).unwrap_or(Msat::MAX))
    }

    /// Whether so much time has passed since this rune was last used.
    fn rested(&self, id: u64, least: Duration, now: Timestamp) -> bool {
        match (self.lately.get(&id), self.used.get(&id)) {
            (Some(at), _) => at.elapsed() >= least,
            // Used before this start: whole seconds are all that is known.
            (None, Some(at)) => Duration::from_secs(now.since(*at).0) >= least,
            (None, None) => true,
        }
    }
}

fn text(
    store: &(impl KeyValueStore + ?Sized),
    secondary: &str,
    key: &str,
) -> Result<Option<String>, PortError> {
    let Some(bytes) = store.read(SPACE, secondary, key)? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).map_err(|_| PortError::corrupt("runes: not a text"))
}

fn number(text: &str) -> Result<u64, PortError> {
    text.parse().map_err(|_| PortError::corrupt("runes: not a number"))
}

fn amount(text: &str) -> Result<Msat, PortError> {
    Msat::new(number(text)?).ok_or_else(|| PortError::corrupt("runes: not an amount"))
}

/// Lines of two words.
fn pairs<T>(
    text: &str,
    pair: impl Fn((&str, &str)) -> Result<T, PortError>,
) -> Result<Vec<T>, PortError> {
    let split = |line: &str| {
        let words = line.split_once(' ').ok_or_else(|| PortError::corrupt("runes: not a pair"));
        pair(words?)
    };
    text.lines().map(split).collect()
}

/// What one use of a rune is asked about.
pub struct RuneUse<'a> {
    /// Tests what is about the call: method and parameters.
    pub test: &'a dyn Fn(&Alternative) -> Result<(), String>,
    /// What the call may cost.
    pub outlay: Outlay,
}

impl std::fmt::Debug for RuneUse<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuneUse").field("outlay", &self.outlay).finish_non_exhaustive()
    }
}

impl Driver {
    /// Makes a new rune with these restrictions, and puts it on record.
    ///
    /// # Errors
    /// When the store cannot be written; there is no rune then.
    pub fn create_rune(&self, restrictions: Vec<Restriction>) -> Result<Rune, PortError> {
        let store = &*self.ports.store;
        self.runes.with(store, |pages| {
            let id = pages.issued.keys().next_back().map_or(0, |last| last.saturating_add(1));
            let all = std::iter::once(Restriction::unique_id(id)).chain(restrictions).collect();
            let rune = self.runes.master.rune(all);
            let text = rune.restrictions_text();
            store.write(SPACE, ISSUED, &id.to_string(), text.as_bytes())?;
            pages.issued.insert(id, text);
            Ok(rune)
        })
    }

    /// All runes on record, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn known_runes(&self) -> Result<Vec<KnownRune>, PortError> {
        let texts = self.runes.with(&*self.ports.store, |pages| Ok(pages.issued.clone()))?;
        let read = |text: &String| {
            let restrictions = offerd_core::rune::read_restrictions(text);
            let restrictions = restrictions.map_err(|_| PortError::corrupt("runes: not a rune"))?;
            self.known_rune(&self.runes.master.rune(restrictions))
        };
        texts.values().map(read).collect()
    }

    /// What is known of this rune.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn known_rune(&self, rune: &Rune) -> Result<KnownRune, PortError> {
        let id = rune.unique_id().and_then(|id| id.parse().ok());
        self.runes.with(&*self.ports.store, |pages| {
            let stored = id.and_then(|id: u64| pages.issued.get(&id));
            Ok(KnownRune {
                ours: id.is_some() && self.runes.master.made(rune),
                stored: stored.is_some_and(|text| *text == rune.restrictions_text()),
                blacklisted: id.is_some_and(|id| pages.is_blacklisted(id)),
                last_used: id.and_then(|id| pages.used.get(&id)).copied(),
                rune: rune.clone(),
            })
        })
    }

    /// Puts the runes of these numbers on the blacklist, or takes them off; gives the whole list.
    ///
    /// # Errors
    /// When the store cannot be written; nothing has changed then.
    pub fn blacklist_runes(
        &self,
        range: Option<(u64, u64)>,
        relist: bool,
    ) -> Result<Vec<(u64, u64)>, PortError> {
        let store = &*self.ports.store;
        self.runes.with(store, |pages| {
            let Some(range) = range else { return Ok(pages.blacklist.clone()) };
            let changed = change_ranges(&pages.blacklist, range, relist);
            let lines: Vec<String> =
                changed.iter().map(|(start, end)| format!("{start} {end}")).collect();
            store.write(SPACE, "", BLACKLIST, lines.join("\n").as_bytes())?;
            pages.blacklist.clone_from(&changed);
            Ok(changed)
        })
    }

    /// Whether a rune allows this, and if so, notes that it was used: before anything is done.
    ///
    /// # Errors
    /// When the store cannot be read or written; nothing is allowed then.
    pub fn use_rune(
        &self,
        rune: &Rune,
        asked: &RuneUse<'_>,
    ) -> Result<Result<(), RuneRefusal>, PortError> {
        if let Err(refusal) = self.authentic(rune)? {
            return Ok(Err(refusal));
        }
        let Some(id) = rune.unique_id().and_then(|id| id.parse::<u64>().ok()) else {
            return Ok(Err(RuneRefusal::NotOurs));
        };
        let (store, now) = (&*self.ports.store, self.now());
        self.runes.with(store, |pages| {
            let mut too_soon = false;
            let outcome = rune.check(|alternative| match alternative.field.as_str() {
                "time" => alternative.test(Some(&now.0.to_string())),
                "rate" | "per" => {
                    let least = least_interval(alternative)?;
                    if pages.rested(id, least, now) {
                        return Ok(());
                    }
                    too_soon = true;
                    Err("too soon".to_owned())
                }
                PAYOUT_PER_DAY => within_day(alternative, asked.outlay, pages.spent(id, now)),
                _ => (asked.test)(alternative),
            });
            match outcome {
                Ok(()) => {}
                Err(complaint) if too_soon => return Ok(Err(RuneRefusal::TooSoon(complaint))),
                Err(complaint) => return Ok(Err(RuneRefusal::NotPermitted(complaint))),
            }
            note_use(store, pages, id, asked.outlay, now)?;
            Ok(Ok(()))
        })
    }

    /// Whether a rune is one of ours and honoured, whatever it allows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn authentic(&self, rune: &Rune) -> Result<Result<(), RuneRefusal>, PortError> {
        let known = self.known_rune(rune)?;
        Ok(match (known.ours, known.blacklisted) {
            (false, _) => Err(RuneRefusal::NotOurs),
            (true, true) => Err(RuneRefusal::Blacklisted),
            (true, false) => Ok(()),
        })
    }
}

/// Writes down that a rune was used, and what for.
fn note_use(
    store: &(impl KeyValueStore + ?Sized),
    pages: &mut Pages,
    id: u64,
    outlay: Outlay,
    now: Timestamp,
) -> Result<(), PortError> {
    let key = id.to_string();
    let used = now.0.to_string();
    let change = |secondary, value| NamedChange { primary: SPACE, secondary, key: &key, value };
    let used = change(USED, Some(used.as_bytes()));
    if let Outlay::AtMost(amount) = outlay {
        let spent = pages.spent.get(&id).into_iter().flatten();
        let lately = spent.filter(|(at, _)| now.since(*at) < DAY).copied();
        let spent: Vec<_> = lately.chain([(now, amount)]).collect();
        let lines: Vec<String> =
            spent.iter().map(|(at, amount)| format!("{} {}", at.0, amount.as_u64())).collect();
        let lines = lines.join("\n");
        store.write_all(&[used, change(SPENT, Some(lines.as_bytes()))])?;
        pages.spent.insert(id, spent);
    } else if pages.used.get(&id) != Some(&now) {
        store.write_all(&[used])?;
    }
    pages.used.insert(id, now);
    pages.lately.insert(id, Instant::now());
    Ok(())
}

fn within_day(alternative: &Alternative, outlay: Outlay, spent: Msat) -> Result<(), String> {
    let amount = match outlay {
        Outlay::Nothing => return alternative.test(Some("0")),
        Outlay::AtMost(amount) => amount,
        Outlay::Unbounded => {
            return Err(format!("{PAYOUT_PER_DAY}: the call does not say what it costs at most"));
        }
    };
    let sum = spent.as_u64().saturating_add(amount.as_u64());
    alternative.test(Some(&sum.to_string()))
}

/// The least time between two uses that `per=5min` or `rate=10` asks for.
fn least_interval(alternative: &Alternative) -> Result<Duration, String> {
    let field = &alternative.field;
    if alternative.condition != Condition::Equal {
        return Err(format!("{field} operator must be ="));
    }
    let malformed = || format!("malformed {field}");
    let value = alternative.value.as_str();
    let unit = value.find(|char: char| !char.is_ascii_digit()).unwrap_or(value.len());
    let (digits, unit) = value.split_at(unit);
    let number: u64 = digits.parse().map_err(|_| malformed())?;
    if number == 0 || number >= u64::from(u32::MAX) {
        return Err(malformed());
    }
    if field == "rate" {
        let interval = Duration::from_secs(60).as_nanos() / u128::from(number);
        let interval = u64::try_from(interval).map_err(|_| malformed())?;
        return if unit.is_empty() { Ok(Duration::from_nanos(interval)) } else { Err(malformed()) };
    }
    let nanos: u64 = match unit {
        "" | "sec" => 1_000_000_000,
        "nsec" => 1,
        "usec" => 1_000,
        "msec" => 1_000_000,
        "min" => 60_000_000_000,
        "hour" => 3_600_000_000_000,
        "day" => 86_400_000_000_000,
        _ => return Err("malformed suffix".to_owned()),
    };
    number.checked_mul(nanos).map(Duration::from_nanos).ok_or_else(|| "per overflow".to_owned())
}

/// Adds a range to a list of ranges, or takes it out; ranges that touch become one.
fn change_ranges(ranges: &[(u64, u64)], (start, end): (u64, u64), out: bool) -> Vec<(u64, u64)> {
    let mut changed = Vec::new();
    for (low, high) in ranges {
        if *low < start {
            changed.push((*low, (*high).min(start - 1)));
        }
        if *high > end {
            changed.push(((*low).max(end + 1), *high));
        }
    }
    if !out {
        changed.push((start, end));
    }
    changed.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (low, high) in changed {
        match joined.last_mut() {
            Some(last) if last.1.checked_add(1).is_none_or(|next| next >= low) => {
                last.1 = last.1.max(high);
            }
            _ => joined.push((low, high)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_joined_and_taken_apart() {
        let list = change_ranges(&[], (3, 5), false);
        let list = change_ranges(&list, (6, 6), false);
        assert_eq!(list, [(3, 6)]);
        let list = change_ranges(&list, (4, 4), true);
        assert_eq!(list, [(3, 3), (5, 6)]);
        assert_eq!(change_ranges(&list, (0, u64::MAX), false), [(0, u64::MAX)]);
        assert_eq!(change_ranges(&list, (0, u64::MAX), true), []);
        assert_eq!(change_ranges(&[(0, u64::MAX)], (7, 7), true), [(0, 6), (8, u64::MAX)]);
    }

    #[test]
    fn intervals_are_read_as_core_lightning_does() {
        let interval = |text| least_interval(&Alternative::read(text).unwrap());
        assert_eq!(interval("per=5"), Ok(Duration::from_secs(5)));
        assert_eq!(interval("per=2min"), Ok(Duration::from_secs(120)));
        assert_eq!(interval("per=1day"), Ok(Duration::from_secs(86_400)));
        assert_eq!(interval("per=10msec"), Ok(Duration::from_millis(10)));
        assert_eq!(interval("rate=60"), Ok(Duration::from_secs(1)));
        for wrong in ["per=0", "per=", "per=5weeks", "per<5", "rate=1min", "rate=x", "rate/1"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
