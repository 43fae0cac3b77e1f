//! The command line, made from the table of methods.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use offerd_api::layout::NETWORKS;
use offerd_api::method::{self, Kind, Method};
use serde_json::Value;

use crate::connect::Place;
use crate::exit::Exit;
use crate::export::{Export, Format};
use crate::params::Naming;
use crate::render::Style;

/// What the command line asks for.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    /// To do what.
    pub(crate) task: Task,
    /// How to show it.
    pub(crate) style: Style,
    /// Whether to show its code as a picture.
    pub(crate) qr: bool,
}

/// One run of the program.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Print the completion script for a shell.
    Completion(Shell),
    /// Print the JSON Schema of a method.
    Schema(&'static Method),
    /// Write the manual pages into a folder.
    Manual(PathBuf),
    /// Write the reference of the API into a folder: a page for people, and a JSON Schema for each method.
    Reference(PathBuf),
    /// Write down all that was received and paid.
    Export(Export),
    /// Call a method.
    Call(Box<Call>),
}

/// A call of a method.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Its name.
    pub(crate) method: String,
    /// The words behind it.
    pub(crate) args: Vec<String>,
    /// How they are meant.
    pub(crate) naming: Naming,
    /// Which parts of the result are wanted.
    pub(crate) filter: Option<Value>,
    /// How long to wait for the answer.
    pub(crate) timeout: Option<Duration>,
    /// Where the daemon is.
    pub(crate) place: Place,
    /// Whether somebody is there to be asked before something is paid.
    pub(crate) asks: bool,
}

/// The names of the commands that are no methods.
const COMPLETION: &str = "completion";
const SCHEMA: &str = "schema";
const MANUAL: &str = "manual";
const REFERENCE: &str = "reference";
const EXPORT: &str = "export";
/// What they take.
const FOLDER: &str = "DIR";
/// The id of a method's words.
const WORDS: &str = "parameters";

/// Reads the command line.
pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<CommandLine, clap::Error> {
    let matches = command().try_get_matches_from(words)?;
    let style = style(&matches);
    let task = match matches.subcommand() {
        Some((COMPLETION, own)) => {
            Task::Completion(own.get_one("shell").copied().unwrap_or(Shell::Bash))
        }
        Some((SCHEMA, own)) => {
            let name = own.get_one::<String>("method").map(String::as_str).unwrap_or_default();
            let method = method::find(name).ok_or_else(|| {
                let what = format!("{name:?}: no such method; `offer-cli --help` lists them");
                command().error(clap::error::ErrorKind::InvalidValue, what)
            })?;
            Task::Schema(method)
        }
        Some((MANUAL, own)) => Task::Manual(folder(own)),
        Some((REFERENCE, own)) => Task::Reference(folder(own)),
        Some((EXPORT, own)) => Task::Export(export(own, &matches)),
        Some((name, own)) => Task::Call(Box::new(call(name, own, &matches)?)),
        None => {
            return Err(command().error(
                clap::error::ErrorKind::MissingSubcommand,
                "which method? `offer-cli --help` lists them",
            ));
        }
    };
    let qr = matches.get_flag("qr");
    Ok(CommandLine { task, style, qr })
}

fn folder(own: &ArgMatches) -> PathBuf {
    own.get_one::<PathBuf>(FOLDER).cloned().unwrap_or_default()
}

/// Writes the completion script for a shell.
pub(crate) fn write_completion(shell: Shell, to: &mut dyn std::io::Write) {
    let mut to = to;
    clap_complete::generate(shell, &mut command(), "offer-cli", &mut to);
}

fn call(name: &str, own: &ArgMatches, matches: &ArgMatches) -> Result<Call, clap::Error> {
    // A method that the table does not know comes with its words under the empty id.
    let id = if method::find(name).is_some() { WORDS } else { "" };
    let args = match id {
        WORDS => own.get_many::<String>(id).map(|words| words.cloned().collect()),
        _ => own
            .get_many::<OsString>(id)
            .map(|words| words.map(|word| word.to_string_lossy().into_owned()).collect()),
    };
    let filter = matches.get_one::<String>("filter").map(|text| serde_json::from_str(text));
    let filter = filter.transpose().map_err(|error| {
        command().error(clap::error::ErrorKind::InvalidValue, format!("--filter: {error}"))
    })?;
    Ok(Call {
        method: name.to_owned(),
        args: args.unwrap_or_default(),
        naming: match (matches.get_flag("keywords"), matches.get_flag("order")) {
            (true, _) => Naming::ByName,
            (false, true) => Naming::ByPosition,
            (false, false) => Naming::Guess,
        },
        filter,
        timeout: timeout(matches),
        place: place(matches),
        asks: !matches.get_flag("yes")
            && std::io::stdin().is_terminal()
            && std::io::stdout().is_terminal(),
    })
}

fn timeout(matches: &ArgMatches) -> Option<Duration> {
    matches.get_one::<u64>("timeout").copied().map(Duration::from_secs)
}

fn place(matches: &ArgMatches) -> Place {
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    Place {
        rpc_file: path("rpc-file"),
        dir: path("dir"),
        network: matches.get_one::<String>("network").cloned(),
        home: std::env::home_dir(),
    }
}

fn export(own: &ArgMatches, matches: &ArgMatches) -> Export {
    let time = |name: &str| own.get_one::<u64>(name).copied();
    Export {
        format: if own.get_flag("csv") { Format::Csv } else { Format::Json },
        since: time("since").unwrap_or(0),
        until: time("until").unwrap_or(u64::MAX),
        place: place(matches),
        timeout: timeout(matches),
    }
}

fn export_command() -> Command {
    let time = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("SECONDS").value_parser(value_parser!(u64)).help(help)
    };
    let csv = Arg::new("csv").long("csv").action(ArgAction::SetTrue);
    Command::new(EXPORT)
        .about("Writes down all that was received, paid and forwarded, with fees and what it was worth then.")
        .arg(csv.help("As a table, RFC 4180; else as JSON"))
        .arg(time("since", "Nothing from before this time, in seconds since 1970"))
        .arg(time("until", "Nothing from this time on, in seconds since 1970"))
}

fn style(matches: &ArgMatches) -> Style {
    if matches.get_flag("json") {
        Style::Json
    } else if matches.get_flag("flat") {
        Style::Flat
    } else if matches.get_flag("human") {
        Style::Human
    } else {
        Style::for_output(std::io::stdout().is_terminal())
    }
}

fn flag(name: &'static str, short: char, help: &'static str) -> Arg {
    Arg::new(name).long(name).short(short).action(ArgAction::SetTrue).global(true).help(help)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).global(true).help(help)
}

/// The whole command line.
pub(crate) fn command() -> Command {
    let path = value_parser!(PathBuf);
    Command::new("offer-cli")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Calls a method of offerd.")
        .long_about(
            "Calls a method of offerd.\n\nParameters go by position, or as name=value, or the first ones so and the \
             others so. The result is JSON in a pipe and a table on a terminal; --json, --human and --flat choose.",
        )
        .after_long_help(exit_codes())
        .disable_help_subcommand(true)
        .subcommand_value_name("METHOD")
        .subcommand_help_heading("Methods")
        .allow_external_subcommands(true)
        .arg(
            option("dir", "DIR", "The daemon's data directory [default: ~/.offerd/NETWORK]")
                .visible_alias("data-dir")
                .env("OFFERD_DIR")
                .value_parser(path.clone()),
        )
        .arg(
            option("network", "NETWORK", "Which of the daemons in ~/.offerd")
                .env("OFFERD_NETWORK")
                .value_parser(NETWORKS),
        )
        .arg(
            option("rpc-file", "FILE", "The daemon's socket")
                .env("OFFERD_RPC_FILE")
                .value_parser(path),
        )
        .arg(flag("keywords", 'k', "Parameters are name=value"))
        .arg(flag("order", 'o', "Parameters go by position").conflicts_with("keywords"))
        .arg(flag("json", 'J', "Print JSON"))
        .arg(flag("human", 'H', "Print for people"))
        .arg(flag("flat", 'F', "Print one line for each value: a.b[0]=value"))
        .arg(flag("qr", 'Q', "Show the result's code as a QR code, too"))
        .arg(flag("yes", 'y', "Pay without asking; in a pipe nobody is asked"))
        .group(ArgGroup::new("style").args(["json", "human", "flat"]))
        .arg(option("filter", "JSON", "Only these parts of the result, as in {\"offers\":[{\"label\":true}]}"))
        .arg(
            option("timeout", "SECONDS", "How long to wait for the daemon's answer")
                .value_parser(value_parser!(u64).range(1..)),
        )
        .subcommands(method::all().map(method_command))
        .subcommand(
            Command::new(COMPLETION).about("Prints a shell's completion script.").arg(
                Arg::new("shell").required(true).value_parser(value_parser!(Shell)),
            ),
        )
        .subcommand(
            Command::new(SCHEMA)
                .about("Prints the JSON Schema of a method's request and response.")
                .arg(Arg::new("method").value_name("METHOD").required(true)),
        )
        .subcommand(export_command())
        .subcommand(writes(MANUAL, "Writes the manual pages into a folder: man1/offer-cli*.1."))
        .subcommand(writes(REFERENCE, "Writes the reference of the API into a folder.").hide(true))
}

/// Takes any word, and offers a shell's completion the method's parameters: `label=`, and `status=paid` where the
/// words are known.
#[derive(Clone)]
struct Words(&'static Method);

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        word: &OsStr,
    ) -> Result<String, clap::Error> {
        let text = word.to_str().map(str::to_owned);
        text.ok_or_else(|| clap::Error::new(clap::error::ErrorKind::InvalidUtf8).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let supported = self.0.params.iter().filter(|param| param.not_yet.is_none());
        let words = supported.flat_map(|param| {
            let choices: &[&str] = if let Kind::Choice(words) = param.kind { words } else { &[""] };
            choices.iter().map(|word| format!("{}={word}", param.name))
        });
        Some(Box::new(words.map(PossibleValue::new)))
    }
}

/// A command that writes into a folder.
fn writes(name: &'static str, about: &'static str) -> Command {
    let folder = Arg::new(FOLDER).required(true).value_parser(value_parser!(PathBuf));
    Command::new(name).about(about).arg(folder)
}

fn exit_codes() -> String {
    let lines = Exit::ALL.map(|exit| format!("  {}  {}", exit.number(), exit.meaning()));
    format!("Exit codes:\n{}", lines.join("\n"))
}

fn method_command(method: &'static Method) -> Command {
    let words = Arg::new(WORDS)
        .value_name("PARAMETER")
        .num_args(0..)
        .help("By position, or name=value, or first these and then those")
        .value_parser(Words(method))
        .hide_possible_values(true);
    Command::new(method.name)
        .visible_aliases(method.aliases)
        .about(method.summary)
        .override_usage(format!("offer-cli {}", method.usage()))
        .after_help(method.details())
        .arg(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call_of(words: &[&str]) -> Call {
        let words = std::iter::once("offer-cli").chain(words.iter().copied()).map(OsString::from);
        let Task::Call(call) = read(words).unwrap().task else { unreachable!("not a call") };
        *call
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn options_may_stand_before_and_behind_the_method() {
        let before = call_of(&["-k", "--dir", "D/shop", "offer", "amount=any"]);
        let behind = call_of(&["offer", "-k", "amount=any", "--dir", "D/shop"]);
        for call in [before, behind] {
            assert_eq!(call.method, "offer");
            assert_eq!(call.args, ["amount=any"]);
            assert_eq!(call.naming, Naming::ByName);
            assert_eq!(call.place.dir, Some("D/shop".into()));
        }
    }

    #[test]
    fn methods_of_tomorrow_are_passed_on() {
        let call = call_of(&["tomorrow", "a", "1"]);
        assert_eq!((call.method.as_str(), call.args.len()), ("tomorrow", 2));
    }

    #[test]
    fn every_shell_gets_a_script_that_names_the_methods() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "offer-cli", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(method::all().all(|method| script.contains(method.name)), "{shell}");
        }
    }

    #[test]
    fn scripts_complete_the_parameters_of_a_method() {
        for shell in [Shell::Bash, Shell::Zsh] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "offer-cli", &mut script);
            let script = String::from_utf8(script).unwrap();
            for word in ["absolute_expiry=", "status=paid", "direction=out"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }

    #[test]
    fn help_of_a_method_is_the_tables() {
        let words = ["offer-cli", "offerout", "--help"].map(OsString::from);
        let help = read(words).unwrap_err();
        assert!(!help.use_stderr());
        assert!(help.to_string().contains("refund_for"));
    }
}
