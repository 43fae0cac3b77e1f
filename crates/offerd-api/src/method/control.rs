//! The daemon itself.

use super::Method;
use super::param::{Kind, Param};
use crate::control::{ConfigList, Farewell, HelpList, Nothing};
use crate::recovery::BackupMade;
use crate::schema::Returns;

pub(super) const METHODS: &[Method] = &[BACKUP, HELP, LISTCONFIGS, NOTIFICATIONS, STOP];

const BACKUP: Method = Method {
    name: "backup",
    aliases: &[],
    category: "control",
    since: "0.1",
    summary: "Writes a copy of the database and a recovery file, which holds the seed words, into a folder.",
    params: &[Param::required(
        "destination",
        Kind::Text,
        "The folder, an absolute path on the daemon's machine; made where it is not there. No file in it is \
         ever written over.",
    )
    .by_name()],
    returns: Returns::of::<BackupMade>(),
};

const HELP: Method = Method {
    name: "help",
    aliases: &[],
    category: "control",
    since: "0.1",
    summary: "Lists the methods, or explains one.",
    params: &[Param::optional("command", Kind::Text, "Only this one.")],
    returns: Returns::of::<HelpList>(),
};

const LISTCONFIGS: Method = Method {
    name: "listconfigs",
    aliases: &[],
    category: "control",
    since: "0.1",
    summary: "Shows the configuration in force, and where each value was set.",
    params: &[Param::optional("config", Kind::Text, "Only this option.")],
    returns: Returns::of::<ConfigList>(),
};

const NOTIFICATIONS: Method = Method {
    name: "notifications",
    aliases: &[],
    category: "control",
    since: "0.1",
    summary: "Says whether this connection wants to be told of each attempt while its calls go on, by objects with the method \
              `message`.",
    params: &[Param::required("enable", Kind::Boolean, "Whether it does.")],
    returns: Returns::of::<Nothing>(),
};

const STOP: Method = Method {
    name: "stop",
    aliases: &[],
    category: "control",
    since: "0.1",
    summary: "Ends the daemon.",
    params: &[],
    returns: Returns::of::<Farewell>(),
};
