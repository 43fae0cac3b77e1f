//! What a chapter tells its reader to do.

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Write this into a file.
    File { name: String, content: String },
    /// Give this command to the shell.
    Run { command: String, prints: Vec<String> },
    /// Give this command to a shell of its own, where it stays.
    Start { command: String, prints: Vec<String> },
}

/// All steps, in the order of the chapter.
pub(crate) fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        assert!(!line.starts_with("$ "), "{line}: a command outside of a block");
        let Some(mark) = line.strip_prefix("```") else { continue };
        assert!(
            !mark.is_empty(),
            "a block that says not what it is, or the end of one that has not begun"
        );
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut words = mark.split(' ');
        let language = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        let has_commands = block.iter().any(|line| line.starts_with("$ "));
        assert!(!has_commands || language == "console", "commands in a block marked {mark}");
        if let Some(name) = rest.iter().find_map(|word| word.strip_prefix("file=")) {
            let content = block.iter().map(|line| format!("{line}\n")).collect();
            steps.push(Step::File { name: name.to_owned(), content });
        } else if language == "console" {
            let prompt = if rest.contains(&"as-root") { "# " } else { "$ " };
            steps.extend(commands(&block, prompt, rest.contains(&"stays")));
        }
    }
    steps
}

fn commands(block: &[&str], prompt: &str, stays: bool) -> Vec<Step> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in block {
        let goes_on = found.last().is_some_and(|(command, _)| command.ends_with('\\'));
        match (line.strip_prefix(prompt), found.last_mut()) {
            (_, Some((command, _))) if goes_on => {
                command.push('\n');
                command.push_str(line);
            }
            (Some(command), _) => found.push((command.to_owned(), Vec::new())),
            (None, Some((_, prints))) => prints.push((*line).to_owned()),
            (None, None) => panic!("{line}: a block of commands begins with one"),
        }
    }
    let step = |(command, prints)| {
        if stays { Step::Start { command, prints } } else { Step::Run { command, prints } }
    };
    found.into_iter().map(step).collect()
}

/// The first of these lines that is not among those printed, in this order.
pub(crate) fn missing<'a>(wanted: &'a [String], printed: &str) -> Option<&'a str> {
    let mut lines = printed.lines();
    wanted
        .iter()
        .find(|pattern| !pattern.is_empty() && !lines.any(|line| matches(pattern, line)))
        .map(String::as_str)
}

/// Whether a line is as a pattern says, in which `…` stands for anything, and any number of spaces for one.
fn matches(pattern: &str, line: &str) -> bool {
    let (pattern, line) = (one_space(pattern), one_space(line));
    let mut parts = pattern.split('…').map(str::trim);
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn lines_are_compared_but_for_what_is_left_out() {
    assert!(matches("status  complete", "status            complete"));
    assert!(matches("  … waiting", "   … waiting"));
    assert!(matches("expected 99… sat", "  expected          9980.040 sat"));
    assert!(!matches("amount 1 sat", "amount 11 sat"));
    assert!(!matches("amount … sat", "amount 11 btc"));
    assert!(!matches("", "something"));
}

#[test]
fn a_chapter_is_read_as_commands_with_what_they_print_and_files() {
    let text = "# T\n```console\n$ a \\\n  b\none\n…\n$ c\n```\ntext\n```toml file=x.toml\nk = 1\n```\n\
                ```console stays\n$ d\nready\n```\n```text\nnone\n```\n\
                ```console as-root\n# e\n```\n";
    let run = |command: &str, prints: &[&str]| Step::Run {
        command: command.to_owned(),
        prints: prints.iter().map(|line| (*line).to_owned()).collect(),
    };
    let all = [
        run("a \\\n  b", &["one", "…"]),
        run("c", &[]),
        Step::File { name: "x.toml".to_owned(), content: "k = 1\n".to_owned() },
        Step::Start { command: "d".to_owned(), prints: vec!["ready".to_owned()] },
        run("e", &[]),
    ];
    assert_eq!(steps(text), all);
}
