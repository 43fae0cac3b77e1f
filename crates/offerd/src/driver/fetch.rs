//! Asking somebody for an invoice, and waiting for the answer.

use std::task::Poll;
use std::time::Duration;

use bolt12::{InvoiceRequest, Offer};
use offerd_core::fetch::{Fetch, FetchArguments, FetchedInvoice, Reply, check_reply, prepare};
use offerd_core::port::{Destination, MessageContent, OutboundMessage, PortError};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::messages::INVOICE_REQUEST;
use super::world::random;
use super::{Attempt, CallError, Driver, Step, deadline, progress, timeout};

/// What a fetch brought.
#[derive(Clone, Debug)]
pub struct FetchOutcome {
    /// The checked invoice.
    pub fetched: FetchedInvoice,
    /// The request that it answers.
    pub request: InvoiceRequest,
    /// What was tried until then.
    pub attempts: Vec<Attempt>,
}

/// A request that was sent.
struct Asked<'a> {
    fetch: Fetch,
    waiter: ReplyWaiter<'a>,
    /// Which attempt it was, from 0.
    attempt: usize,
}

/// Until the first request is repeated, and twice that until the next.
const FIRST_PATIENCE: Duration = Duration::from_secs(4);
/// Requests at most, all paths together.
const MOST_ATTEMPTS: usize = 8;
/// What became of a request that was sent and not answered.
const NO_ANSWER: &str = "sent, no answer";
/// What became of the one that was.
const ANSWERED: &str = "answered";
/// Answers to one message that are kept until somebody looks at them; more are dropped.
const MOST_REPLIES: usize = 4;

impl Driver {
    /// Fetches an invoice for an offer within `within`. An unanswered request is repeated over the next path, with
    /// a fresh payer key each time (some issuers answer a key only once), and any of the answers will do.
    ///
    /// # Errors
    /// [`CallError`]; nothing has been paid or recorded in any case.
    pub async fn fetch_invoice(
        &self,
        offer: &Offer,
        arguments: &FetchArguments,
        within: Duration,
    ) -> Result<FetchOutcome, CallError> {
        let fresh = || {
            // req RW-41
            let metadata = random(&*self.ports.entropy)?;
            Ok(prepare(offer, arguments, metadata, &self.keys, &self.policy, self.now())?)
        };
        self.fetch_until(fresh, deadline(within)).await
    }

    /// Sends what `request` makes, until an answer comes or the time is over.
    pub(super) async fn fetch_until(
        &self,
        request: impl Fn() -> Result<Fetch, CallError>,
        deadline: Instant,
    ) -> Result<FetchOutcome, CallError> {
        let mut asked: Vec<Asked<'_>> = Vec::new();
        let mut attempts = Vec::new();
        let mut patience = FIRST_PATIENCE;
        for number in 0..MOST_ATTEMPTS {
            let fetch = request()?;
            // req OM-W4
            let to = fetch.destinations.iter().cycle().nth(number).cloned();
            let to = to.ok_or_else(|| PortError::rejected("the offer names nobody to ask"))?;
            let content =
                MessageContent { typ: INVOICE_REQUEST, bytes: fetch.request.bytes().to_vec() };
            let others = fetch.destinations.len();
            let (waiter, result) = self.ask(&to, content, number).await?;
            let outcome = match &result {
                Ok(()) => NO_ANSWER.to_owned(),
                Err(error) => error.to_string(),
            };
            let (at, to) = (self.now(), describe(&to));
            let attempt = Attempt { at, step: Step::Ask, to, outcome };
            progress::tell(&attempt);
            attempts.push(attempt);
            if result.is_ok() {
                asked.push(Asked { fetch, waiter, attempt: number });
            } else if number + 1 < others {
                continue;
            } else if asked.is_empty() {
                return Err(CallError::Unreachable { attempts });
            }
            let until = deadline.min(Instant::now() + patience);
            if let Some(outcome) = self.first_answer(&mut asked, &mut attempts, until).await? {
                return Ok(outcome);
            }
            if Instant::now() >= deadline {
                break;
            }
            patience *= 2;
        }
        match self.first_answer(&mut asked, &mut attempts, deadline).await? {
            Some(outcome) => Ok(outcome),
            None => Err(CallError::NoAnswer { attempts }),
        }
    }

    /// The first reply to any of our requests that is an invoice or a refusal.
    async fn first_answer(
        &self,
        asked: &mut [Asked<'_>],
        attempts: &mut Vec<Attempt>,
        until: Instant,
    ) -> Result<Option<FetchOutcome>, CallError> {
        let left = until.saturating_duration_since(Instant::now());
        let waiters = asked.iter_mut().map(|asked| &mut asked.waiter).collect();
        let Some((at, content)) = timeout(left, any_reply(waiters)).await else { return Ok(None) };
        let Some(Asked { fetch, attempt, .. }) = asked.get(at) else { return Ok(None) };
        match check_reply(fetch, &content, &self.keys, &self.policy, self.now())? {
            Reply::Invoice(fetched) => {
                let mut attempts = std::mem::take(attempts);
                if let Some(answered) = attempts.get_mut(*attempt) {
                    ANSWERED.clone_into(&mut answered.outcome);
                }
                let request = fetch.request.clone();
                Ok(Some(FetchOutcome { fetched, request, attempts }))
            }
            Reply::Refused(error) => Err(CallError::Refused(error)),
        }
    }

    /// Sends something with a reply path of ours and gives whoever waits for the answer.
    pub(super) async fn ask(
        &self,
        to: &Destination,
        content: MessageContent,
        attempt: usize,
    ) -> Result<(ReplyWaiter<'_>, Result<(), PortError>), PortError> {
        let path_id = random::<32>(&*self.ports.entropy)?.to_vec();
        let (sender, replies) = mpsc::channel(MOST_REPLIES);
        // req OM-R7
        self.memory().waiting.insert(path_id.clone(), sender);
        let waiter = ReplyWaiter { driver: self, path_id: path_id.clone(), replies };
        let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
        let message =
            OutboundMessage { to: to.clone(), content, reply_path_id: Some(path_id), attempt };
        let result = self.ports.onion.send(message).await;
        Ok((waiter, result))
    }
}

/// Waits for what comes over one reply path; the path is forgotten with it.
pub(super) struct ReplyWaiter<'a> {
    driver: &'a Driver,
    path_id: Vec<u8>,
    replies: mpsc::Receiver<MessageContent>,
}

impl Drop for ReplyWaiter<'_> {
    fn drop(&mut self) {
        self.driver.memory().waiting.remove(&self.path_id);
    }
}

/// The next reply to any of several requests, with its place among them. Pends for ever when there are none.
pub(super) async fn any_reply(mut waiters: Vec<&mut ReplyWaiter<'_>>) -> (usize, MessageContent) {
    std::future::poll_fn(|context| {
        for (at, waiter) in waiters.iter_mut().enumerate() {
            if let Poll::Ready(Some(content)) = waiter.replies.poll_recv(context) {
                return Poll::Ready((at, content));
            }
        }
        Poll::Pending
    })
    .await
}

pub(super) fn describe(to: &Destination) -> String {
    match to {
        Destination::Node(id) => format!("node {id}"),
        Destination::Path(path) => match path.first_node_id {
            bolt1::NodeRef::Id(id) => format!("blinded path at {id}"),
            bolt1::NodeRef::ChannelEnd { scid, .. } => format!("blinded path at channel {scid}"),
        },
    }
}
