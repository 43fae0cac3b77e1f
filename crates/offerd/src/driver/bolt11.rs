//! Making invoices of BOLT 11.

use offerd_core::invoice_book::{Bolt11Arguments, OwnInvoice};
use offerd_core::port::Bolt11Refused;
use offerd_core::{Batch, Event, Misuse, PaymentHash};

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
        let minted = self.ports.issuer.mint_bolt11(order).await.map_err(refused)?;
        let _deciding = self.deciding.lock().await;
        // Looked at again, now that nobody else can take it.
        self.require_free_label(&arguments.label)?;
        if self.ports.store.bolt11_by_hash(PaymentHash(minted.payment_hash))?.is_some() {
            return Err(Misuse::InvoicePreimageTaken.into());
        }
        let row = self.ports.store.next_invoice_row()?;
        let invoice = arguments.record(row, &minted, self.now());
        self.commit(&Batch::of(Event::InvoiceMade(invoice.clone())))?;
        Ok(Bolt11Made { invoice, payment_secret: minted.payment_secret })
    }

    /// Whether such an invoice could be made now, as far as that can be told without making it.
    ///
    /// # Errors
    /// As [`Driver::create_bolt11`].
    pub fn check_bolt11(&self, arguments: &Bolt11Arguments) -> Result<(), CallError> {
        arguments.order()?;
        self.require_free_label(&arguments.label)
    }

    fn require_free_label(&self, label: &str) -> Result<(), CallError> {
        match self.ports.store.own_invoice_by_label(label)? {
            Some(_) => Err(Misuse::InvoiceLabelTaken.into()),
            None => Ok(()),
        }
    }
}

/// The refusal under the name of the parameter that is to blame.
fn refused(refused: Bolt11Refused) -> CallError {
    let (parameter, expected) = match refused {
        Bolt11Refused::Fallback(why) => ("fallbacks", why),
        Bolt11Refused::FinalDelay(why) => ("cltv", why),
        Bolt11Refused::Channel(why) => ("exposeprivatechannels", why),
        Bolt11Refused::Fault(fault) => return fault.into(),
    };
    Misuse::parameter(parameter, expected).into()
}
