//! The results, as a table and as JSON.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// What is compared under one name.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The group's name: below it are `ours`, and where there are such `bare` and `ldk`.
    pub name: &'static str,
    /// The most that ours may take of the bare work.
    pub of_bare: Option<f64>,
    /// The most that ours may take of LDK's time.
    pub of_ldk: Option<f64>,
    /// Allocations of one run of ours: how many, and bytes.
    pub allocations: Option<(u64, u64)>,
}

/// Prints what Criterion has measured below `folder`, and writes it to `file`.
///
/// # Errors
/// Where a result cannot be read or the file not be written.
pub fn print(rows: &[Row], folder: &Path, file: &Path) -> std::io::Result<()> {
    println!(
        "\n{:<28} {:>10} {:>10} {:>10} {:>8} {:>7} {:>8} {:>7} {:>14}",
        "", "ours", "bare", "LDK", "/bare", "goal", "/LDK", "goal", "allocations"
    );
    let mut results = Vec::new();
    for row in rows {
        let ours = mean(folder, row.name, "ours")?;
        let (bare, ldk) = (mean(folder, row.name, "bare")?, mean(folder, row.name, "ldk")?);
        let of_bare = ours.zip(bare).map(|(ours, bare)| ours / bare);
        let of_ldk = ours.zip(ldk).map(|(ours, ldk)| ours / ldk);
        println!(
            "{:<28} {:>10} {:>10} {:>10} {:>8} {:>7} {:>8} {:>7} {:>14}",
            row.name,
            time(ours),
            time(bare),
            time(ldk),
            ratio(of_bare),
            ratio(row.of_bare),
            ratio(of_ldk),
            ratio(row.of_ldk),
            row.allocations.map_or(String::new(), |(count, bytes)| format!("{count} ({bytes} B)")),
        );
        results.push(json!({
            "name": row.name,
            "ours_ns": ours, "bare_ns": bare, "ldk_ns": ldk,
            "of_bare": of_bare, "of_bare_goal": row.of_bare,
            "of_ldk": of_ldk, "of_ldk_goal": row.of_ldk,
            "allocations": row.allocations.map(|(count, _)| count),
            "allocated_bytes": row.allocations.map(|(_, bytes)| bytes),
        }));
    }
    let text = serde_json::to_string_pretty(&Value::Array(results))?;
    fs::write(file, text + "\n")?;
    println!("\nwritten to {}", file.display());
    Ok(())
}

/// The estimate of a run in nanoseconds, `None` where there is no such benchmark.
fn mean(folder: &Path, group: &str, name: &str) -> std::io::Result<Option<f64>> {
    let path = folder.join(group).join(name).join("new/estimates.json");
    if !path.exists() {
        return Ok(None);
    }
    let estimates: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    Ok(estimates["median"]["point_estimate"].as_f64())
}

fn time(nanoseconds: Option<f64>) -> String {
    nanoseconds.map_or(String::new(), |ns| format!("{:.2} µs", ns / 1000.0))
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
}
