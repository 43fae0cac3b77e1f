//! The reference of the API, in Markdown.

use std::fmt::Write;

use offerd_api::method::{self, Method};
use offerd_api::{code, schema};

use crate::exit::Exit;

const HEAD: &str = "\
<!-- Made by `make docs` from crates/offerd-api. Change it there. -->

# The methods of offerd

The same by JSON-RPC on the socket `offerd-rpc` in the data directory, and as `offer-cli METHOD …`. Parameters go by
position in the order given here, or by name; what is marked *by name only* Core Lightning does not have. `null` is the
same as leaving a parameter out. What may be absent from a result is absent, never `null`.

| kind of parameter | for example | what is taken |
|---|---|---|
";

/// The whole page.
pub(super) fn page() -> String {
    let mut page = HEAD.to_owned();
    kinds(&mut page);
    page.push_str("\nA JSON Schema of each method is in [`crates/offerd-api/schemas`](../crates/offerd-api/schemas); `offer-cli schema METHOD` prints it.\n\n");
    let mut categories: Vec<&str> = Vec::new();
    for method in method::all() {
        if !categories.contains(&method.category) {
            categories.push(method.category);
        }
    }
    for category in &categories {
        let of_category = method::all().filter(|method| method.category == *category);
        let links: Vec<String> =
            of_category.map(|method| format!("[`{0}`](#{0})", method.name)).collect();
        let _ = writeln!(page, "- {category}: {}", links.join(", "));
    }
    for category in categories {
        let _ = writeln!(page, "\n## {}", capitalised(category));
        method::all()
            .filter(|method| method.category == category)
            .for_each(|method| of_method(&mut page, method));
    }
    codes(&mut page);
    page
}

fn kinds(page: &mut String) {
    let mut seen: Vec<String> = Vec::new();
    let supported = method::all().flat_map(|method| method.params).filter(|p| p.not_yet.is_none());
    for param in supported {
        let name = param.kind.name();
        let plain = !matches!(param.kind, method::Kind::Choice(_) | method::Kind::Integer { .. });
        if plain && !seen.contains(&name) {
            let expected = param.kind.expected();
            let _ = writeln!(
                page,
                "| {name} | `{}` | {} |",
                param.kind.example(),
                cell(expected.strip_prefix("should be ").unwrap_or(&expected))
            );
            seen.push(name);
        }
    }
}

fn of_method(page: &mut String, method: &Method) {
    let _ = writeln!(page, "\n### {}\n\n{}\n", method.name, method.summary);
    let _ = writeln!(page, "```text\n{}\n```\n", method.usage());
    if !method.aliases.is_empty() {
        let _ = writeln!(
            page,
            "Also called `{}`. Since {}.",
            method.aliases.join("`, `"),
            method.since
        );
    } else {
        let _ = writeln!(page, "Since {}.", method.since);
    }
    if !method.params.is_empty() {
        page.push_str("\n| parameter | | |\n|---|---|---|\n");
    }
    for param in method.params {
        let also = param.alias.map(|alias| format!(" (also `{alias}`)")).unwrap_or_default();
        let _ = writeln!(
            page,
            "| `{}`{also} | {} | {} |",
            param.name,
            cell(&param.terms()),
            cell(&param.explanation())
        );
    }
    let lines = schema::outline(&method.returns.schema());
    match lines.as_slice() {
        [] => page.push_str("\nThe result is an object without members.\n"),
        [line] if line.name.is_empty() => {
            let _ = writeln!(page, "\nThe result is {}: {}", line.kind, line.about);
        }
        lines => {
            page.push_str("\n| result | | |\n|---|---|---|\n");
            for line in lines {
                let indent = "&emsp;".repeat(line.depth);
                let _ = writeln!(
                    page,
                    "| {indent}`{}` | {} | {} |",
                    line.name,
                    cell(&line.terms()),
                    cell(&line.about)
                );
            }
        }
    }
}

fn codes(page: &mut String) {
    page.push_str("\n## Error codes\n\nCore Lightning's numbers, under its meanings.\n\n");
    page.push_str("| code | name | what it tells |\n|---|---|---|\n");
    for code in code::ALL {
        let _ = writeln!(page, "| {} | {} | {} |", code.number, code.name, cell(code.meaning));
    }
    page.push_str("\n## Exit codes of offer-cli\n\n| code | what it tells |\n|---|---|\n");
    for exit in Exit::ALL {
        let _ = writeln!(page, "| {} | {} |", exit.number(), exit.meaning());
    }
}

/// Text that does not end a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
