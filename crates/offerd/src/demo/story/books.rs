//! The end of the story: each node's books add up to what it has.

use offerd_api::audit::{AuditLine, AuditView};
use serde_json::json;

use crate::demo::balances::sat;
use crate::demo::call::Call;
use crate::demo::error::DemoError;
use crate::demo::network::Network;
use crate::demo::node::Node;
use crate::demo::report::Report;
use crate::demo::wait::until;

/// All three nodes are asked whether what they have is what they have written down.
pub(super) async fn check(network: &Network, report: &mut Report) -> Result<(), DemoError> {
    report.step("audit", "The books add up, to the millisatoshi");
    for node in network.nodes() {
        let call = Call::new("audit");
        report.command(node, &call);
        let audit = balanced(node, &call).await?;
        let text = format!(
            "has {} sat, which is what came in ({}) less what went out ({})",
            sat_of(audit.have_msat),
            named(&audit.came_in),
            named(&audit.went_out),
        );
        let facts = json!({ "node": node.name(), "audit": audit });
        report.tell("audited", &text, facts);
    }
    Ok(())
}

/// Whoever forwarded or sent a payment is the last to know that it is over.
async fn balanced(node: &Node, call: &Call) -> Result<AuditView, DemoError> {
    let mut last = AuditView::default();
    let outcome = until(&format!("{}'s books add up", node.name()), async || {
        last = node.rpc().call(call).await?;
        Ok(last.balanced.then(|| last.clone()))
    })
    .await;
    match outcome {
        Err(DemoError::Timeout { .. }) => {
            Err(DemoError::Story(format!("{}'s books do not add up: {last:?}", node.name())))
        }
        outcome => outcome,
    }
}

/// Each line that is not nothing.
fn named(lines: &[AuditLine]) -> String {
    let lines = lines.iter().filter(|line| line.amount_msat != 0);
    let shown = lines.map(|line| format!("{} {}", line.name, sat_of(line.amount_msat)));
    shown.collect::<Vec<_>>().join(", ")
}

fn sat_of(msat: i64) -> String {
    let sign = if msat < 0 { "-" } else { "" };
    format!("{sign}{}", sat(msat.unsigned_abs()))
}
