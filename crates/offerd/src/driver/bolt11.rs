//! Making invoices of BOLT 11.

use offerd_core::invoice_book::{Bolt11Arguments, OwnInvoice};
use offerd_core::{Batch, Event, Misuse};

use super::{CallError, Driver};

/// An invoice that was made.
#[derive(Debug)]
pub struct Bolt11Made {
    /// It.
    pub invoice: OwnInvoice,
    /// The secret that its payer shows, 32 bytes.
    pub payment_secret: [u8; 32],
}

impl Driver {
    /// Makes an invoice of BOLT 11. It is on record, under its label, before anybody sees it.
    ///
    /// # Errors
    /// [`Misuse::InvoiceLabelTaken`], or what such an invoice cannot say; nothing was made.
    pub async fn create_bolt11(&self, arguments: Bolt11Arguments) -> Result<Bolt11Made, CallError> {
        let order = arguments.order()?;
        self.require_free_label(&arguments.label)?;
        let minted = self.ports.issuer.mint_bolt11(order).await?;
        let _deciding = self.deciding.lock().await;
        // Looked at again, now that nobody else can take it.
        self.require_free_label(&arguments.label)?;
        let row = self.ports.store.next_invoice_row()?;
        let invoice = arguments.record(row, &minted, self.now());
        self.commit(&Batch::of(Event::InvoiceMade(invoice.clone())))?;
        Ok(Bolt11Made { invoice, payment_secret: minted.payment_secret })
    }

    fn require_free_label(&self, label: &str) -> Result<(), CallError> {
        match self.ports.store.own_invoice_by_label(label)? {
            Some(_) => Err(Misuse::InvoiceLabelTaken.into()),
            None => Ok(()),
        }
    }
}
