//! Results about the daemon itself: `help`, `listconfigs`, `notifications`, `stop`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of `help`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HelpList {
    /// One for each method.
    pub help: Vec<HelpEntry>,
    /// How programs for people may show it: `simple`, line by line.
    #[serde(rename = "format-hint")]
    #[schemars(extend("const" = "simple"))]
    pub format_hint: String,
}

/// What a method is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HelpEntry {
    /// The usage line: its name, and what it takes.
    pub command: String,
    /// Its group.
    pub category: String,
    /// What it does, in a line.
    pub description: String,
    /// What it takes and gives, in several lines; when one method was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbose: Option<String>,
}

/// A result that has nothing to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Nothing {}

/// The result of `stop`: a text by itself, not an object; Core Lightning sends it so as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Farewell(#[schemars(extend("const" = "Shutdown complete"))] pub String);

impl Default for Farewell {
    fn default() -> Self {
        Self("Shutdown complete".to_owned())
    }
}

/// The result of `listconfigs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigList {
    /// What is in force, by the options' names.
    pub configs: BTreeMap<String, ConfigView>,
}

/// One option. Exactly one of the values is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigView {
    /// Its value as text; a password is shown as `…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_str: Option<String>,
    /// Its value as a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_int: Option<u64>,
    /// Its value as true or false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_bool: Option<bool>,
    /// Its values, where it may have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_str: Option<Vec<String>>,
    /// Where it was set: `cmdline`, a variable's name, `FILE:LINE` or `default`.
    pub source: String,
}
