//! Chores of the repository, one file each. Run `cargo xtask <chore>`.

mod arch;
mod metadata;
mod portable;
mod requirements;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <chore>

chores:
  arch          check who depends on whom, and the size of files
  portable      build the crates of the specification with all choices of features, and without std
  requirements  check that code and tests name each requirement of the specification";

fn main() -> ExitCode {
    let chore = env::args().nth(1).unwrap_or_default();
    let findings = match chore.as_str() {
        "arch" => arch::check(),
        "portable" => portable::check(),
        "requirements" => requirements::check(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match findings {
        Ok(findings) if findings.is_empty() => {
            println!("{chore}: nothing to complain about");
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            for finding in &findings {
                eprintln!("{finding}");
            }
            eprintln!("{chore}: {} findings", findings.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{chore}: {error}");
            ExitCode::FAILURE
        }
    }
}
