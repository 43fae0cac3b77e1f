//! Redeeming somebody's promise to pay.

use std::time::Duration;

use bolt12::InvoiceError;
use offerd_core::invoice_book::{OwnInvoice, Promise, RedeemArguments, Redeeming};
use offerd_core::port::{MessageContent, PortError};
use offerd_core::rates::Rounding;
use offerd_core::receipt::{Receipt, ReceiptState, Source};
use offerd_core::{Batch, Event, Misuse};
use tokio::time::Instant;

use super::fetch::{ReplyWaiter, any_reply, describe};
use super::messages::{INVOICE, INVOICE_ERROR};
use super::world::random;
use super::{Attempt, CallError, Driver, Step, deadline};

/// A promise that was kept.
#[derive(Debug)]
pub struct Redeemed {
    /// The invoice.
    pub invoice: OwnInvoice,
    /// The payment.
    pub receipt: Receipt,
}

/// An invoice that is about to be sent.
struct Sending {
    own: OwnInvoice,
    /// Whether this call made it, so that nobody else has seen it.
    made_now: bool,
}

/// Until the invoice is sent again, and twice that until the next.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);

impl Driver {
    /// Makes an invoice for a promise, sends it, and waits for the payment. The same label with the same string
    /// takes up where an earlier call stopped waiting.
    ///
    /// # Errors
    /// [`CallError`]; after [`CallError::NotPaidYet`] the invoice may still be paid, and the label stays taken.
    pub async fn send_invoice(&self, arguments: RedeemArguments) -> Result<Redeemed, CallError> {
        let deadline = deadline(Duration::from_secs(arguments.timeout.0));
        let promise = Promise::read(&arguments.string)?;
        let mut arguments = arguments;
        let open_amount = arguments.amount.is_none();
        let mut lowered = false;
        loop {
            let sending = self.resume_or_make(&promise, arguments.clone()).await?;
            if let Some(receipt) = self.receipt_of(&sending.own)? {
                return Ok(Redeemed { invoice: sending.own, receipt });
            }
            let asked = sending.own.amount();
            match self.send_until(sending, &promise, deadline).await {
                // The two rates differ: what the payer's comes to will do, if that is not far below ours.
                Err(CallError::Refused(refusal)) if open_amount && !lowered => {
                    let offered = promise.offered_instead(&refusal, asked, &self.policy);
                    arguments.amount = Some(offered.ok_or(CallError::Refused(refusal))?);
                    lowered = true;
                }
                redeemed => return redeemed,
            }
        }
    }

    /// For a promise in a currency, where the caller says no amount: what it comes to by our own rate.
    async fn with_amount(
        &self,
        promise: &Promise,
        mut arguments: RedeemArguments,
    ) -> Result<RedeemArguments, CallError> {
        if let (Some(price), None) = (promise.fiat(), arguments.amount) {
            let rate = self.ports.rates.ask(price.currency()).await.map_err(|why| {
                let expected = format!(
                    "is required: the code pays {price}, and this node has no rate of its own ({why})"
                );
                Misuse::parameter("amount_msat", expected)
            })?;
            arguments.amount = rate.price.to_msat(price, Rounding::Down);
        }
        Ok(arguments)
    }

    /// The invoice of an earlier call of the same label, or a new one. Minting is awaited without the lock, so what
    /// was seen before may be otherwise afterwards; then it is done again.
    async fn resume_or_make(
        &self,
        promise: &Promise,
        arguments: RedeemArguments,
    ) -> Result<Sending, CallError> {
        loop {
            if let Some(own) = self.resumed(&arguments).await? {
                return Ok(Sending { own, made_now: false });
            }
            let own = self.mint_own(promise.clone(), arguments.clone()).await?;
            let _deciding = self.deciding.lock().await;
            let store = &self.ports.store;
            let label_is_free = store.own_invoice_by_label(&own.label)?.is_none();
            if label_is_free && store.next_invoice_row()? == own.row {
                self.commit(&Batch::of(Event::InvoiceMade(own.clone())))?;
                return Ok(Sending { own, made_now: true });
            }
        }
    }

    /// The invoice of an earlier call of the same label, if it is still good. An expired one frees its label.
    async fn resumed(&self, arguments: &RedeemArguments) -> Result<Option<OwnInvoice>, CallError> {
        let _deciding = self.deciding.lock().await;
        let Some(own) = self.ports.store.own_invoice_by_label(&arguments.label)? else {
            return Ok(None);
        };
        let receipts = self.ports.store.receipts_of(Source::Invoice(own.row))?;
        let paid = receipts.iter().any(Receipt::is_live);
        if paid || own.is_open_at(self.now()) || own.bolt11().is_some() {
            let same_amount = arguments.amount.is_none_or(|amount| Some(amount) == own.amount());
            let items = own.bolt12().and_then(|invoice| invoice.request_view().quantity());
            let same_items = arguments.quantity.is_none_or(|quantity| Some(quantity) == items);
            let period = own.bolt12().and_then(|invoice| invoice.recurring_payment());
            let same_period =
                arguments.period.is_none_or(|asked| period.is_some_and(|it| it.index == asked));
            let same_string = own.redeems() == Some(arguments.string.as_str());
            return if same_string && same_amount && same_items && same_period {
                Ok(Some(own))
            } else {
                Err(Misuse::InvoiceLabelTaken.into())
            };
        }
        self.commit(&Batch::of(Event::InvoiceRefused { row: own.row, at: self.now() }))?;
        Ok(None)
    }

    async fn mint_own(
        &self,
        promise: Promise,
        arguments: RedeemArguments,
    ) -> Result<OwnInvoice, CallError> {
        let arguments = self.with_amount(&promise, arguments).await?;
        let metadata = random(&*self.ports.entropy)?;
        let (row, now) = (self.ports.store.next_invoice_row()?, self.now());
        let paid = match promise.refund_for() {
            Some(hash) => self.ports.store.payments_of_hash(hash)?,
            None => Vec::new(),
        };
        let (keys, policy, names) = (&self.keys, &self.policy, (row, metadata));
        let redeeming = Redeeming::prepare(promise, arguments, names, &paid, keys, policy, now)?;
        let minted = self.ports.issuer.mint(redeeming.mint_order(&self.keys)?).await?;
        Ok(redeeming.finish(minted, &self.keys, &self.policy)?)
    }

    async fn send_until(
        &self,
        Sending { own, made_now }: Sending,
        promise: &Promise,
        deadline: Instant,
    ) -> Result<Redeemed, CallError> {
        let Some(invoice) = own.bolt12() else {
            return Err(PortError::corrupt("a redemption without an invoice").into());
        };
        let destinations = promise.destinations();
        let mut waiters: Vec<ReplyWaiter<'_>> = Vec::new();
        let mut attempts = Vec::new();
        let mut patience = FIRST_PATIENCE;
        for attempt in 0.. {
            let Some(to) = destinations.iter().cycle().nth(attempt) else { break };
            let content = MessageContent { typ: INVOICE, bytes: invoice.bytes().to_vec() };
            let (waiter, result) = self.ask(to, content, attempt).await?;
            match result {
                Ok(()) => waiters.push(waiter),
                Err(error) => {
                    let (at, step, to) = (self.now(), Step::Send, describe(to));
                    attempts.push(Attempt { at, step, to, outcome: error.to_string() });
                    let tried_all = attempts.len() >= destinations.len();
                    if !tried_all {
                        continue;
                    }
                    if waiters.is_empty() {
                        // An earlier call may have reached the payer.
                        if made_now {
                            self.give_up(&own).await?;
                        }
                        return Err(CallError::Unreachable { attempts });
                    }
                }
            }
            let until = deadline.min(Instant::now() + patience);
            if let Some(receipt) = self.paid_or_refused(&own, &mut waiters, until).await? {
                return Ok(Redeemed { invoice: own, receipt });
            }
            if Instant::now() >= deadline {
                break;
            }
            patience *= 2;
        }
        Err(CallError::NotPaidYet { invoice: invoice.to_string() })
    }

    /// Waits until the invoice is paid, or the other side refuses it.
    async fn paid_or_refused(
        &self,
        own: &OwnInvoice,
        waiters: &mut [ReplyWaiter<'_>],
        until: Instant,
    ) -> Result<Option<Receipt>, CallError> {
        let left = || until.saturating_duration_since(Instant::now());
        let refusal = tokio::select! {
            // In this order, so that the same happens on every run of a simulation.
            biased;
            paid = self.wait_for(left(), || self.receipt_of(own)) => return Ok(paid?),
            refusal = any_refusal(waiters) => refusal,
        };
        // A refusal may have crossed our payment: the payment counts.
        if self.give_up(own).await? {
            return Err(CallError::Refused(refusal));
        }
        Ok(self.wait_for(left(), || self.receipt_of(own)).await?)
    }

    fn receipt_of(&self, own: &OwnInvoice) -> Result<Option<Receipt>, PortError> {
        let receipts = self.ports.store.receipts_of(Source::Invoice(own.row))?;
        let paid = |receipt: &Receipt| matches!(receipt.state, ReceiptState::Paid { .. });
        Ok(receipts.into_iter().find(paid))
    }

    /// Frees the label of an invoice that will not be paid; `false` when a payment of it is being taken already.
    async fn give_up(&self, own: &OwnInvoice) -> Result<bool, CallError> {
        let _deciding = self.deciding.lock().await;
        let store = &self.ports.store;
        if store.receipts_of(Source::Invoice(own.row))?.iter().any(Receipt::is_live) {
            return Ok(false);
        }
        let stands = store.own_invoice(own.row)?.is_some_and(|own| own.refused_at.is_none());
        if stands {
            self.commit(&Batch::of(Event::InvoiceRefused { row: own.row, at: self.now() }))?;
        }
        Ok(true)
    }
}

/// The first readable `invoice_error` from any of our tries.
async fn any_refusal(waiters: &mut [ReplyWaiter<'_>]) -> InvoiceError {
    loop {
        let (_, content) = any_reply(waiters.iter_mut().collect()).await;
        if content.typ == INVOICE_ERROR
            && let Ok(error) = InvoiceError::decode(&content.bytes)
        {
            return error;
        }
    }
}
