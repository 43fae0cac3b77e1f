//! `createrune`

use offerd_api::ErrorObject;
use offerd_api::rune::RuneCreated;
use offerd_core::rune::{Alternative, Restriction, Rune};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

/// What is said of a rune that can do anything.
const UNRESTRICTED: &str = "this rune has no restrictions: whoever has it can spend everything. Give restrictions, \
                            such as [[\"method=offer\",\"method=listinvoices\"]], for a program that you do not \
                            trust with that";
/// What `readonly` stands for, as in Core Lightning.
const READ_ONLY: [&[&str]; 2] =
    [&["method^list", "method^get", "method=summary"], &["method/listdatastore"]];

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let restrictions = match args.get::<Vec<Vec<String>>>("restrictions")? {
        Some(restrictions) => read(&restrictions)?,
        None => Vec::new(),
    };
    let rune = match rune(args)? {
        Some(base) => restrictions
            .into_iter()
            .try_fold(base, |rune, restriction| rune.restricted(restriction))
            .map_err(|error| ErrorObject::parameter("restrictions", error))?,
        None => api.driver.create_rune(restrictions).map_err(|error| fault_object(&error))?,
    };
    view::json(RuneCreated {
        rune: rune.expose(),
        unique_id: rune.unique_id().unwrap_or_default().to_owned(),
        warning_unrestricted_rune: rune.limits().next().is_none().then(|| UNRESTRICTED.to_owned()),
    })
}

/// The parameter `rune`, where it is given.
pub(super) fn rune(args: &Args) -> Result<Option<Rune>, ErrorObject> {
    let text: Option<String> = args.get("rune")?;
    let read = |text: String| text.parse().map_err(|error| ErrorObject::parameter("rune", error));
    text.map(read).transpose()
}

fn read(restrictions: &[Vec<String>]) -> Result<Vec<Restriction>, ErrorObject> {
    let refuse = |error| ErrorObject::parameter("restrictions", error);
    let read = |alternatives: &[&str]| {
        let alternatives = alternatives.iter().map(|text| Alternative::read(text));
        let alternatives: Vec<Alternative> = alternatives.collect::<Result<_, _>>()?;
        match alternatives.iter().any(|alternative| alternative.field.is_empty()) {
            true => Err(offerd_core::rune::RestrictionError::Nameless),
            false => Restriction::new(alternatives),
        }
    };
    // What the table makes of `readonly`.
    if restrictions.is_empty() {
        return READ_ONLY.iter().map(|texts| read(texts).map_err(refuse)).collect();
    }
    let texts = |texts: &Vec<String>| {
        read(&texts.iter().map(String::as_str).collect::<Vec<_>>()).map_err(refuse)
    };
    restrictions.iter().map(texts).collect()
}
