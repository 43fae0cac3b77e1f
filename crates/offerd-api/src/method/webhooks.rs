//! Events that are handed to webhooks.

use super::Method;
use super::param::{Param, U64};
use crate::schema::Returns;
use crate::webhook::{WebhookList, WebhookRetried};

pub(super) const METHODS: &[Method] = &[LISTWEBHOOKS, RETRYWEBHOOK];

const LISTWEBHOOKS: Method = Method {
    name: "listwebhooks",
    aliases: &[],
    category: "webhooks",
    since: "0.1",
    summary: "Lists the receivers of events: how far each has got, what it was not told, and why.",
    params: &[],
    returns: Returns::of::<WebhookList>(),
};

const RETRYWEBHOOK: Method = Method {
    name: "retrywebhook",
    aliases: &[],
    category: "webhooks",
    since: "0.1",
    summary: "Sends failed events to their receivers again: one of them, or all.",
    params: &[Param::optional("id", U64, "The id of the event; all failed ones without it.")],
    returns: Returns::of::<WebhookRetried>(),
};
