//! Results about runes: `createrune`, `showrunes`, `blacklistrune`, `checkrune`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of `createrune`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuneCreated {
    /// The rune in base64: who has it may do what it allows.
    pub rune: String,
    /// Its number, which stays when restrictions are added.
    pub unique_id: String,
    /// That it can do anything, spend everything too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_unrestricted_rune: Option<String>,
}

/// The result of `showrunes`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuneList {
    /// One for each rune.
    pub runes: Vec<RuneView>,
}

/// A rune.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuneView {
    /// It, in base64.
    pub rune: String,
    /// Its number.
    pub unique_id: String,
    /// What restricts it: all of them must hold.
    pub restrictions: Vec<RestrictionView>,
    /// The same in words.
    pub restrictions_as_english: String,
    /// False when it is not on record as it is: somebody added restrictions, or it is not ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = false))]
    pub stored: Option<bool>,
    /// True when it is on the blacklist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = true))]
    pub blacklisted: Option<bool>,
    /// When it was last used, in seconds since 1970, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<u64>,
    /// False when it is no rune of this node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = false))]
    pub our_rune: Option<bool>,
}

/// One restriction: one of its alternatives must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestrictionView {
    /// The alternatives.
    pub alternatives: Vec<AlternativeView>,
    /// The same in words.
    pub english: String,
}

/// One comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlternativeView {
    /// What is compared.
    pub fieldname: String,
    /// With what.
    pub value: String,
    /// How: one of `! = / ^ $ ~ < > { } #`.
    pub condition: String,
    /// The same in words.
    pub english: String,
}

/// The result of `blacklistrune`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blacklist {
    /// The numbers that are no longer honoured, in ranges.
    pub blacklist: Vec<BlacklistRange>,
}

/// A range of numbers of runes, both ends in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlacklistRange {
    /// The first.
    pub start: u64,
    /// The last.
    pub end: u64,
}

/// The result of `checkrune`: a rune that does not allow the call is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuneChecked {
    /// Always true.
    pub valid: bool,
}
