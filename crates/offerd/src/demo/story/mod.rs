//! The story: what people do with codes, played with real messages and real payments.
//!
//! Each step makes the calls that a person would make, checks what came of them on both sides, and tells it. A step
//! that goes otherwise than it should ends the demo with the reason.

mod books;
mod coffee;
mod donation;
mod magazine;
mod mistakes;
mod payout;

use offerd_api::invoice::{InvoiceList, InvoiceView};

use super::balances::Balances;
use super::call::Call;
use super::error::DemoError;
use super::network::Network;
use super::node::Node;
use super::report::Report;
use super::wait::until;

/// Plays all of it.
pub(super) async fn play(network: &Network, report: &mut Report) -> Result<(), DemoError> {
    report.balances(Balances::read(network).await?);
    let code = coffee::offer(network, report).await?;
    coffee::pay(network, report, &code).await?;
    let payout = payout::redeem(network, report).await?;
    payout::redeem_again(network, report, &payout).await?;
    magazine::read(network, report).await?;
    donation::give(network, report).await?;
    mistakes::make(network, report, &code).await?;
    books::check(network, report).await
}

/// Waits until this payment of a node's invoice is on its record, and returns the record.
async fn receipt(node: &Node, payment_hash: &str) -> Result<InvoiceView, DemoError> {
    let call = Call::new("listinvoices").with("payment_hash", payment_hash);
    until(&format!("{} shows the payment", node.name()), async || {
        let list: InvoiceList = node.rpc().call(&call).await?;
        Ok(list.invoices.into_iter().find(|invoice| invoice.status == "paid"))
    })
    .await
}

/// Waits until what the nodes have, as they see it, is what it should be. The last to know that a payment is over is
/// whoever sent or forwarded it.
async fn settled(
    network: &Network,
    what: &str,
    is_so: impl Fn(&Balances) -> bool,
) -> Result<Balances, DemoError> {
    until(what, async || {
        let balances = Balances::read(network).await?;
        Ok(is_so(&balances).then_some(balances))
    })
    .await
}
