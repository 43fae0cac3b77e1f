//! Checking what the node has by what the books say.

use offerd_core::audit::{Audit, NodeBooks, PaymentBook};
use offerd_core::payment::{PaymentEnd, PaymentState};
use offerd_core::port::{Page, PortError};
use offerd_core::receipt::ReceiptState;

use super::Driver;

impl Driver {
    /// The audit of what the node tells of itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn audit(&self, mut node: NodeBooks) -> Result<Audit, PortError> {
        for htlc in node.open_htlcs() {
            htlc.settled = if htlc.incoming {
                let receipts = self.store().receipts_of_hash(htlc.payment_hash)?;
                receipts.iter().any(|it| matches!(it.state, ReceiptState::Paid { .. }))
            } else {
                let payments = self.store().payments_of_hash(htlc.payment_hash)?;
                payments
                    .iter()
                    .any(|it| matches!(it.state, PaymentState::Ended(PaymentEnd::Paid { .. })))
            };
        }
        let (receipts, payments) =
            (self.store().receipts(Page::ALL)?, self.store().payments(Page::ALL)?);
        let receipts = receipts.iter().map(|receipt| &receipt.row);
        let payments = PaymentBook::of(receipts, payments.iter().map(|payment| &payment.row));
        Ok(Audit::of(&node, &payments))
    }
}
