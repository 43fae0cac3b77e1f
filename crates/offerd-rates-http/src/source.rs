//! A source as it is configured.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use bolt12::Currency;

use crate::pointer::{Pointer, PointerError};

/// Where to ask for a rate: `NAME ADDRESS POINTER [inverted]`, separated by blanks.
///
/// * The address begins with `https://`, `http://` or `file:///`.
/// * The pointer is a JSON pointer (RFC 6901) to the price of one bitcoin, a number or a string with a number.
/// * In both, `{currency}` stands for the ISO 4217 code and `{currency_lc}` for the same in lower case.
/// * Core Lightning's way of writing the same is understood as well: `NAME,ADDRESS,MEMBER[,MEMBER…]`.
/// * `inverted`: the number is not what a bitcoin costs, but what one unit of the currency costs in bitcoin.
///
/// ```
/// # use offerd_rates_http::Source;
/// let source: Source = "kraken https://api.kraken.com/0/public/Ticker?pair=XXBTZ{currency} \
///     /result/XXBTZ{currency}/c/0".parse()?;
/// assert_eq!(source.name(), "kraken");
/// # Ok::<(), offerd_rates_http::SourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    address: String,
    pointer: String,
    is_inverted: bool,
}

/// Why a line names no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not three or four words.
    #[error(
        "should be `NAME ADDRESS POINTER`, and `inverted` behind it if the number is the other way round"
    )]
    Words,
    /// Something else than `inverted` as the fourth word.
    #[error("unknown word {0:?}, should be `inverted` or nothing")]
    UnknownWord(String),
    /// A name with other letters than `a-z`, `0-9`, `.`, `-` and `_`, or longer than 32.
    #[error("the name {0:?} should be 1 to 32 of a-z, 0-9, `.`, `-` and `_`")]
    Name(String),
    /// The name of what is not asked but set.
    #[error("the name `fixed` stands for rates that were set by hand")]
    Reserved,
    /// Neither HTTP nor a file.
    #[error("the address {0:?} should begin with https://, http:// or file:///")]
    Scheme(String),
    /// Not the address of anything.
    #[error("{0:?} is no address")]
    Address(String),
    /// No JSON pointer.
    #[error(transparent)]
    Pointer(#[from] PointerError),
}

/// Where the bytes are.
#[derive(Debug)]
pub(crate) enum Place {
    /// At an HTTP server.
    Http(reqwest::Url),
    /// In a file.
    File(PathBuf),
}

impl Source {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the number is what one unit costs in bitcoin.
    pub(crate) fn is_inverted(&self) -> bool {
        self.is_inverted
    }

    pub(crate) fn place(&self, currency: Currency) -> Result<Place, SourceError> {
        let address = filled(&self.address, currency);
        if let Some(path) = address.strip_prefix("file://") {
            return Ok(Place::File(Path::new(path).to_owned()));
        }
        let url = reqwest::Url::parse(&address);
        url.map(Place::Http).map_err(|_| SourceError::Address(address))
    }

    pub(crate) fn pointer(&self, currency: Currency) -> Result<Pointer, PointerError> {
        filled(&self.pointer, currency).parse()
    }
}

fn filled(template: &str, currency: Currency) -> String {
    template
        .replace("{currency_lc}", &currency.as_str().to_ascii_lowercase())
        .replace("{currency}", currency.as_str())
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(line: &str) -> Result<Self, SourceError> {
        if let Some(line) = from_members(line) {
            return line.parse();
        }
        let mut words = line.split_whitespace();
        let (Some(name), Some(address), Some(pointer)) = (words.next(), words.next(), words.next())
        else {
            return Err(SourceError::Words);
        };
        let is_inverted = match (words.next(), words.next()) {
            (None, _) => false,
            (Some("inverted"), None) => true,
            (Some(word), None) => return Err(SourceError::UnknownWord(word.to_owned())),
            (Some(_), Some(_)) => return Err(SourceError::Words),
        };
        check_name(name)?;
        let has_known_scheme =
            ["https://", "http://", "file:///"].iter().any(|scheme| address.starts_with(scheme));
        if !has_known_scheme {
            return Err(SourceError::Scheme(address.to_owned()));
        }
        let source = Self {
            name: name.to_owned(),
            address: address.to_owned(),
            pointer: pointer.to_owned(),
            is_inverted,
        };
        // What fails for one currency fails for all.
        let any = Currency::new("USD").ok_or(SourceError::Words)?;
        source.place(any)?;
        source.pointer(any)?;
        Ok(source)
    }
}

/// The same in our own way of writing, where it is written in Core Lightning's.
fn from_members(line: &str) -> Option<String> {
    if line.contains(char::is_whitespace) {
        return None;
    }
    let mut parts = line.split(',');
    let (name, address, first) = (parts.next()?, parts.next()?, parts.next()?);
    let escaped = |member: &str| format!("/{}", member.replace('~', "~0").replace('/', "~1"));
    let pointer: String = std::iter::once(first).chain(parts).map(escaped).collect();
    Some(format!("{name} {address} {pointer}"))
}

fn check_name(name: &str) -> Result<(), SourceError> {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    if name.len() > 32 || !name.bytes().all(is_plain) {
        return Err(SourceError::Name(name.to_owned()));
    }
    if name == "fixed" { Err(SourceError::Reserved) } else { Ok(()) }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inverted = if self.is_inverted { " inverted" } else { "" };
        write!(f, "{} {} {}{inverted}", self.name, self.address, self.pointer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_source_and_is_shown_as_it_was_written() {
        for line in [
            "a https://example.com/{currency_lc} /price",
            "b.c-d_9 http://127.0.0.1:8080/ticker /{currency}/last inverted",
            "file file:///etc/offerd/rates.json /{currency}",
        ] {
            assert_eq!(line.parse::<Source>().map(|source| source.to_string()), Ok(line.into()));
        }
    }

    #[test]
    fn core_lightnings_way_of_writing_is_understood() {
        let source = "kraken,https://x.y/Ticker?pair=XXBTZ{currency},result,XXBTZ{currency},c,0";
        let shown = source.parse::<Source>().map(|source| source.to_string());
        let ours = "kraken https://x.y/Ticker?pair=XXBTZ{currency} /result/XXBTZ{currency}/c/0";
        assert_eq!(shown, Ok(ours.to_owned()));
        assert_eq!("a,https://x.y".parse::<Source>(), Err(SourceError::Words));
    }

    #[test]
    fn both_placeholders_are_filled_in() {
        let source: Source =
            "a https://example.com/{currency}?c={currency_lc} /x/{currency_lc}".parse().unwrap();
        let currency = Currency::new("EUR").unwrap();
        let Ok(Place::Http(url)) = source.place(currency) else { panic!("an HTTP source") };
        assert_eq!(url.as_str(), "https://example.com/EUR?c=eur");
        assert_eq!(source.pointer(currency), "/x/eur".parse());
    }

    #[test]
    fn what_is_wrong_with_a_line_is_named() {
        let error = |line: &str| line.parse::<Source>().unwrap_err();
        assert_eq!(error(""), SourceError::Words);
        assert_eq!(error("a https://x.y"), SourceError::Words);
        assert_eq!(error("a https://x.y /p inverted more"), SourceError::Words);
        assert_eq!(error("a https://x.y /p upside"), SourceError::UnknownWord("upside".into()));
        assert_eq!(error("A https://x.y /p"), SourceError::Name("A".into()));
        assert_eq!(error("fixed https://x.y /p"), SourceError::Reserved);
        assert_eq!(error("a ftp://x.y /p"), SourceError::Scheme("ftp://x.y".into()));
        assert_eq!(error("a file:relative /p"), SourceError::Scheme("file:relative".into()));
        assert_eq!(error("a https:// /p"), SourceError::Address("https://".into()));
        assert!(matches!(error("a https://x.y price"), SourceError::Pointer(_)));
    }
}
