//! `offer-cli METHOD …`: one call of the daemon's JSON-RPC from the command line.
//!
//! It knows no method by itself: names, parameters and help come from `offerd-api`. `decode` needs no daemon.

mod args;
mod ask;
mod color;
mod connect;
mod date;
mod document;
mod exit;
mod export;
mod params;
mod progress;
mod qr;
mod render;

use std::io::Write;
use std::process::ExitCode;

use offerd_api::decode::decode;
use offerd_api::{method, schema};
use serde_json::Value;

use args::{Call, Task};
use color::Colors;
use exit::{Exit, Failure};
use progress::Watcher;
use render::Style;

fn main() -> ExitCode {
    let command_line = match args::read(std::env::args_os()) {
        Ok(command_line) => command_line,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            // Nothing is left to be told when even this cannot be printed.
            let _ = error.print();
            return exit.into();
        }
    };
    let outcome = match &command_line.task {
        Task::Completion(shell) => {
            args::write_completion(*shell, &mut std::io::stdout());
            return Exit::Ok.into();
        }
        Task::Schema(method) => Ok(schema::of(method)),
        Task::Manual(dir) => return written(document::write_manual(dir)),
        Task::Reference(dir) => return written(document::write_reference(dir)),
        Task::Export(wanted) => {
            return match export::export(wanted) {
                Ok(text) => {
                    print(&mut std::io::stdout(), &text);
                    Exit::Ok.into()
                }
                Err(failure) => fail(&failure, command_line.style),
            };
        }
        Task::Call(call) => run(call),
    };
    match outcome {
        Ok(result) => {
            let colors = Colors::for_output(&std::io::stdout());
            let shown = render::result_in(&result, command_line.style, colors);
            print(&mut std::io::stdout(), &shown);
            if command_line.qr {
                show_picture(&result, command_line.style);
            }
            exit::of_result(&result).into()
        }
        Err(failure) => fail(&failure, command_line.style),
    }
}

/// The result's code as a picture; beside JSON it goes where it does not disturb whoever reads that.
fn show_picture(result: &Value, style: Style) {
    let picture = qr::of_result(result);
    let picture = picture.unwrap_or_else(|why| format!("offer-cli: --qr: {why}\n"));
    match style {
        Style::Human => print(&mut std::io::stdout(), &picture),
        Style::Json | Style::Flat => print(&mut std::io::stderr(), &picture),
    }
}

fn fail(failure: &Failure, style: Style) -> ExitCode {
    let colors = Colors::for_output(&std::io::stderr());
    print(&mut std::io::stderr(), &render::failure(failure, style, colors));
    failure.exit().into()
}

/// How writing documents ended.
fn written(outcome: std::io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => Exit::Ok.into(),
        Err(error) => {
            print(&mut std::io::stderr(), &format!("offer-cli: {error}\n"));
            Exit::Refused.into()
        }
    }
}

/// Carries out a call: here when it is `decode`, else by the daemon.
fn run(call: &Call) -> Result<Value, Failure> {
    let method = method::find(&call.method);
    let params = params::build(method, &call.args, call.naming).map_err(Failure::Usage)?;
    if method.is_some_and(|method| method.name == "decode") {
        let string = params.get("string").or_else(|| params.get(0)).and_then(Value::as_str);
        return Ok(Value::Object(decode(string.unwrap_or_default()).view));
    }
    let socket = call.place.socket().map_err(Failure::Usage)?;
    let ask = |name: &str, params| {
        let waiting = connect::Waiting { timeout: call.timeout, watcher: Watcher::at_terminal() };
        connect::call(&socket, name, params, None, waiting)
    };
    let params = match method.filter(|method| call.asks && ask::is_payment(method)) {
        Some(method) => {
            let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout());
            ask::agree(method, params, &ask, &mut input, &mut output)?
        }
        None => params,
    };
    let waiting = connect::Waiting { timeout: call.timeout, watcher: Watcher::at_terminal() };
    connect::call(&socket, &call.method, params, call.filter.as_ref(), waiting)
}

/// A closed pipe is the reader's business.
fn print(to: &mut dyn Write, text: &str) {
    let _ = to.write_all(text.as_bytes());
}

impl Style {
    /// What suits an output that is, or is not, a terminal.
    fn for_output(terminal: bool) -> Self {
        if terminal { Self::Human } else { Self::Json }
    }
}
