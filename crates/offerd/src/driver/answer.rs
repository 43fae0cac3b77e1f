//! Answering requests for invoices.

use bolt1::Timestamp;
use bolt12::{Invoice, InvoiceRequest};
use offerd_core::offer_book::{OfferEntry, Quote, authenticate};
use offerd_core::port::{
    Destination, InboundMessage, MessageContent, OutboundMessage, PortError, PortErrorKind,
};
use offerd_core::receipt::Source;
use offerd_core::{Ignored, PaymentHash, Refusal};
use tracing::field::display;
use tracing::{Span, debug, instrument, warn};

use super::messages::{INVOICE, INVOICE_ERROR};
use super::{Driver, Figure, Touched};

impl Driver {
    // Shown by `--log-level debug` alone: whoever has the code could fill the log with it.
    #[instrument(
        name = "invoice_request",
        level = "debug",
        skip_all,
        fields(offer_id, payment_hash)
    )]
    pub(super) async fn on_invoice_request(&self, message: InboundMessage) -> Result<(), Ignored> {
        let request =
            InvoiceRequest::decode(&message.content.bytes).map_err(|_| Ignored::Undecodable)?;
        let store = &self.ports.store;
        // Whoever did not come by the way of a code of ours has us do this much, be there such a code or not.
        let way = or_silence(store.offer_way(&request.offer_id()))?.ok_or(Ignored::NotOurs)?;
        if !way.is(message.path_id.as_deref()) {
            return Err(Ignored::WrongPath);
        }
        let entry = or_silence(store.offer_by_id(&request.offer_id()))?.ok_or(Ignored::NotOurs)?;
        Span::current().record("offer_id", display(request.offer_id()));
        let answer = self.answer(&entry, &request, &message).await?;
        let word = match &answer {
            None => "cancelled",
            Some(Ok(_)) => "answered",
            Some(Err(refusal)) => refusal.word(),
        };
        self.tally.count(Figure::InvoiceRequests, word);
        let Some(answer) = answer else { return Ok(()) };
        let content = match answer {
            Ok(invoice) => {
                let hash = PaymentHash(invoice.payment_hash());
                Span::current().record("payment_hash", display(hash));
                debug!(offer_id = %request.offer_id(), amount = %invoice.amount(), "invoice sent");
                MessageContent { typ: INVOICE, bytes: invoice.bytes().to_vec() }
            }
            Err(refusal) => {
                debug!(offer_id = %request.offer_id(), %refusal, "invoice request refused");
                error_message(&refusal)
            }
        };
        self.reply(message.reply_path.as_ref(), content).await;
        Ok(())
    }

    /// What is said to a request; `None` where it wants no answer.
    async fn answer(
        &self,
        entry: &OfferEntry,
        request: &InvoiceRequest,
        message: &InboundMessage,
    ) -> Result<Option<Result<Invoice, Refusal>>, Ignored> {
        let path_id = message.path_id.as_deref();
        let authenticated = authenticate(entry, request, path_id, &self.policy)?;
        let now = self.now();
        match self.cancel_series(&authenticated, now).await {
            Ok(false) => {}
            Ok(true) => return Ok(None),
            Err(refusal) => return Ok(Some(Err(refusal))),
        }
        let rate = authenticated.currency().and_then(|currency| self.rate_now(currency));
        let series = match self.series_of(&authenticated) {
            Ok(series) => series,
            Err(refusal) => return Ok(Some(Err(refusal))),
        };
        let series = series.as_ref();
        let quote = match authenticated.quote(rate.as_ref(), series, &self.keys, now) {
            Ok(quote) => quote,
            Err(refusal) => return Ok(Some(Err(refusal))),
        };
        Ok(Some(self.invoice_for(quote, message, now).await))
    }

    /// The invoice for a request that will be answered: the one of before, or a new one.
    async fn invoice_for(
        &self,
        quote: Quote<'_>,
        message: &InboundMessage,
        now: Timestamp,
    ) -> Result<Invoice, Refusal> {
        let key = quote.receipt_key(&self.keys);
        match self.ports.store.receipt(&key) {
            Ok(None) => {}
            Ok(Some(_)) => return Err(Refusal::AlreadyPaid),
            Err(error) => {
                warn!(%error, "receipts could not be read");
                return Err(Refusal::Unavailable);
            }
        }
        // req RR-06
        if let Some(invoice) = self.memory().window.valid(&key, now)
            && quote.is_met_by(invoice, &self.policy)
        {
            return Ok(invoice.clone());
        }
        let draft = quote.draft(&self.keys, &self.policy, now);
        let draft = match self.memory().window.last(&key) {
            Some(previous) => draft.in_place_of(previous),
            None => draft,
        };
        let order = draft.mint_order()?;
        let minted = match self.ports.issuer.mint(order).await {
            Ok(minted) => minted,
            Err(error) if error.kind == PortErrorKind::Unavailable => {
                warn!(%error, "no invoice could be made");
                return Err(Refusal::CannotReceive);
            }
            Err(error) => {
                warn!(%error, "no invoice could be made");
                return Err(Refusal::Unavailable);
            }
        };
        let priced = draft.priced().cloned();
        let invoice = draft.finish(minted, &self.keys)?;
        self.tally.count(Figure::InvoicesMade, "");
        let mut memory = self.memory();
        memory.window.insert(key, invoice.clone(), message.from_peer);
        if let Some(priced) = priced {
            memory.window.note_price(&key, priced);
        }
        drop(memory);
        if let Source::Offer(row) = key.source {
            self.touch(Touched::Offer(row));
        }
        Ok(invoice)
    }

    /// Sends an answer over the reply path, if there is one. A lost answer is asked for again.
    pub(super) async fn reply(
        &self,
        reply_path: Option<&bolt4::BlindedPath>,
        content: MessageContent,
    ) {
        let Some(path) = reply_path else { return };
        if let Err(error) = self.send_over(path, content).await {
            debug!(%error, "an answer could not be sent");
        }
    }

    pub(super) async fn send_over(
        &self,
        path: &bolt4::BlindedPath,
        content: MessageContent,
    ) -> Result<(), PortError> {
        // req RR-16, OM-R10
        let to = Destination::Path(path.clone());
        self.ports
            .onion
            .send(OutboundMessage { to, content, reply_path_id: None, attempt: 0 })
            .await
    }

    /// Reads the store, for those who answer strangers: a fault of ours is logged and hidden.
    pub(super) fn read_or_hide<T>(&self, read: Result<T, PortError>) -> Result<T, Refusal> {
        read.map_err(|error| {
            warn!(%error, "the store could not be read");
            Refusal::Unavailable
        })
    }
}

/// What the store says, before it is clear that whoever asks may have an answer: a fault of ours is logged, and he hears
/// nothing.
pub(super) fn or_silence<T>(read: Result<T, PortError>) -> Result<T, Ignored> {
    read.map_err(|error| {
        warn!(%error, "the store could not be read");
        Ignored::NotOurs
    })
}

pub(super) fn error_message(refusal: &Refusal) -> MessageContent {
    MessageContent { typ: INVOICE_ERROR, bytes: refusal.to_invoice_error().encode() }
}
