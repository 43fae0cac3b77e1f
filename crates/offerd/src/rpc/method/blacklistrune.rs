//! `blacklistrune`

use offerd_api::ErrorObject;
use offerd_api::rune::{Blacklist, BlacklistRange};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let (start, end): (Option<u64>, Option<u64>) = (args.get("start")?, args.get("end")?);
    let relist: bool = args.need("relist")?;
    let range = match (start, end) {
        (Some(start), None) => Some((start, start)),
        (Some(start), Some(end)) if start <= end => Some((start, end)),
        (Some(start), Some(_)) => {
            return Err(ErrorObject::parameter("end", format!("should be at least {start}")));
        }
        (None, Some(_)) => return Err(ErrorObject::parameter("end", "goes with start")),
        (None, None) if relist => return Err(ErrorObject::parameter("relist", "goes with start")),
        (None, None) => None,
    };
    let ranges = api.driver.blacklist_runes(range, relist).map_err(|error| fault_object(&error))?;
    let blacklist = ranges.into_iter().map(|(start, end)| BlacklistRange { start, end }).collect();
    view::json(Blacklist { blacklist })
}
