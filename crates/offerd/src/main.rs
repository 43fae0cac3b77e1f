//! `offerd`: the daemon, and with the feature `demo` a chain and a demonstration of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use offerd::config::{CheckArgs, Config, FlagArgs, option};

/// An offers node for the Lightning Network.
#[derive(Debug, Parser)]
#[command(
    name = "offerd",
    version,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    /// `offerd --check …` is `offerd run --check …`.
    #[command(flatten)]
    check: CheckArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon. Options may also stand in offerd.toml, or in the environment as OFFERD_…
    Run(FlagArgs),
    /// Put a node that was lost into an empty directory, so that `run` gets its funds back.
    Restore(offerd::restore::RestoreArgs),
    /// Print a configuration file with every option explained.
    SampleConfig,
    /// Write the manual pages into a folder: man1/offerd*.1.
    Manual {
        /// The folder.
        dir: PathBuf,
    },
    /// Run a network of three nodes with a chain of its own, and play a story on it.
    #[cfg(feature = "demo")]
    Demo(offerd::demo::Args),
    /// Run a regtest chain of our own, for nodes and tests.
    #[cfg(feature = "demo")]
    Regtest(offerd::regtest::Args),
}

/// The configuration or the command line is wrong; nothing was started.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let command = match (line.command, line.check.0) {
        (Some(command), _) => command,
        (None, flags) if flags.asks_for_check() => Command::Run(flags),
        (None, _) => {
            return complain(
                &"what to do? `offerd run` starts the daemon, `offerd --help` lists the rest",
                USAGE,
            );
        }
    };
    match command {
        Command::SampleConfig => {
            let written = std::io::stdout().write_all(option::sample().as_bytes());
            if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Command::Restore(args) => match offerd::restore::restore(&args, std::env::home_dir()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error, 1),
        },
        Command::Manual { dir } => match manual(&dir) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error, 1),
        },
        Command::Run(flags) => run(&flags),
        #[cfg(feature = "demo")]
        Command::Demo(args) => on_runtime(offerd::demo::run(args)),
        #[cfg(feature = "demo")]
        Command::Regtest(args) => on_runtime(offerd::regtest::run(args)),
    }
}

fn manual(dir: &Path) -> std::io::Result<()> {
    let dir = dir.join("man1");
    std::fs::create_dir_all(&dir)?;
    clap_mangen::generate_to(CommandLine::command(), dir)
}

fn run(flags: &FlagArgs) -> ExitCode {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    match Config::load(&flags.0, &variables, std::env::home_dir()) {
        Ok(config) if config.check => check(&config),
        Ok(config) => on_runtime(offerd::run::run(config)),
        Err(error) => complain(&error, USAGE),
    }
}

/// Says how everything is that a start needs. Fails when something is wrong.
fn check(config: &Config) -> ExitCode {
    let mut wrong = 0_usize;
    let outcome = on_runtime(async {
        for finding in offerd::check::check(config).await {
            wrong += usize::from(finding.verdict.is_err());
            writeln!(std::io::stdout(), "{finding}")?;
        }
        Ok::<(), std::io::Error>(())
    });
    if wrong > 0 { ExitCode::FAILURE } else { outcome }
}

/// Runs to the end, and says in a line what went wrong.
fn on_runtime<E: std::fmt::Display>(task: impl Future<Output = Result<(), E>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error, 1),
    };
    match runtime.block_on(Box::pin(task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error, 1),
    }
}

fn complain(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    // When even this cannot be written, the code has to do.
    let _ = writeln!(std::io::stderr(), "offerd: {error}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
