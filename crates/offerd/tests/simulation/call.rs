//! Calls to the daemons, and what is promised about their ends.

use offerd::driver::CallError;
use offerd_core::port::Store as _;
use offerd_core::receipt::{Receipt, Source};
use tokio::task::JoinHandle;

use crate::process::Process;

/// How a call has ended, as far as labels are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallEnd {
    /// The invoice was refused, or could not be paid: its label is free.
    Refused,
    /// Any other way.
    Otherwise,
}

impl CallEnd {
    /// Of a call of this kind. Where fetching an invoice was refused, the label was not used at all.
    pub(crate) fn of<T>(kind: CallKind, result: &Result<T, CallError>) -> Self {
        match (kind, result) {
            (CallKind::Redeem, Err(CallError::Refused(_)))
            | (CallKind::Pay, Err(CallError::PaymentFailed { .. })) => Self::Refused,
            (_, Ok(_) | Err(_)) => Self::Otherwise,
        }
    }
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// To redeem a code.
    Redeem,
    /// To pay.
    Pay,
}

/// A call that runs.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) kind: CallKind,
    pub(crate) label: String,
    /// How it ended, and in which words.
    pub(crate) end: JoinHandle<(CallEnd, String)>,
}

impl Call {
    /// Whether its label stands for something that was not paid, and cannot be used for anything else.
    pub(crate) fn label_is_burned(&self, process: &Process) -> bool {
        let records = process.records();
        match self.kind {
            CallKind::Redeem => {
                let holder = records.own_invoice_by_label(&self.label).unwrap();
                holder.is_some_and(|own| {
                    let receipts = records.receipts_of(Source::Invoice(own.row)).unwrap();
                    !receipts.iter().any(Receipt::is_live)
                })
            }
            CallKind::Pay => {
                let newest = records.payment_by_label(&self.label).unwrap();
                newest.is_some_and(|payment| payment.is_pending())
            }
        }
    }
}
