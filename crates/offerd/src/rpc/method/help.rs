//! `help`

use offerd_api::method::{self, Method};
use offerd_api::{ErrorObject, code};
use serde_json::{Value, json};

use super::Outcome;
use crate::rpc::params::Args;

pub(super) fn call(args: &Args) -> Outcome {
    let named: Option<String> = args.get("command")?;
    let methods: Vec<Value> = match named {
        None => method::all().map(|method| line(method, false)).collect(),
        Some(name) => match method::find(&name) {
            Some(method) => vec![line(method, true)],
            None => {
                let message = format!("Unknown command '{}'", name.escape_debug());
                return Err(ErrorObject::new(code::METHOD_NOT_FOUND, message));
            }
        },
    };
    Ok(json!({ "help": methods }))
}

fn line(method: &Method, verbose: bool) -> Value {
    let mut line = json!({
        "command": method.usage(),
        "category": method.category,
        "description": method.summary,
    });
    if verbose {
        line["verbose"] = json!(method.manual());
    }
    line
}
