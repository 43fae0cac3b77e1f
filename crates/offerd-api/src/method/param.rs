//! What a parameter may be.

/// The type of a parameter. Each says in words what it takes ([`Kind::expected`]), and by example what it does
/// ([`Kind::example`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An amount: `any`, or a positive amount in millisatoshi as a number, or as a string with `msat`, `sat`
    /// (up to three decimals: exactly three) or `btc` (1 to 11 decimals), or an amount of a currency.
    Amount,
    /// The same without `any` and without currencies.
    Msat,
    /// The same, zero too: a limit or a gift.
    Fee,
    /// An amount in satoshi as a number, or as a string with a unit, or `all`.
    SatOrAll,
    /// What a transaction pays the miners: `minimum`, `slow`, `normal` or `urgent`, or from [`MIN_PER_KW`] to
    /// [`MAX_PER_KW`] sat per 1000 weight units as `Nperkw`, or four times that per 1000 virtual bytes as `Nperkb` or
    /// as a number.
    FeeRate,
    /// A BOLT 12 string, of at most [`MAX_CODE`] bytes.
    Code,
    /// UTF-8 text of at most [`MAX_TEXT`] bytes.
    Text,
    /// UTF-8 text in which the JSON escape `\u` is refused, so that what is encoded is what was typed.
    PlainText,
    /// A name of the caller's choice: text, or a whole number, which stands for its decimal digits.
    Label,
    /// A whole number from `min` to `max`, or its decimal digits as a string.
    Integer {
        /// The least it may be.
        min: u64,
        /// The most it may be.
        max: u64,
    },
    /// A number from 0 to 100, fractions too; or its digits as a string.
    Percent,
    /// A positive number with or without decimals, written out; or the same as a string. It is never rounded.
    Decimal,
    /// The ISO 4217 code of a currency, in any case.
    Currency,
    /// `true` or `false`, or either as a string.
    Boolean,
    /// 32 bytes in hexadecimal.
    Hash,
    /// Any bytes in hexadecimal.
    Hex,
    /// A node id: a 33-byte compressed point in hexadecimal.
    NodeId,
    /// A list of node ids, at most 16.
    NodeIds,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts; a whole number in it stands for its decimal digits.
    TextList,
    /// `true`, `false`, or the short_channel_ids of some channels: one of them, or a list.
    Channels,
    /// `readonly`, or restrictions of a rune: a list of lists of texts; a text stands for a list of one.
    Restrictions,
    /// The parameters of another call: an array or an object.
    CallParams,
    /// Any JSON value; for what is not supported yet.
    Any,
}

/// The least fee rate that is relayed, in sat per 1000 weight units.
pub const MIN_PER_KW: u64 = 253;
/// The highest fee rate that is believed to be meant, in sat per 1000 weight units (1000 sat per virtual byte).
pub const MAX_PER_KW: u64 = 250_000;
/// The longest [`Kind::Code`], in bytes.
pub const MAX_CODE: usize = 131_072;
/// The longest text and label, in bytes: what an onion message can carry with room to spare.
pub const MAX_TEXT: usize = 8_192;
/// Any number of 64 bits.
pub const U64: Kind = Kind::Integer { min: 0, max: u64::MAX };
/// A number of items: any but zero.
pub const COUNT: Kind = Kind::Integer { min: 1, max: u64::MAX };
/// Any number of 32 bits.
pub const U32: Kind = Kind::Integer { min: 0, max: 0xffff_ffff };
/// Any number of 16 bits.
pub const U16: Kind = Kind::Integer { min: 0, max: 0xffff };
/// A span of time in seconds that is worth waiting for: at most a day.
pub const SECONDS: Kind = Kind::Integer { min: 1, max: 86_400 };

impl Kind {
    /// What is expected, to stand behind the parameter's name and a colon.
    pub fn expected(self) -> String {
        let fixed = match self {
            Self::Amount => "should be a positive amount in msat, or `any`",
            Self::Msat => "should be a positive amount in msat",
            Self::Fee => "should be an amount in msat",
            Self::SatOrAll => "should be a positive amount in sat, or `all`",
            Self::FeeRate => {
                "should be `minimum`, `slow`, `normal`, `urgent`, 253perkw to 250000perkw, or \
                 1012perkb to 1000000perkb"
            }
            Self::Code | Self::Text => "should be a string",
            Self::PlainText => "should be a UTF-8 string without \\u escapes",
            Self::Label => "should be a string or an integer",
            Self::Integer { min: 0, max: u64::MAX } => "should be an unsigned 64-bit integer",
            Self::Integer { min, max: u64::MAX } => {
                return format!("should be an integer of at least {min}");
            }
            Self::Integer { min, max } => {
                return format!("should be an integer from {min} to {max}");
            }
            Self::Percent => "should be a number from 0 to 100",
            Self::Decimal => "should be a positive decimal number",
            Self::Currency => "should be an ISO 4217 code such as USD or EUR",
            Self::Boolean => "should be `true` or `false`",
            Self::Hash => "should be 32 bytes in hexadecimal",
            Self::Hex => "should be bytes in hexadecimal",
            Self::NodeId => "should be a node id: 33 bytes in hexadecimal",
            Self::NodeIds => {
                "should be a list of at most 16 different node ids: 33 bytes in hexadecimal each"
            }
            Self::Choice(words) => return format!("should be one of `{}`", words.join("`, `")),
            Self::TextList => "should be a list of strings",
            Self::Channels => "should be `true`, `false`, or a list of short_channel_ids",
            Self::Restrictions => "should be `readonly`, or a list of lists of strings",
            Self::CallParams => "should be an array or an object",
            Self::Any => "should be JSON",
        };
        fixed.to_owned()
    }

    /// A short name for usage lines and tables.
    pub fn name(self) -> String {
        let fixed = match self {
            Self::Amount => "amount or any",
            Self::Msat | Self::Fee => "amount",
            Self::SatOrAll => "sat or all",
            Self::FeeRate => "fee rate",
            Self::Code => "BOLT 12 string",
            Self::Text | Self::PlainText => "text",
            Self::Label => "text or integer",
            Self::Integer { .. } => "integer",
            Self::Percent => "percent",
            Self::Decimal => "number",
            Self::Currency => "currency",
            Self::Boolean => "true or false",
            Self::Hash => "32 bytes hex",
            Self::Hex => "hex",
            Self::NodeId => "node id",
            Self::NodeIds => "list of node ids",
            Self::Choice(words) => return words.join("|"),
            Self::TextList => "list of text",
            Self::Channels => "true, false or channels",
            Self::Restrictions => "restrictions",
            Self::CallParams => "array or object",
            Self::Any => "JSON",
        };
        fixed.to_owned()
    }

    /// A value of this type, as JSON. For examples in documents and tests.
    pub fn example(self) -> String {
        let fixed = match self {
            Self::Amount => "\"10000sat\"",
            Self::Msat | Self::Fee => "\"2500msat\"",
            Self::SatOrAll => "100000",
            Self::FeeRate => "\"1500perkw\"",
            Self::Code => "\"lno1qqqq\"",
            Self::Text => "\"text\"",
            Self::PlainText => "\"withdrawal from ATM\"",
            Self::Label => "\"order-17\"",
            Self::Integer { .. } => "3",
            Self::Percent => "0.5",
            Self::Decimal => "67321.45",
            Self::Currency => "\"USD\"",
            Self::Boolean => "true",
            Self::Hash => return format!("\"{}\"", "01".repeat(32)),
            Self::Hex => "\"00ff\"",
            Self::NodeId => return format!("\"{GENERATOR}\""),
            Self::NodeIds => return format!("[\"{GENERATOR}\"]"),
            Self::Choice(words) => return format!("\"{}\"", words.first().unwrap_or(&"")),
            Self::TextList => "[\"coffee\",\"tea\"]",
            Self::Channels => "[\"103x1x0\"]",
            Self::Restrictions => "[[\"method=offer\"]]",
            Self::CallParams => "[\"10000sat\"]",
            Self::Any => "{}",
        };
        fixed.to_owned()
    }
}

/// The generator of secp256k1: a point that everybody knows.
const GENERATOR: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

/// Whether a parameter must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It may be left out, or `null`.
    Optional,
    /// It may be left out, and is this then (as JSON).
    Default(&'static str),
}

/// One parameter of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Another name that is understood, but not shown.
    pub alias: Option<&'static str>,
    /// Its type.
    pub kind: Kind,
    /// Whether it must be given.
    pub need: Need,
    /// Whether it is given by name only: what Core Lightning does not have.
    pub named_only: bool,
    /// With `Some`, giving it is an error that says "not supported yet" and this.
    pub not_yet: Option<&'static str>,
    /// What it is for.
    pub about: &'static str,
    /// The version that brought it; `None` when it came with the method.
    pub since: Option<&'static str>,
}

impl Param {
    const fn new(name: &'static str, kind: Kind, need: Need, about: &'static str) -> Self {
        Self { name, alias: None, kind, need, named_only: false, not_yet: None, about, since: None }
    }

    /// One that must be given.
    pub(super) const fn required(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self::new(name, kind, Need::Required, about)
    }

    /// One that may be left out.
    pub(super) const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self::new(name, kind, Need::Optional, about)
    }

    /// One that has a default.
    pub(super) const fn default(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        about: &'static str,
    ) -> Self {
        Self::new(name, kind, Need::Default(default), about)
    }

    /// One of Core Lightning's that is refused until it is there.
    pub(super) const fn not_yet(name: &'static str, what: &'static str) -> Self {
        let mut param = Self::new(name, Kind::Any, Need::Optional, what);
        param.not_yet = Some(what);
        param
    }

    /// The same, by name only.
    pub(super) const fn by_name(mut self) -> Self {
        self.named_only = true;
        self
    }

    /// The same under another name as well.
    pub(super) const fn or(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    /// The same, and it came with a later version than the method.
    #[expect(dead_code, reason = "nothing has come later yet")]
    pub(super) const fn since(mut self, version: &'static str) -> Self {
        self.since = Some(version);
        self
    }

    /// Its type, whether it must be given and how, in a few words.
    pub fn terms(&self) -> String {
        let need = match self.need {
            Need::Required => "required".to_owned(),
            Need::Optional => "optional".to_owned(),
            Need::Default(default) => format!("default {default}"),
        };
        let by_name = if self.named_only { ", by name only" } else { "" };
        format!("{}; {need}{by_name}", self.kind.name())
    }

    /// What it is for, or that it is not supported yet.
    pub fn explanation(&self) -> String {
        match self.not_yet {
            Some(what) => format!("Not supported yet: {what}."),
            None => self.about.to_owned(),
        }
    }

    /// Whether it goes by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.alias == Some(name)
    }
}
