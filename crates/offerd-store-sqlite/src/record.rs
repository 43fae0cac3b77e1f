//! From a row of SQL to our types. The disk is input: whatever is read is checked again.

use bolt1::{Msat, PublicKey, Seconds, Timestamp};
use bolt12::Bolt12Error;
use offerd_core::port::PortError;
use rusqlite::Row;
use rusqlite::types::FromSql;

/// A table, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its integer primary key.
    pub(crate) key: &'static str,
}

/// One row that was read from a table.
pub(crate) struct Record<'a> {
    table: Table,
    row: &'a Row<'a>,
}

impl<'a> Record<'a> {
    pub(crate) fn new(table: Table, row: &'a Row<'a>) -> Self {
        Self { table, row }
    }

    /// The complaint that `column` of this row makes no sense.
    pub(crate) fn corrupt(&self, column: &str, why: impl Into<String>) -> PortError {
        let Table { name, key } = self.table;
        let number = self.row.get::<_, i64>(key).map_or_else(|_| "?".into(), |key| key.to_string());
        let why = why.into();
        PortError::corrupt(format!("table {name}, {key} {number}, column {column}: {why}"))
    }

    /// A column as SQLite holds it.
    pub(crate) fn get<T: FromSql>(&self, column: &str) -> Result<T, PortError> {
        self.row.get(column).map_err(|error| self.corrupt(column, error.to_string()).because(error))
    }

    /// An integer, in the range of `T`.
    pub(crate) fn integer<T: TryFrom<i64>>(&self, column: &str) -> Result<T, PortError> {
        let integer: i64 = self.get(column)?;
        T::try_from(integer).map_err(|_| self.corrupt(column, "out of range"))
    }

    /// An integer that may be absent.
    pub(crate) fn opt_integer<T: TryFrom<i64>>(
        &self,
        column: &str,
    ) -> Result<Option<T>, PortError> {
        self.get::<Option<i64>>(column)?.map(|_| self.integer(column)).transpose()
    }

    /// The primary key.
    pub(crate) fn index(&self) -> Result<u64, PortError> {
        self.integer(self.table.key)
    }

    pub(crate) fn msat(&self, column: &str) -> Result<Msat, PortError> {
        Msat::new(self.integer(column)?)
            .ok_or_else(|| self.corrupt(column, "more than all the bitcoin there is"))
    }

    pub(crate) fn opt_msat(&self, column: &str) -> Result<Option<Msat>, PortError> {
        self.get::<Option<i64>>(column)?.map(|_| self.msat(column)).transpose()
    }

    pub(crate) fn unix(&self, column: &str) -> Result<Timestamp, PortError> {
        self.integer(column).map(Timestamp)
    }

    pub(crate) fn opt_unix(&self, column: &str) -> Result<Option<Timestamp>, PortError> {
        Ok(self.opt_integer(column)?.map(Timestamp))
    }

    pub(crate) fn seconds(&self, column: &str) -> Result<Seconds, PortError> {
        self.integer(column).map(Seconds)
    }

    /// Exactly `N` bytes.
    pub(crate) fn array<const N: usize>(&self, column: &str) -> Result<[u8; N], PortError> {
        let bytes: Vec<u8> = self.get(column)?;
        bytes.try_into().map_err(|_| self.corrupt(column, format!("not {N} bytes")))
    }

    /// Exactly `N` bytes, or nothing.
    pub(crate) fn opt_array<const N: usize>(
        &self,
        column: &str,
    ) -> Result<Option<[u8; N]>, PortError> {
        self.get::<Option<Vec<u8>>>(column)?.map(|_| self.array(column)).transpose()
    }

    pub(crate) fn point(&self, column: &str) -> Result<PublicKey, PortError> {
        PublicKey::from_slice(&self.array::<33>(column)?)
            .map_err(|error| self.corrupt(column, error.to_string()))
    }

    pub(crate) fn opt_point(&self, column: &str) -> Result<Option<PublicKey>, PortError> {
        self.get::<Option<Vec<u8>>>(column)?.map(|_| self.point(column)).transpose()
    }

    /// A message of BOLT 12, decoded again.
    pub(crate) fn message<T>(
        &self,
        column: &str,
        decode: impl Fn(&[u8]) -> Result<T, Bolt12Error>,
    ) -> Result<T, PortError> {
        let bytes: Vec<u8> = self.get(column)?;
        decode(&bytes).map_err(|error| self.corrupt(column, error.to_string()).because(error))
    }

    /// A message of BOLT 12 that may be absent.
    pub(crate) fn opt_message<T>(
        &self,
        column: &str,
        decode: impl Fn(&[u8]) -> Result<T, Bolt12Error>,
    ) -> Result<Option<T>, PortError> {
        self.get::<Option<Vec<u8>>>(column)?.map(|_| self.message(column, decode)).transpose()
    }

    /// One word of a fixed list.
    pub(crate) fn word(&self, column: &str) -> Result<String, PortError> {
        self.get(column)
    }
}
