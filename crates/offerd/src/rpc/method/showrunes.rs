//! `showrunes`

use offerd_api::rune::RuneList;

use super::{Outcome, createrune};
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::{rune, view};

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let known = match createrune::rune(args)? {
        Some(rune) => api.driver.known_rune(&rune).map(|known| vec![known]),
        None => api.driver.known_runes(),
    };
    let known = known.map_err(|error| fault_object(&error))?;
    view::json(RuneList { runes: known.iter().map(rune::show).collect() })
}
