//! Files stay small enough to be read at one sitting.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::metadata::Package;

/// Lines of a file, its tests left out, beyond which it has more than one subject.
const MAX_LINES: usize = 800;

pub(super) fn check(packages: &[Package]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut findings = Vec::new();
    for package in packages {
        for file in sources(&package.folder.join("src"))? {
            let lines = lines_without_tests(&fs::read_to_string(&file)?);
            if lines > MAX_LINES {
                let file = file.display();
                findings.push(format!("{file}: {lines} lines without tests, over {MAX_LINES}"));
            }
        }
    }
    Ok(findings)
}

/// All Rust files below a folder but those that hold tests alone.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_stem() == Some(OsStr::new("tests")) {
            continue;
        }
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension() == Some(OsStr::new("rs")) {
            files.push(path);
        }
    }
    Ok(files)
}

/// Lines up to the first module of tests in the same file.
fn lines_without_tests(source: &str) -> usize {
    let lines: Vec<_> = source.lines().map(str::trim_end).collect();
    let is_test_module = |pair: &[&str]| match pair {
        [attribute, module] => {
            *attribute == "#[cfg(test)]" && module.starts_with("mod ") && module.ends_with('{')
        }
        _ => false,
    };
    lines.windows(2).position(is_test_module).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_in_the_same_file_do_not_count() {
        assert_eq!(lines_without_tests("a\nb\n#[cfg(test)]\nmod tests {\n}\n"), 2);
    }

    #[test]
    fn tests_in_another_file_leave_all_lines_to_count() {
        assert_eq!(lines_without_tests("#[cfg(test)]\nmod tests;\na\n"), 3);
        assert_eq!(lines_without_tests(""), 0);
    }
}
