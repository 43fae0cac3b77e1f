//! Documents made from the table of methods and the command line: manual pages, the reference, the schemas.

mod man;
mod reference;

use std::fs;
use std::io;
use std::path::Path;

use offerd_api::{method, schema};

/// The reference for people.
const REFERENCE: &str = "reference.md";
/// The schemas as one document, for calls over HTTP.
const OPENAPI: &str = "openapi.json";
/// The folder of the schemas.
const SCHEMAS: &str = "schemas";

/// Writes `man1/offer-cli.1` and a page for each method below `dir`.
pub(crate) fn write_manual(dir: &Path) -> io::Result<()> {
    let dir = dir.join("man1");
    fs::create_dir_all(&dir)?;
    fs::write(dir.join("offer-cli.1"), man::program())?;
    for method in method::all() {
        fs::write(dir.join(format!("{}.1", man::title(method))), man::method(method))?;
    }
    Ok(())
}

/// Writes `reference.md`, `openapi.json` and `schemas/METHOD.json` below `dir`.
pub(crate) fn write_reference(dir: &Path) -> io::Result<()> {
    let schemas = dir.join(SCHEMAS);
    fs::create_dir_all(&schemas)?;
    fs::write(dir.join(REFERENCE), reference::page())?;
    fs::write(dir.join(OPENAPI), format!("{:#}\n", schema::openapi()))?;
    for method in method::all() {
        let text = format!("{:#}\n", schema::of(method));
        fs::write(schemas.join(format!("{}.json", method.name)), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
