//! The daemon itself.

use super::Method;
use super::param::{Kind, Param};

pub(super) const METHODS: &[Method] = &[BACKUP, HELP, LISTCONFIGS, NOTIFICATIONS, STOP];

const BACKUP: Method = Method {
    name: "backup",
    aliases: &[],
    category: "control",
    summary: "Writes a copy of the database and a recovery file, which holds the seed words, into a folder.",
    params: &[Param::required(
        "destination",
        Kind::Text,
        "The folder, an absolute path on the daemon's machine; made where it is not there. No file in it is \
         ever written over.",
    )
    .by_name()],
    returns: &["folder", "database", "database_bytes", "recovery_file", "num_channels"],
};

const HELP: Method = Method {
    name: "help",
    aliases: &[],
    category: "control",
    summary: "Lists the methods, or explains one.",
    params: &[Param::optional("command", Kind::Text, "Only this one.")],
    returns: &["help[]: command, category, description, verbose?"],
};

const LISTCONFIGS: Method = Method {
    name: "listconfigs",
    aliases: &[],
    category: "control",
    summary: "Shows the configuration in force, and where each value was set.",
    params: &[Param::optional("config", Kind::Text, "Only this option.")],
    returns: &["configs{OPTION: value_str | value_int | value_bool | values_str[], source}"],
};

const NOTIFICATIONS: Method = Method {
    name: "notifications",
    aliases: &[],
    category: "control",
    summary: "Says whether this connection wants notices of progress; there are none yet.",
    params: &[Param::required("enable", Kind::Boolean, "Whether it does.")],
    returns: &[],
};

const STOP: Method = Method {
    name: "stop",
    aliases: &[],
    category: "control",
    summary: "Ends the daemon.",
    params: &[],
    returns: &["the string \"Shutdown complete\""],
};
