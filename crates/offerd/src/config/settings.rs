//! The options' values as they were written, and where: a flag goes before the environment, that before the file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::option::{self, OPTIONS, OptionKind, OptionSpec, SECTIONS};

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// On the command line.
    Flag,
    /// In this environment variable.
    Variable(String),
    /// In the file, on this line.
    File(PathBuf, usize),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Variable(name) => f.write_str(name),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
        }
    }
}

/// Flags as they were given: an option's name and its values.
pub type Flags = Vec<(&'static str, Vec<String>)>;
/// Environment variables.
pub type Variables = BTreeMap<String, String>;

/// One option's values, as text.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) values: Vec<String>,
    pub(super) origin: Origin,
}

/// What was set, by the options' names.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings(BTreeMap<&'static str, Setting>);

impl Settings {
    /// What flags and environment say.
    pub(super) fn of_call(flags: &Flags, variables: &Variables) -> Self {
        let mut settings = Self::default();
        for option in OPTIONS.iter().filter(|option| option.kind != OptionKind::Once) {
            let name = option.variable();
            if let Some(value) = variables.get(&name).filter(|value| !value.is_empty()) {
                let values = match option.kind {
                    OptionKind::List => {
                        value.split(',').map(|part| part.trim().to_owned()).collect()
                    }
                    OptionKind::Value
                    | OptionKind::Switch
                    | OptionKind::NotInFile
                    | OptionKind::Once => {
                        vec![value.clone()]
                    }
                };
                settings.0.insert(option.name, Setting { values, origin: Origin::Variable(name) });
            }
        }
        for (name, values) in flags {
            let setting = Setting { values: values.clone(), origin: Origin::Flag };
            settings.0.insert(name, setting);
        }
        settings
    }

    /// Adds what a file says and flags and environment do not.
    ///
    /// # Errors
    /// [`ConfigError::File`] with the line.
    pub(super) fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let line_of = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
        let refuse = |offset: usize, what: String| ConfigError::File {
            path: path.to_owned(),
            line: line_of(offset),
            what,
        };
        let table = DeTable::parse(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            refuse(offset, error.message().to_owned())
        })?;
        for (key, value) in table.get_ref() {
            let name: &str = key.get_ref();
            let mut take = |name: &str, offset: usize, value: &DeValue<'_>| {
                read(name, value)
                    .and_then(|read| self.add(read, path, line_of(offset)))
                    .map_err(|what| refuse(offset, what))
            };
            match (value.get_ref().as_table(), SECTIONS.contains(&name)) {
                (Some(section), true) => {
                    for (inner, value) in section {
                        let full = format!("{name}-{}", inner.get_ref());
                        take(&full, inner.span().start, value.get_ref())?;
                    }
                }
                _ => take(name, key.span().start, value.get_ref())?,
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        (option, values): (&'static OptionSpec, Vec<String>),
        path: &Path,
        line: usize,
    ) -> Result<(), String> {
        let origin = Origin::File(path.to_owned(), line);
        match self.0.get(option.name) {
            Some(Setting { origin: Origin::File(_, first), .. }) => {
                return Err(format!("{}: set already on line {first}", option.name));
            }
            Some(_) => {}
            None => {
                self.0.insert(option.name, Setting { values, origin });
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Setting> {
        self.0.get(name)
    }
}

fn read(name: &str, value: &DeValue<'_>) -> Result<(&'static OptionSpec, Vec<String>), String> {
    let option =
        option::find(name).ok_or_else(|| format!("{}: unknown option", name.escape_debug()))?;
    let values = match (option.kind, value) {
        (OptionKind::NotInFile, _) => {
            return Err(format!("{name}: says where this file is, so it cannot be in it"));
        }
        (OptionKind::Once, _) => {
            return Err(format!("{name}: is for one start, so only a flag: --{name}"));
        }
        (OptionKind::List, DeValue::Array(list)) => {
            list.iter().map(|value| scalar(value.get_ref())).collect::<Option<Vec<_>>>()
        }
        (OptionKind::Value | OptionKind::List | OptionKind::Switch, value) => {
            scalar(value).map(|value| vec![value])
        }
    };
    let expected = || format!("{name}: should be a string, a whole number, true or false");
    Ok((option, values.ok_or_else(expected)?))
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(boolean) => Some(boolean.to_string()),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
