//! The architecture, checked: who depends on whom, and how large files are.

mod edges;
mod foreign;
mod size;

use std::error::Error;

use crate::metadata::workspace;

/// All findings, one sentence each.
pub(crate) fn check() -> Result<Vec<String>, Box<dyn Error>> {
    let packages = workspace()?;
    let mut findings = edges::check(&packages);
    findings.extend(foreign::check(&packages));
    findings.extend(size::check(&packages)?);
    Ok(findings)
}
