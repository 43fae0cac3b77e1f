//! The tables of `docs/requirements.md`.

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    /// Its id, such as `IR-07`.
    pub(super) id: String,
    /// Whether some crate keeps it; otherwise the last column gives the reason why none does.
    pub(super) is_kept: bool,
}

/// All rows whose first column is an id.
///
/// # Errors
/// A sentence, where an id occurs twice or a row lacks a column.
pub(super) fn read(text: &str) -> Result<Vec<Requirement>, String> {
    let mut requirements: Vec<Requirement> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some(id) = cells.first().filter(|cell| line.starts_with('|') && is_id(cell)) else {
            continue;
        };
        let [_, _, _, kept_in] = cells[..] else {
            return Err(format!("line {number}: {id} does not have four columns"));
        };
        if requirements.iter().any(|known| known.id == **id) {
            return Err(format!("line {number}: {id} stands there twice"));
        }
        requirements
            .push(Requirement { id: (*id).to_owned(), is_kept: !kept_in.starts_with('—') });
    }
    Ok(requirements)
}

/// Whether `text` has the form of an id: capitals, a hyphen, perhaps a capital, and one or two digits.
pub(super) fn is_id(text: &str) -> bool {
    let Some((area, number)) = text.split_once('-') else { return false };
    let digits = number.strip_prefix(|first: char| first.is_ascii_uppercase()).unwrap_or(number);
    let is_area = (2..=3).contains(&area.len()) && area.bytes().all(|b| b.is_ascii_uppercase());
    is_area && (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_an_id_are_requirements() {
        let text = "# Title\n| id | level | requirement | kept in |\n|---|---|---|---|\n\
                    | IR-01 | M | Reject. | bolt12 |\n| OD-03 | M | Fail. | — not ours |\n";
        let read = read(text).expect("a table");
        let ids: Vec<_> = read.iter().map(|row| (row.id.as_str(), row.is_kept)).collect();
        assert_eq!(ids, [("IR-01", true), ("OD-03", false)]);
    }

    #[test]
    fn an_id_stands_for_one_requirement() {
        let row = "| IR-01 | M | Reject. | bolt12 |\n";
        assert!(read(&row.repeat(2)).is_err());
        assert!(read("| IR-01 | M | Reject. |\n").is_err());
    }

    #[test]
    fn ids_have_one_form() {
        assert!(["IR-01", "RCO-W1", "BP-D5", "RR-31"].into_iter().all(is_id));
        assert!(!["SHA-256", "BIP-340", "IR-", "ir-01", "IR01", "UTF-8x"].into_iter().any(is_id));
    }
}
