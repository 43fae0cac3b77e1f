//! `offerd demo`: a network of three nodes on a chain of its own, and a story played in it.
//!
//! The chain ([`offerd_regtest`]) runs in this process and is served as bitcoind's JSON-RPC. Each node is a process
//! of its own, this same program as `offerd run`, and is spoken to over its socket alone, as anybody would.
//!
//! What happens is told by [`report`](self), to people or as one JSON object a line:
//! `{"step":"pay","event":"paid","text":"…",…}`. Nothing else goes to standard output.

mod balances;
mod call;
mod client;
mod error;
mod folder;
mod network;
mod node;
mod qr;
mod report;
mod story;
mod wait;

use std::path::PathBuf;

use serde_json::json;

pub use error::DemoError;

use crate::shutdown::Shutdown;
use call::Call;
use folder::Folder;
use network::Network;
use report::Report;

/// Options of `offerd demo`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// End after the story instead of keeping the network up until Ctrl-C.
    #[arg(long, conflicts_with = "no_story")]
    pub once: bool,
    /// Start the network only, and print a line `ready` when it can be used.
    #[arg(long)]
    pub no_story: bool,
    /// Keep everything in this folder, which must be empty or new: DIR/shop, DIR/atm and DIR/customer, each with its
    /// socket offerd-rpc. Without it, a temporary folder is used and removed at the end.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Print one JSON object a line, and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// Runs the demo to its end.
///
/// # Errors
/// [`DemoError`] when anything went otherwise than it should. The folder with its logs is kept then.
pub async fn run(args: Args) -> Result<(), DemoError> {
    let shutdown = Shutdown::new();
    shutdown.on_signals().map_err(DemoError::system("listening to signals"))?;
    let mut report = Report::new(args.json);
    let folder = Folder::open(args.dir.clone())?;
    let outcome = play(&args, &folder, &mut report, &shutdown).await;
    match &outcome {
        Ok(()) | Err(DemoError::Interrupted) => {}
        Err(error) => {
            let path = folder.keep();
            let text =
                format!("\nThis failed. Everything, with the logs, is left in {}.", path.display());
            report.tell("failed", &text, json!({ "reason": error.to_string(), "dir": path }));
        }
    }
    outcome
}

async fn play(
    args: &Args,
    folder: &Folder,
    report: &mut Report,
    shutdown: &Shutdown,
) -> Result<(), DemoError> {
    let interruption = || async {
        shutdown.requested().await;
        DemoError::Interrupted
    };
    let mut network = tokio::select! {
        network = Network::start(folder, report) => network?,
        interrupted = interruption() => return Err(interrupted),
    };
    report.line("ready", network.facts());
    let mut outcome = Ok(());
    if !args.no_story {
        outcome = tokio::select! {
            outcome = story::play(&network, report) => outcome,
            interrupted = interruption() => Err(interrupted),
        };
    }
    if outcome.is_ok() && !args.once {
        explain(&network, folder, report);
        outcome = network.watch(report, shutdown).await;
    }
    let stopping = network.stop();
    let stopped = report.work("stopping the nodes", stopping).await;
    if outcome.is_ok() && !args.no_story && args.once {
        report.tell("done", "\nThat was the story.", json!({}));
    }
    outcome.and(stopped)
}

/// What a person can do with the network now.
fn explain(network: &Network, folder: &Folder, report: &Report) {
    let mut text =
        String::from("\nThe network stays up until Ctrl-C. Each node answers offer-cli:\n");
    for node in network.nodes() {
        text.push_str(&format!("  {}\n", report.command_line(node, "getinfo")));
    }
    let example =
        Call::new("offer").with("amount", "500sat").with("description", "a code of my own");
    text.push_str("Make a code of your own, and pay it as the customer:\n");
    text.push_str(&format!("  {}\n", report.command_line(&network.shop, &example.command())));
    text.push_str(&format!("  {}\n", report.command_line(&network.customer, "pay lno1…")));
    let order = Call::new("checkout").with("amount", "500sat").with("description", "an order");
    text.push_str("Make an order, open its checkout_url in a browser, and pay it:\n");
    text.push_str(&format!("  {}\n", report.command_line(&network.shop, &order.command())));
    let fate = if folder.is_temporary() { "goes with it" } else { "stays" };
    text.push_str(&format!("Everything is in {}, which {fate}.", folder.path().display()));
    report.tell("up", &text, json!({ "dir": folder.path() }));
}
