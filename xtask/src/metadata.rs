//! The crates of the workspace and what they depend on, as Cargo tells.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    /// The names of its features, but `default`.
    pub(crate) features: Vec<String>,
}

/// Something a crate depends on.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// For tests, examples and benches alone.
    pub(crate) is_dev: bool,
    pub(crate) is_optional: bool,
}

/// Asks Cargo.
pub(crate) fn workspace() -> Result<Vec<Package>, Box<dyn Error>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(cargo).args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = list(&metadata, "packages").map(package).collect::<Option<_>>();
    packages.ok_or_else(|| "cargo metadata has another form than expected".into())
}

fn package(package: &Value) -> Option<Package> {
    let manifest = PathBuf::from(package.get("manifest_path")?.as_str()?);
    Some(Package {
        name: package.get("name")?.as_str()?.to_owned(),
        folder: manifest.parent()?.to_owned(),
        dependencies: list(package, "dependencies").map(dependency).collect::<Option<_>>()?,
        features: features(package)?,
    })
}

fn features(package: &Value) -> Option<Vec<String>> {
    let names = package.get("features")?.as_object()?.keys();
    Some(names.filter(|name| *name != "default").cloned().collect())
}

fn dependency(dependency: &Value) -> Option<Dependency> {
    Some(Dependency {
        name: dependency.get("name")?.as_str()?.to_owned(),
        is_dev: dependency.get("kind")?.as_str() == Some("dev"),
        is_optional: dependency.get("optional")?.as_bool()?,
    })
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
