//! `help`

use offerd_api::control::{HelpEntry, HelpList};
use offerd_api::method::{self, Method};
use offerd_api::{ErrorObject, code};

use super::Outcome;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(args: &Args) -> Outcome {
    let named: Option<String> = args.get("command")?;
    let help = match named {
        None => method::all().map(|method| entry(method, false)).collect(),
        Some(name) => match method::find(&name) {
            Some(method) => vec![entry(method, true)],
            None => {
                let message = format!("Unknown command '{}'", name.escape_debug());
                return Err(ErrorObject::new(code::METHOD_NOT_FOUND, message));
            }
        },
    };
    view::json(HelpList { help, format_hint: "simple".to_owned() })
}

fn entry(method: &Method, verbose: bool) -> HelpEntry {
    HelpEntry {
        command: method.usage(),
        category: method.category.to_owned(),
        description: method.summary.to_owned(),
        verbose: verbose.then(|| method.manual()),
    }
}
