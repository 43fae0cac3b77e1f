//! Which path is about what.

use axum::http::Method;

use super::answer::Answer;
use super::{blocks, scripts, submit, transactions};
use crate::chain::Chain;

/// Answers one request.
pub(super) fn answer(chain: &Chain, method: &Method, path: &str, body: &[u8]) -> Answer {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["fee-estimates"]) => submit::fee_estimates(),
        ("POST", ["tx"]) => submit::one(chain, body),
        ("POST", ["txs", "package"]) => submit::package(chain, body),
        ("GET", ["blocks" | "block" | "block-height", ..]) => {
            get(parts.as_slice(), |parts| blocks::answer(chain, parts))
        }
        ("GET", ["tx", ..]) => get(parts.as_slice(), |parts| transactions::answer(chain, parts)),
        ("GET", ["scripthash", ..]) => get(parts.as_slice(), |parts| scripts::answer(chain, parts)),
        _ => Answer::not_found("no such path"),
    }
}

fn get(parts: &[&str], find: impl FnOnce(&[&str]) -> Option<Answer>) -> Answer {
    find(parts).unwrap_or_else(|| Answer::not_found("not found"))
}
