-- Series that pay offers of ours, and which payment of one a receipt is.

-- `changes` with the lists of series and subscriptions. A check cannot be altered, so the table is made anew.
CREATE TABLE changes_of_more (
    subsystem TEXT NOT NULL
        CHECK (subsystem IN ('invoices', 'offers', 'payments', 'payouts', 'subscribers', 'subscriptions')),
    kind TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'paid')),
    place INTEGER NOT NULL CHECK (place >= 1),
    subject TEXT NOT NULL,
    PRIMARY KEY (subsystem, kind, place)
) STRICT, WITHOUT ROWID;

INSERT INTO changes_of_more SELECT subsystem, kind, place, subject FROM changes;
DROP TABLE changes;
ALTER TABLE changes_of_more RENAME TO changes;
CREATE INDEX changes_of_subject ON changes (subject, kind, place);

-- `recurrence_counter` is set where a receipt is of a series.
ALTER TABLE receipts ADD COLUMN recurrence_counter INTEGER CHECK (recurrence_counter BETWEEN 0 AND 4294967295);
ALTER TABLE receipts ADD COLUMN recurrence_start INTEGER CHECK (recurrence_start BETWEEN 0 AND 4294967295);

-- Series, from their first payment on: known by offer and payer. Never deleted.
CREATE TABLE subscribers (
    row INTEGER PRIMARY KEY AUTOINCREMENT CHECK (row BETWEEN 1 AND 4294967295),
    offer INTEGER NOT NULL REFERENCES offers (row),
    payer_id BLOB NOT NULL CHECK (length(payer_id) = 33),
    start INTEGER CHECK (start BETWEEN 0 AND 4294967295),
    basetime_unix INTEGER NOT NULL,
    next_counter INTEGER NOT NULL CHECK (next_counter BETWEEN 1 AND 4294967295),
    received_msat INTEGER NOT NULL CHECK (received_msat >= 0),
    started_at_unix INTEGER NOT NULL,
    paid_at_unix INTEGER NOT NULL,
    paid_until_unix INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'overdue', 'cancelled', 'ended')),
    ended_at_unix INTEGER,
    due_at_unix INTEGER,
    UNIQUE (offer, payer_id),
    CHECK ((state = 'active') = (ended_at_unix IS NULL)),
    CHECK (state = 'active' OR due_at_unix IS NULL)
) STRICT;

CREATE INDEX due_subscribers ON subscribers (due_at_unix) WHERE due_at_unix IS NOT NULL;
