//! Results about the daemon itself: `listconfigs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The result of `listconfigs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigList {
    /// What is in force, by the options' names.
    pub configs: BTreeMap<String, ConfigView>,
}

/// One option. Exactly one of the values is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
