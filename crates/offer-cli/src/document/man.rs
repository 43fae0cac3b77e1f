//! Manual pages.

use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use offerd_api::method::Method;
use offerd_api::schema;

use crate::args;
use crate::exit::Exit;

/// The name of a method's page.
pub(super) fn title(method: &Method) -> String {
    format!("offer-cli-{}", method.name)
}

/// The page of the program itself.
pub(super) fn program() -> Vec<u8> {
    let man = Man::new(args::command());
    let mut page = Vec::new();
    let parts = [
        Man::render_title,
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
        Man::render_subcommands_section,
    ];
    for part in parts {
        // Writing to a vector does not fail.
        let _ = part(&man, &mut page);
    }
    let mut rest = Roff::new();
    rest.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        tagged(&mut rest, vec![bold(exit.number().to_string())], exit.meaning());
    }
    rest.control("SH", ["SEE ALSO"]);
    rest.text(vec![bold("offerd"), roman("(1)")]);
    let _ = rest.to_writer(&mut page);
    page
}

/// The page of a method.
pub(super) fn method(method: &Method) -> Vec<u8> {
    let mut page = Roff::new();
    let title = title(method);
    let version = concat!("offer-cli ", env!("CARGO_PKG_VERSION"));
    page.control("TH", [title.as_str(), "1", "", version, "offerd"]);
    page.control("SH", ["NAME"]);
    page.text(vec![roman(format!("{title} - {}", method.summary))]);
    page.control("SH", ["SYNOPSIS"]);
    let usage = method.usage();
    let words = usage.strip_prefix(method.name).unwrap_or_default();
    page.text(vec![bold(format!("offer-cli {}", method.name)), roman(words)]);
    page.control("SH", ["DESCRIPTION"]);
    page.text(vec![roman(method.summary)]);
    page.control("PP", []);
    let also = match method.aliases {
        [] => String::new(),
        aliases => format!("Also called {}. ", aliases.join(", ")),
    };
    page.text(vec![roman(format!("{also}Since version {}.", method.since))]);
    if !method.params.is_empty() {
        page.control("SH", ["PARAMETERS"]);
        page.text(vec![roman("By position in this order, or as name=value:")]);
    }
    for param in method.params {
        let head = vec![bold(param.name), roman(format!(" ({})", param.terms()))];
        tagged(&mut page, head, &param.explanation());
    }
    page.control("SH", ["RESULT"]);
    result(&mut page, method);
    page.control("SH", ["SEE ALSO"]);
    page.text(vec![bold("offer-cli"), roman("(1), "), bold("offerd"), roman("(1)")]);
    let mut bytes = Vec::new();
    // Writing to a vector does not fail.
    let _ = page.to_writer(&mut bytes);
    bytes
}

fn result(page: &mut Roff, method: &Method) {
    let lines = schema::outline(&method.returns.schema());
    if lines.is_empty() {
        page.text(vec![roman("An object without members.")]);
    }
    let mut depth = 0;
    for line in lines {
        while depth < line.depth {
            page.control("RS", []);
            depth += 1;
        }
        while depth > line.depth {
            page.control("RE", []);
            depth -= 1;
        }
        let head = match line.name.as_str() {
            "" => vec![italic(line.terms())],
            name => vec![bold(name), roman(format!(" ({})", line.terms()))],
        };
        tagged(page, head, &line.about);
    }
    for _ in 0..depth {
        page.control("RE", []);
    }
}

/// A paragraph with a head that hangs out.
fn tagged(page: &mut Roff, head: Vec<Inline>, text: &str) {
    page.control("TP", []);
    page.text(head);
    page.text(vec![roman(text)]);
}
