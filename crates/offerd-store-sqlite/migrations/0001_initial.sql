-- Offers, payouts, payments, invoices of ours, receipts, the log of events, the outbox, and the node's own state.
-- Suffixes say the unit: _msat, _unix (seconds since 1970), _seconds, _blocks. Amounts of currencies are text, as
-- `4.50EUR`; a rate is the price of a bitcoin, a decimal. No row of the log or of the five
-- aggregates is ever deleted, so the numbers are never reused.

-- What happened, in the order it was committed. `body` is a small JSON object of ids, amounts and states; strings
-- that pay out, preimages and path secrets are never in it.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at_unix INTEGER,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE INDEX events_of_subject ON events (subject);

-- The order in which records were made, changed and paid, for those who follow a list: each order counts from 1 without
-- gaps. `subject` names the record as the log of events does.
CREATE TABLE changes (
    subsystem TEXT NOT NULL CHECK (subsystem IN ('invoices', 'offers', 'payments', 'payouts')),
    kind TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'paid')),
    place INTEGER NOT NULL CHECK (place >= 1),
    subject TEXT NOT NULL,
    PRIMARY KEY (subsystem, kind, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX changes_of_subject ON changes (subject, kind, place);

-- Standing offers.
CREATE TABLE offers (
    row INTEGER PRIMARY KEY AUTOINCREMENT CHECK (row BETWEEN 1 AND 4294967295),
    arguments_key BLOB UNIQUE CHECK (length(arguments_key) = 32),
    label TEXT,
    external_id TEXT,
    tags TEXT NOT NULL CHECK (json_type(tags) = 'array'),
    return_url TEXT,
    single_use INTEGER NOT NULL CHECK (single_use IN (0, 1)),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    used INTEGER NOT NULL CHECK (used IN (0, 1)),
    created_at_unix INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX single_use_offer_label ON offers (label) WHERE single_use = 1;

-- Every string that was handed out for an offer, oldest first.
CREATE TABLE offer_encodings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    offer INTEGER NOT NULL REFERENCES offers (row),
    offer_id BLOB NOT NULL UNIQUE CHECK (length(offer_id) = 32),
    bytes BLOB NOT NULL,
    path_id BLOB,
    created_at_unix INTEGER NOT NULL
) STRICT;

CREATE INDEX encodings_of_offer ON offer_encodings (offer, id);

-- Promises to pay.
CREATE TABLE payouts (
    row INTEGER PRIMARY KEY AUTOINCREMENT CHECK (row BETWEEN 1 AND 4294967295),
    nonce BLOB NOT NULL UNIQUE CHECK (length(nonce) = 16),
    label TEXT UNIQUE,
    arguments_key BLOB NOT NULL CHECK (length(arguments_key) = 32),
    amount_kind TEXT NOT NULL CHECK (amount_kind IN ('exact', 'up_to', 'each', 'fiat')),
    amount_msat INTEGER NOT NULL CHECK (amount_msat >= 0),
    amount_at_most_msat INTEGER CHECK (amount_at_most_msat >= 0),
    price TEXT,
    offer_id BLOB UNIQUE CHECK (length(offer_id) = 32),
    offer BLOB,
    invreq_id BLOB UNIQUE CHECK (length(invreq_id) = 32),
    invoice_request BLOB,
    invoice_request_signed BLOB,
    path_id BLOB,
    absolute_expiry_unix INTEGER,
    max_uses INTEGER CHECK (max_uses BETWEEN 1 AND 4294967295),
    max_total_msat INTEGER CHECK (max_total_msat >= 0),
    refund_for BLOB CHECK (length(refund_for) = 32),
    refund_payer_id BLOB CHECK (length(refund_payer_id) = 33),
    refund_at_most_msat INTEGER CHECK (refund_at_most_msat >= 0),
    approve INTEGER NOT NULL CHECK (approve IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('open', 'disabled', 'spent')),
    created_at_unix INTEGER NOT NULL,
    CHECK ((amount_kind = 'each') = (amount_at_most_msat IS NOT NULL)),
    CHECK ((amount_kind = 'fiat') = (price IS NOT NULL)),
    CHECK (max_uses IS NOT NULL OR max_total_msat IS NOT NULL),
    CHECK ((refund_for IS NULL) = (refund_payer_id IS NULL)),
    CHECK (refund_for IS NOT NULL OR refund_at_most_msat IS NULL),
    CHECK ((offer_id IS NULL) = (offer IS NULL)),
    CHECK ((invreq_id IS NULL) = (invoice_request IS NULL))
) STRICT;

CREATE INDEX refunds ON payouts (refund_for) WHERE refund_for IS NOT NULL;

-- Payments of ours: orders of our caller, and claims on payouts.
CREATE TABLE payments (
    created_index INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    purpose TEXT NOT NULL CHECK (purpose IN ('order', 'claim')),
    label TEXT,
    offer_id BLOB CHECK (length(offer_id) = 32),
    trusts_payee INTEGER NOT NULL CHECK (trusts_payee IN (0, 1)),
    payout INTEGER REFERENCES payouts (row),
    reply_path BLOB,
    request_key BLOB NOT NULL CHECK (length(request_key) = 32),
    payment_hash BLOB NOT NULL CHECK (length(payment_hash) = 32),
    invoice BLOB,
    bolt11 TEXT,
    payee BLOB CHECK (length(payee) = 33),
    description TEXT,
    expires_at_unix INTEGER,
    amount_msat INTEGER NOT NULL CHECK (amount_msat >= 0),
    price TEXT,
    rate TEXT,
    rate_as_of_unix INTEGER,
    rate_sources TEXT CHECK (json_type(rate_sources) = 'array'),
    worth TEXT,
    max_fee_msat INTEGER NOT NULL CHECK (max_fee_msat >= 0),
    max_delay_blocks INTEGER NOT NULL CHECK (max_delay_blocks >= 0),
    retry_for_seconds INTEGER NOT NULL CHECK (retry_for_seconds >= 0),
    created_at_unix INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('awaiting', 'pending', 'paid', 'failed')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_at_unix INTEGER,
    preimage BLOB CHECK (length(preimage) = 32),
    fee_msat INTEGER CHECK (fee_msat >= 0),
    failure TEXT CHECK (failure IN
        ('refused_by_payee', 'no_route', 'too_expensive', 'invoice_expired', 'abandoned', 'denied',
            'taken_by_another', 'withdrawn', 'other')),
    reason TEXT,
    ended_at_unix INTEGER,
    CHECK (price IS NOT NULL OR rate IS NULL),
    CHECK ((rate IS NULL) = (rate_as_of_unix IS NULL)),
    CHECK ((rate IS NULL) = (rate_sources IS NULL)),
    CHECK ((bolt11 IS NULL) = (invoice IS NOT NULL)),
    CHECK ((bolt11 IS NULL) = (payee IS NULL)),
    CHECK ((bolt11 IS NULL) = (expires_at_unix IS NULL)),
    CHECK (bolt11 IS NOT NULL OR description IS NULL),
    CHECK ((purpose = 'claim') = (payout IS NOT NULL)),
    CHECK (purpose = 'claim' OR reply_path IS NULL),
    CHECK (purpose = 'order' OR (label IS NULL AND offer_id IS NULL AND trusts_payee = 0)),
    CHECK ((state IN ('awaiting', 'pending')) = (ended_at_unix IS NULL)),
    CHECK (state <> 'awaiting' OR purpose = 'claim'),
    CHECK ((state = 'paid') = (preimage IS NOT NULL)),
    CHECK ((state = 'failed') = (reason IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
) STRICT;

-- Attempts at payments that came to nothing.
CREATE TABLE failed_attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payment BLOB NOT NULL REFERENCES payments (id),
    at_unix INTEGER NOT NULL,
    failure TEXT NOT NULL CHECK (failure IN
        ('refused_by_payee', 'no_route', 'too_expensive', 'invoice_expired', 'abandoned', 'denied',
            'taken_by_another', 'withdrawn', 'other')),
    reason TEXT NOT NULL
) STRICT;

CREATE INDEX failed_attempts_of_payment ON failed_attempts (payment);

CREATE INDEX payments_of_payout ON payments (payout);
CREATE INDEX payments_of_request ON payments (request_key);
CREATE INDEX payments_of_label ON payments (label);
CREATE INDEX payments_by_state ON payments (state);
CREATE INDEX payments_by_hash ON payments (payment_hash);

-- No more payments per promise than it is kept, and one per request and per label, are begun, unless those before
-- have failed, or the payee is trusted to take one of those that are unfinished. Not unique indexes: a payment that
-- was thought to have failed and was paid after all has happened, whatever was begun since, and must be recorded.
CREATE TRIGGER claims_within_the_uses_of_a_payout BEFORE INSERT ON payments
WHEN NEW.payout IS NOT NULL AND NEW.state <> 'awaiting'
    AND (SELECT count(*) FROM payments WHERE payout = NEW.payout AND state IN ('pending', 'paid'))
        >= (SELECT coalesce(max_uses, 9223372036854775807) FROM payouts WHERE row = NEW.payout)
BEGIN
    SELECT raise(ABORT, 'the payout has as many claims, unfinished or paid, as it is kept');
END;

CREATE TRIGGER approvals_within_the_uses_of_a_payout BEFORE UPDATE OF state ON payments
WHEN OLD.state = 'awaiting' AND NEW.state = 'pending'
    AND (SELECT count(*) FROM payments WHERE payout = NEW.payout AND state IN ('pending', 'paid'))
        >= (SELECT coalesce(max_uses, 9223372036854775807) FROM payouts WHERE row = NEW.payout)
BEGIN
    SELECT raise(ABORT, 'the payout has as many claims, unfinished or paid, as it is kept');
END;

CREATE TRIGGER one_order_for_a_request BEFORE INSERT ON payments
WHEN NEW.purpose = 'order'
    AND EXISTS (
        SELECT 1 FROM payments
        WHERE request_key = NEW.request_key AND purpose = 'order' AND state <> 'failed'
            AND (state = 'paid' OR NOT NEW.trusts_payee)
    )
BEGIN
    SELECT raise(ABORT, 'the request has a payment that is unfinished or paid');
END;

CREATE TRIGGER one_order_for_a_label BEFORE INSERT ON payments
WHEN NEW.label IS NOT NULL
    AND EXISTS (
        SELECT 1 FROM payments
        WHERE label = NEW.label AND state <> 'failed' AND (state = 'paid' OR NOT NEW.trusts_payee)
    )
BEGIN
    SELECT raise(ABORT, 'the label has a payment that is unfinished or paid');
END;

-- Invoices that we made ourselves: for somebody's promise to pay (`redeems` and `invoice`), or of BOLT 11.
CREATE TABLE own_invoices (
    row INTEGER PRIMARY KEY AUTOINCREMENT CHECK (row BETWEEN 1 AND 4294967295),
    label TEXT NOT NULL,
    redeems TEXT,
    invoice BLOB,
    bolt11 TEXT,
    payment_hash BLOB UNIQUE CHECK (length(payment_hash) = 32),
    amount_msat INTEGER CHECK (amount_msat > 0),
    description TEXT,
    expires_at_unix INTEGER,
    created_at_unix INTEGER NOT NULL,
    refused_at_unix INTEGER,
    CHECK ((redeems IS NULL) = (invoice IS NULL)),
    CHECK ((bolt11 IS NULL) = (invoice IS NOT NULL)),
    CHECK ((bolt11 IS NULL) = (payment_hash IS NULL)),
    CHECK ((bolt11 IS NULL) = (description IS NULL)),
    CHECK ((bolt11 IS NULL) = (expires_at_unix IS NULL)),
    CHECK (bolt11 IS NOT NULL OR amount_msat IS NULL)
) STRICT;

CREATE UNIQUE INDEX own_invoice_label ON own_invoices (label) WHERE refused_at_unix IS NULL;

-- Payments to us that were accepted. `quantity` is decimal text: a peer may say any 64-bit number.
CREATE TABLE receipts (
    created_index INTEGER PRIMARY KEY AUTOINCREMENT,
    offer INTEGER REFERENCES offers (row),
    own_invoice INTEGER REFERENCES own_invoices (row),
    request_mac BLOB NOT NULL CHECK (length(request_mac) = 10),
    payment_id BLOB NOT NULL CHECK (length(payment_id) = 32),
    payment_hash BLOB NOT NULL CHECK (length(payment_hash) = 32),
    preimage BLOB NOT NULL CHECK (length(preimage) = 32),
    asked_msat INTEGER NOT NULL CHECK (asked_msat >= 0),
    amount_msat INTEGER NOT NULL CHECK (amount_msat >= 0),
    payer_id BLOB CHECK (length(payer_id) = 33),
    quantity TEXT,
    payer_note TEXT,
    invoice_created_at_unix INTEGER NOT NULL,
    invoice BLOB,
    price TEXT,
    rate TEXT,
    rate_as_of_unix INTEGER,
    rate_sources TEXT CHECK (json_type(rate_sources) = 'array'),
    worth TEXT,
    arrived_at_unix INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claiming', 'paid', 'lost')),
    ended_at_unix INTEGER,
    UNIQUE (payment_hash, payment_id),
    CHECK (price IS NOT NULL OR rate IS NULL),
    CHECK ((rate IS NULL) = (rate_as_of_unix IS NULL)),
    CHECK ((rate IS NULL) = (rate_sources IS NULL)),
    CHECK ((offer IS NULL) <> (own_invoice IS NULL)),
    CHECK ((state = 'claiming') = (ended_at_unix IS NULL))
) STRICT;

CREATE INDEX receipts_of_offer ON receipts (offer, request_mac) WHERE offer IS NOT NULL;
CREATE INDEX receipts_of_own_invoice ON receipts (own_invoice, request_mac) WHERE own_invoice IS NOT NULL;
CREATE INDEX claiming_receipts ON receipts (created_index) WHERE state = 'claiming';

-- At most one payment of a request is accepted, unless those before it were lost. Not a unique index, for the reason
-- given for payments.
CREATE TRIGGER one_receipt_of_a_request BEFORE INSERT ON receipts
WHEN EXISTS (
    SELECT 1 FROM receipts
    WHERE offer IS NEW.offer AND own_invoice IS NEW.own_invoice AND request_mac = NEW.request_mac
        AND state <> 'lost'
)
BEGIN
    SELECT raise(ABORT, 'the request has a payment that was accepted');
END;

-- What committed decisions still owe. `subject` is a payment id or a payment hash.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    effect TEXT NOT NULL CHECK (effect IN ('pay', 'accept', 'tell_redeemer')),
    subject BLOB NOT NULL CHECK (length(subject) = 32)
) STRICT;

-- The Lightning node's own state, opaque to us. Not WITHOUT ROWID: values may be megabytes, and would sit in the
-- tree of the keys.
CREATE TABLE kv (
    primary_ns TEXT NOT NULL,
    secondary_ns TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (primary_ns, secondary_ns, key)
) STRICT;
