-- The order in which records were made, changed and paid, for those who follow a list: each order counts from 1 without
-- gaps. `subject` names the record as the log of events does.
CREATE TABLE changes (
    subsystem TEXT NOT NULL CHECK (subsystem IN ('invoices', 'offers', 'payments')),
    kind TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'paid')),
    place INTEGER NOT NULL CHECK (place >= 1),
    subject TEXT NOT NULL,
    PRIMARY KEY (subsystem, kind, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX changes_of_subject ON changes (subject, kind, place);

-- What has happened before there was this table, from the log.
INSERT INTO changes (subsystem, kind, place, subject)
SELECT subsystem, kind, row_number() OVER (PARTITION BY subsystem, kind ORDER BY seq), subject
FROM (
    SELECT seq, 'offers' AS subsystem, 'created' AS kind, subject FROM events WHERE kind = 'offer_created'
    UNION ALL
    SELECT seq, 'offers', 'updated', subject FROM events WHERE kind IN ('offer_encoded', 'offer_disabled')
    UNION ALL
    SELECT seq, 'payments', 'created', subject FROM events WHERE kind = 'payment_started'
    UNION ALL
    SELECT seq, 'payments', 'updated', subject FROM events WHERE kind IN ('payment_paid', 'payment_failed')
    UNION ALL
    SELECT seq, 'invoices', 'created', subject FROM events
    WHERE kind = 'invoice_made' OR (kind = 'receipt_claiming' AND subject LIKE 'receipt/offer/%')
    UNION ALL
    SELECT seq, 'invoices', 'updated', subject FROM events WHERE kind = 'invoice_refused'
    UNION ALL
    SELECT seq, 'invoices', paid.kind,
        CASE WHEN subject LIKE 'receipt/invoice/%' THEN rtrim(rtrim(substr(subject, 9), '0123456789abcdef'), '/')
        ELSE subject END
    FROM events, (SELECT 'updated' AS kind UNION ALL SELECT 'paid') AS paid WHERE events.kind = 'receipt_paid'
    UNION ALL
    SELECT seq, 'offers', 'updated', rtrim(rtrim(substr(subject, 9), '0123456789abcdef'), '/')
    FROM events WHERE kind = 'receipt_paid' AND subject LIKE 'receipt/offer/%'
);
