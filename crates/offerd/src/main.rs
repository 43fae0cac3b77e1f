//! `offerd`: the daemon, and with the feature `demo` a chain and a demonstration of its own.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use offerd::config::{Config, FlagArgs, option};

/// An offers node for the Lightning Network.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon. Options may also stand in offerd.toml, or in the environment as OFFERD_…
    Run(FlagArgs),
    /// Put a node that was lost into an empty directory, so that `run` gets its funds back.
    Restore(offerd::restore::RestoreArgs),
    /// Print a configuration file with every option explained.
    SampleConfig,
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
    let command = CommandLine::parse().command;
    match command {
        Command::SampleConfig => {
            let written = std::io::stdout().write_all(option::sample().as_bytes());
            if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Command::Restore(args) => match offerd::restore::restore(&args, std::env::home_dir()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error, 1),
        },
        Command::Run(flags) => {
            let variables = std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect();
            match Config::load(&flags.0, &variables, std::env::home_dir()) {
                Ok(config) => {
                    offerd::log::begin(&config.log);
                    on_runtime(offerd::run::run(config))
                }
                Err(error) => complain(&error, USAGE),
            }
        }
        #[cfg(feature = "demo")]
        Command::Demo(args) => on_runtime(offerd::demo::run(args)),
        #[cfg(feature = "demo")]
        Command::Regtest(args) => on_runtime(offerd::regtest::run(args)),
    }
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
