//! The options as flags of the command line.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::option::{OPTIONS, OptionKind, OptionSpec};
use super::settings::Flags;

/// The flags that were given, by the options' names.
#[derive(Clone, Debug, Default)]
pub struct FlagArgs(pub Flags);

impl FlagArgs {
    /// Whether `--check` is among them.
    pub fn asks_for_check(&self) -> bool {
        self.0.iter().any(|(name, values)| *name == CHECK && values.iter().all(|it| it == "true"))
    }
}

/// The same flags for `offerd --check`, where the help of `offerd run` is the place to list them.
#[derive(Clone, Debug, Default)]
pub struct CheckArgs(pub FlagArgs);

/// The flag that goes without `run`.
const CHECK: &str = "check";

impl Args for CheckArgs {
    fn augment_args(command: Command) -> Command {
        command.args(OPTIONS.iter().map(|option| flag(option).hide(option.name != CHECK)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for CheckArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        FlagArgs::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Args for FlagArgs {
    fn augment_args(command: Command) -> Command {
        command.args(OPTIONS.iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for FlagArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = OPTIONS.iter().filter_map(|option| {
            let values = matches.get_many::<String>(option.name)?;
            Some((option.name, values.cloned().collect()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn flag(option: &OptionSpec) -> Arg {
    let about = match option.default {
        Some(default) => format!("{} [default: {default}]", option.about),
        None => option.about.to_owned(),
    };
    let flag = Arg::new(option.name).long(option.name).value_name(option.value).help(about);
    let flag = if option.name == "dir" { flag.visible_alias("data-dir") } else { flag };
    match option.kind {
        OptionKind::Value | OptionKind::NotInFile => flag,
        OptionKind::List => flag.action(ArgAction::Append),
        OptionKind::Switch | OptionKind::Once => {
            flag.num_args(0..=1).require_equals(true).default_missing_value("true")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_collected_by_their_options_names() {
        let command = FlagArgs::augment_args(Command::new("run"));
        command.clone().debug_assert();
        let words = [
            "run",
            "--data-dir",
            "D",
            "--announce",
            "1.2.3.4:5",
            "--announce=1.2.3.4:6",
            "--exit-with-parent",
            "--fast-ticks=false",
        ];
        let flags = FlagArgs::from_arg_matches(&command.get_matches_from(words)).unwrap().0;
        let value = |name: &str| {
            flags.iter().find(|(given, _)| *given == name).map(|(_, values)| values.join(" "))
        };
        assert_eq!(value("dir").as_deref(), Some("D"));
        assert_eq!(value("announce").as_deref(), Some("1.2.3.4:5 1.2.3.4:6"));
        assert_eq!(value("exit-with-parent").as_deref(), Some("true"));
        assert_eq!(value("fast-ticks").as_deref(), Some("false"));
        assert_eq!(value("alias"), None);
    }
}
