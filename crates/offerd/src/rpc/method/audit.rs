//! `audit`

use offerd_api::audit::{AuditLine, AuditPosition, AuditView};
use offerd_core::audit::{Audit, Line, NodeBooks, Position, Uncertainty};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::view;

/// How often it is looked again when something has changed while the books were read.
const TRIES: usize = 20;

pub(super) async fn call(api: &Api) -> Outcome {
    let mut node = api.node.books().await?;
    for _ in 1..TRIES {
        let shown = look(api, &node)?;
        let after = api.node.books().await?;
        if after == node {
            return view::json(shown);
        }
        node = after;
    }
    let mut shown = look(api, &node)?;
    shown.hints.push("money was moving while the books were read".to_owned());
    view::json(shown)
}

fn look(api: &Api, node: &NodeBooks) -> Result<AuditView, offerd_api::ErrorObject> {
    let audit = api.driver.audit(node.clone()).map_err(|error| fault_object(&error))?;
    Ok(shown(&audit, node.forwards.count))
}

fn shown(audit: &Audit, forwards: u64) -> AuditView {
    let difference_msat = audit.difference_msat();
    AuditView {
        balanced: difference_msat == 0,
        difference_msat,
        have_msat: audit.have_msat(),
        booked_msat: audit.booked_msat(),
        have: lines(&audit.have),
        came_in: lines(&audit.came_in),
        went_out: lines(&audit.went_out),
        positions: audit.positions.iter().map(position).collect(),
        htlcs_out_msat: audit.htlcs_out_msat,
        htlcs_in_msat: audit.htlcs_in_msat,
        forwards,
        hints: if difference_msat == 0 { Vec::new() } else { hints(audit) },
    }
}

fn lines(lines: &[Line]) -> Vec<AuditLine> {
    let line =
        |line: &Line| AuditLine { name: line.name.to_owned(), amount_msat: line.amount_msat };
    lines.iter().map(line).collect()
}

fn position(position: &Position) -> AuditPosition {
    let status = match position.why {
        Uncertainty::Closing => "closing",
        Uncertainty::Vanished => "vanished",
        Uncertainty::NotInTheBooks => "not_in_the_books",
    };
    AuditPosition {
        status: status.to_owned(),
        channel_id: hex::encode(position.channel_id),
        amount_msat: position.amount_msat,
    }
}

/// What could explain a difference.
fn hints(audit: &Audit) -> Vec<String> {
    let mut hints = vec![match audit.difference_msat() {
        missing @ ..0 => format!("{}msat are missing", missing.unsigned_abs()),
        beyond => format!("{beyond}msat are there that the books do not know of"),
    }];
    if audit.ended_htlcs_msat > 0 {
        let amount = audit.ended_htlcs_msat;
        hints.push(format!("payments that were on their way when a channel ended: {amount}msat"));
    }
    if audit.unknown_fees > 0 {
        hints.push(format!("payments whose routing fee is not known: {}", audit.unknown_fees));
    }
    if audit.unknown_forwards > 0 {
        let count = audit.unknown_forwards;
        hints.push(format!("payments forwarded whose fee is not known: {count}"));
    }
    if !audit.positions.is_empty() {
        let count = audit.positions.len();
        hints.push(format!("channels whose state is not certain, see positions: {count}"));
    }
    hints
}

#[cfg(test)]
mod tests {
    use bolt1::Msat;
    use offerd_core::audit::{PaymentBook, WalletBook};

    use super::*;

    #[test]
    fn a_difference_is_named_with_what_could_explain_it() {
        let wallet = WalletBook { deposits: Msat::new(5_000).unwrap(), ..WalletBook::default() };
        let books = NodeBooks { wallet, ..NodeBooks::default() };
        let payments = PaymentBook { unknown_fees: 2, ..PaymentBook::default() };
        let shown = shown(&Audit::of(&books, &payments), 0);
        assert!(!shown.balanced);
        assert_eq!((shown.difference_msat, shown.have_msat, shown.booked_msat), (-5_000, 0, 5_000));
        assert_eq!(
            shown.hints,
            ["5000msat are missing", "payments whose routing fee is not known: 2"]
        );
    }
}
