//! The store ports in one SQLite file.
