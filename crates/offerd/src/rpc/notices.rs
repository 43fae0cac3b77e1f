//! Notifications on the socket: what is tried while a call goes on, for clients that have asked to be told.
//!
//! As Core Lightning does it: after `notifications enable=true`, objects with the method `message` come before the reply,
//! each with the id of the request that it is about.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::request::Request;
use super::view;
use crate::driver::Attempt;
use crate::driver::progress::Listener;

/// Who is to be told of a request, as it comes; a request to be told, or no longer, is minded at once, so that it holds
/// for the next one.
pub(super) fn asked(
    wishes: &AtomicBool,
    frame: &[u8],
    replies: &mpsc::Sender<Vec<u8>>,
) -> Option<Listener> {
    let request = Request::read(frame).ok()?;
    if request.method == "notifications" {
        if let Some(enable) = request.params.and_then(enable) {
            wishes.store(enable, Ordering::Relaxed);
        }
        return None;
    }
    if !wishes.load(Ordering::Relaxed) {
        return None;
    }
    let (id, replies) = (request.id.to_owned(), replies.clone());
    Some(Arc::new(move |attempt: &Attempt| {
        // A client that does not keep up is not told everything.
        let _ = replies.try_send(message(&id, attempt));
    }))
}

/// `enable` of `notifications`, by name or by position.
fn enable(params: &RawValue) -> Option<bool> {
    let params: Value = serde_json::from_str(params.get()).ok()?;
    params.get("enable").or_else(|| params.get(0))?.as_bool()
}

fn message(id: &str, attempt: &Attempt) -> Vec<u8> {
    let attempt = view::attempt(attempt);
    let text = format!("{}: {}: {}", attempt.step, attempt.to, attempt.outcome);
    let id: Value = serde_json::from_str(id).unwrap_or_default();
    let notice = json!({
        "jsonrpc": "2.0",
        "method": "message",
        "params": { "id": id, "level": "info", "message": text },
    });
    format!("{notice}\n\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use bolt1::Timestamp;

    use super::*;
    use crate::driver::Step;

    #[test]
    fn a_client_is_told_between_asking_and_asking_no_more() {
        let (replies, mut told) = mpsc::channel(4);
        let wishes = AtomicBool::default();
        let pay = br#"{"jsonrpc":"2.0","id":"a#1","method":"pay","params":{}}"#;
        assert!(asked(&wishes, pay, &replies).is_none());
        let wish = br#"{"jsonrpc":"2.0","id":1,"method":"notifications","params":{"enable":true}}"#;
        assert!(asked(&wishes, wish, &replies).is_none());
        let listener = asked(&wishes, pay, &replies).unwrap();
        let (to, outcome) = ("node 02".to_owned(), "sent, no answer".to_owned());
        listener(&Attempt { at: Timestamp(7), step: Step::Ask, to, outcome });
        let notice: Value = serde_json::from_slice(&told.try_recv().unwrap()).unwrap();
        assert_eq!(notice["method"], "message");
        assert_eq!(notice["params"]["id"], "a#1");
        assert_eq!(notice["params"]["message"], "ask: node 02: sent, no answer");
        let no_more = br#"{"jsonrpc":"2.0","id":2,"method":"notifications","params":[false]}"#;
        assert!(asked(&wishes, no_more, &replies).is_none());
        assert!(asked(&wishes, pay, &replies).is_none());
    }
}
