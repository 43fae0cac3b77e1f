//! Invoices that were made and not paid yet, as long as there is room for them.

use std::collections::{BTreeMap, VecDeque};

use bolt1::Timestamp;
use bolt12::Invoice;

use super::{ReceiptKey, Source};
use crate::id::PaymentHash;
use crate::rates::Priced;

/// The last unpaid invoices, in memory only and bounded in number and bytes. When it is full, the peer through
/// which most of it came loses its oldest entry: a flood from one peer pushes out its own.
#[derive(Debug)]
pub struct InvoiceWindow<P> {
    max_entries: usize,
    max_bytes: usize,
    bytes: usize,
    entries: BTreeMap<ReceiptKey, Entry<P>>,
    by_hash: BTreeMap<PaymentHash, ReceiptKey>,
    by_peer: BTreeMap<P, PeerShare>,
}

#[derive(Debug)]
struct Entry<P> {
    invoice: Invoice,
    priced: Option<Priced>,
    peer: P,
}

#[derive(Debug, Default)]
struct PeerShare {
    bytes: usize,
    oldest_first: VecDeque<ReceiptKey>,
}

impl<P: Ord + Clone> InvoiceWindow<P> {
    /// An empty window of at most `max_entries` invoices and `max_bytes` bytes.
    pub fn new(max_entries: usize, max_bytes: usize) -> Self {
        Self {
            max_entries,
            max_bytes,
            bytes: 0,
            entries: BTreeMap::new(),
            by_hash: BTreeMap::new(),
            by_peer: BTreeMap::new(),
        }
    }

    /// What an invoice counts, in bytes: about what it takes in memory, where most of it is kept twice, as it was
    /// read and as fields. The names of rate sources beside it are a few bytes of our own configuration.
    pub fn weight(invoice: &Invoice) -> usize {
        invoice.bytes().len().saturating_mul(2).saturating_add(size_of::<Entry<P>>())
    }

    /// The invoice made for this request, unless it has expired.
    pub fn valid(&self, key: &ReceiptKey, now: Timestamp) -> Option<&Invoice> {
        self.entries
            .get(key)
            .map(|entry| &entry.invoice)
            .filter(|invoice| !invoice.is_expired_at(now))
    }

    /// The last invoice made for this request, expired or not.
    pub fn last(&self, key: &ReceiptKey) -> Option<&Invoice> {
        self.entries.get(key).map(|entry| &entry.invoice)
    }

    /// The invoice of this payment hash.
    pub fn by_hash(&self, hash: &PaymentHash) -> Option<&Invoice> {
        self.by_hash.get(hash).and_then(|key| self.entries.get(key)).map(|entry| &entry.invoice)
    }

    /// What was noted of the price of the invoice of this payment hash.
    pub fn priced(&self, hash: &PaymentHash) -> Option<&Priced> {
        self.by_hash.get(hash).and_then(|key| self.entries.get(key))?.priced.as_ref()
    }

    /// Notes the price of the invoice of this request beside it.
    pub fn note_price(&mut self, key: &ReceiptKey, priced: Priced) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.priced = Some(priced);
        }
    }

    /// All of them, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&ReceiptKey, &Invoice)> {
        self.entries.iter().map(|(key, entry)| (key, &entry.invoice))
    }

    /// Those made for requests of this source.
    pub fn of_source(&self, source: Source) -> impl Iterator<Item = &Invoice> {
        let first = ReceiptKey { source, request_mac: [0; 10] };
        let last = ReceiptKey { source, request_mac: [0xff; 10] };
        self.entries.range(first..=last).map(|(_, entry)| &entry.invoice)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Remembers an invoice that came of a request through `peer`, replacing an older one for the same request.
    pub fn insert(&mut self, key: ReceiptKey, invoice: Invoice, peer: P) {
        self.remove(&key);
        let size = Self::weight(&invoice);
        if size > self.max_bytes || self.max_entries == 0 {
            return;
        }
        while self.entries.len() >= self.max_entries
            || self.bytes.saturating_add(size) > self.max_bytes
        {
            self.evict();
        }
        self.bytes = self.bytes.saturating_add(size);
        self.by_hash.insert(PaymentHash(invoice.payment_hash()), key);
        let share = self.by_peer.entry(peer.clone()).or_default();
        share.bytes = share.bytes.saturating_add(size);
        share.oldest_first.push_back(key);
        self.entries.insert(key, Entry { invoice, priced: None, peer });
    }

    /// Forgets the invoice of this request, because it was paid.
    pub fn remove(&mut self, key: &ReceiptKey) {
        let Some(entry) = self.entries.remove(key) else { return };
        let size = Self::weight(&entry.invoice);
        self.bytes = self.bytes.saturating_sub(size);
        self.by_hash.remove(&PaymentHash(entry.invoice.payment_hash()));
        if let Some(share) = self.by_peer.get_mut(&entry.peer) {
            share.bytes = share.bytes.saturating_sub(size);
            share.oldest_first.retain(|held| held != key);
            if share.oldest_first.is_empty() {
                self.by_peer.remove(&entry.peer);
            }
        }
    }

    fn evict(&mut self) {
        let heaviest = self.by_peer.values().max_by_key(|share| share.bytes);
        if let Some(key) = heaviest.and_then(|share| share.oldest_first.front().copied()) {
            self.remove(&key);
        }
    }
}
