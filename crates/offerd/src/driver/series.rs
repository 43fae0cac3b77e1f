//! Paying an offer again and again, one payment at a time.

use bolt12::{InvoiceRequest, Offer};
use offerd_core::Misuse;
use offerd_core::fetch::{
    FetchArguments, Past, SeriesArguments, period_key, prepare, series_metadata,
};
use offerd_core::port::{MessageContent, OutboundMessage, PortError};

use super::messages::INVOICE_REQUEST;
use super::{Attempt, CallError, Driver, Step, fetch};

/// Which payment of a series a caller means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesCall {
    /// The caller's name for the series: the payer's key follows from it.
    pub label: String,
    /// Payments of the series before this one.
    pub counter: u32,
    /// The period of the first payment, where the offer has a base.
    pub start: Option<u32>,
    /// Whether it is to end instead.
    pub cancel: bool,
}

impl Driver {
    /// What a call about a series comes to, with what our records say of it.
    ///
    /// # Errors
    /// [`Misuse::AlreadyPaid`] where this very payment was made.
    pub fn series(&self, offer: &Offer, call: &SeriesCall) -> Result<SeriesArguments, CallError> {
        let offer_id = offer.id();
        let metadata = series_metadata(&self.keys, &offer_id, &call.label);
        let payer_id = self.keys.payer(&metadata).public_key();
        let paid = |counter| {
            let key = period_key(&offer_id, &payer_id, counter);
            let payments = self.ports.store.payments_by_request(&key)?;
            Ok::<_, PortError>(payments.into_iter().find(|payment| payment.is_paid()))
        };
        let SeriesCall { counter, start, cancel, .. } = *call;
        if paid(counter)?.is_some() {
            return Err(Misuse::AlreadyPaid.into());
        }
        let previous = match counter.checked_sub(1) {
            Some(previous) => paid(previous)?,
            None => None,
        };
        let past = match previous.as_ref().and_then(|payment| payment.invoice.bolt12()) {
            Some(invoice) => Past::Paid(Box::new(invoice.clone())),
            None => {
                let mut next = 0;
                while next < counter && paid(next)?.is_some() {
                    next += 1;
                }
                next.checked_sub(1).map_or(Past::Unknown, |last| Past::Unpaid { last })
            }
        };
        Ok(SeriesArguments { counter, start, cancel, metadata, past })
    }

    /// Tells the issuer that a series of ours ends. There is no answer to that: it is told when the message is on its
    /// way. Gives the request that was sent.
    ///
    /// # Errors
    /// [`CallError`]; the issuer was told nothing.
    pub async fn cancel_recurring(
        &self,
        offer: &Offer,
        call: &SeriesCall,
        payer_note: Option<String>,
    ) -> Result<InvoiceRequest, CallError> {
        if offer.recurrence().is_none() {
            return Err(Misuse::parameter("offer", "does not recur").into());
        }
        let series = Some(self.series(offer, &SeriesCall { cancel: true, ..call.clone() })?);
        let arguments = FetchArguments { payer_note, series, ..FetchArguments::default() };
        let fetch = prepare(offer, &arguments, [0; 32], &self.keys, &self.policy, self.now())?;
        let mut attempts = Vec::new();
        for to in fetch.destinations {
            let bytes = fetch.request.bytes().to_vec();
            let content = MessageContent { typ: INVOICE_REQUEST, bytes };
            let described = fetch::describe(&to);
            let message = OutboundMessage { to, content, reply_path_id: None, attempt: 0 };
            let Err(error) = self.ports.onion.send(message).await else { return Ok(fetch.request) };
            let (at, outcome) = (self.now(), error.to_string());
            attempts.push(Attempt { at, step: Step::Ask, to: described, outcome });
        }
        Err(CallError::Unreachable { attempts })
    }
}
