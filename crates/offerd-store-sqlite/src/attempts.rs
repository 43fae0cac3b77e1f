//! Table `failed_attempts`: attempts at payments that came to nothing.

use offerd_core::PaymentId;
use offerd_core::payment::{FailedAttempt, Failure, FailureKind};
use offerd_core::port::PortError;
use rusqlite::{Connection, params};

use crate::convert::unix;
use crate::record::{Record, Table};
use crate::statement::{self, change};

const ATTEMPTS: Table = Table { name: "failed_attempts", key: "id" };

/// Only a payment whose outcome is not known has attempts.
pub(crate) fn insert(
    db: &Connection,
    payment: PaymentId,
    failed: &FailedAttempt,
) -> Result<(), PortError> {
    change(
        db,
        "store a failed attempt",
        "INSERT INTO failed_attempts (payment, at_unix, failure, reason)
         SELECT id, ?2, ?3, ?4 FROM payments WHERE id = ?1 AND state = 'pending'",
        params![payment.0, unix(failed.at)?, failed.failure.kind.word(), failed.failure.text],
    )
}

pub(crate) fn of_payment(
    db: &Connection,
    payment: PaymentId,
) -> Result<Vec<FailedAttempt>, PortError> {
    let sql = "SELECT * FROM failed_attempts WHERE payment = ?1 ORDER BY id";
    statement::all(db, ATTEMPTS, sql, params![payment.0], |record| {
        Ok(FailedAttempt { at: record.unix("at_unix")?, failure: read_failure(record)? })
    })
}

/// Columns `failure` and `reason`, as `payments` has them too.
pub(crate) fn read_failure(record: &Record<'_>) -> Result<Failure, PortError> {
    let kind = match record.word("failure")?.as_str() {
        "refused_by_payee" => FailureKind::RefusedByPayee,
        "no_route" => FailureKind::NoRoute,
        "too_expensive" => FailureKind::TooExpensive,
        "invoice_expired" => FailureKind::InvoiceExpired,
        "abandoned" => FailureKind::Abandoned,
        "denied" => FailureKind::Denied,
        "taken_by_another" => FailureKind::TakenByAnother,
        "withdrawn" => FailureKind::Withdrawn,
        "other" => FailureKind::Other,
        _ => return Err(record.corrupt("failure", "unknown word")),
    };
    Ok(Failure { kind, text: record.get("reason")? })
}
