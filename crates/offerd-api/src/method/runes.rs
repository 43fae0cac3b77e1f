//! Runes: who may call over HTTP, and what.

use super::Method;
use super::param::{Kind, Param, U64};
use crate::rune::{Blacklist, RuneChecked, RuneCreated, RuneList};
use crate::schema::Returns;

pub(super) const METHODS: &[Method] = &[BLACKLISTRUNE, CHECKRUNE, CREATERUNE, SHOWRUNES];

const BLACKLISTRUNE: Method = Method {
    name: "blacklistrune",
    aliases: &[],
    category: "runes",
    since: "0.1",
    summary: "No longer honours the runes of these numbers; without numbers, lists those that are not honoured.",
    params: &[
        Param::optional("start", U64, "The first number."),
        Param::optional("end", U64, "The last number; `start` when left out."),
        Param::default("relist", Kind::Boolean, "false", "Whether to honour them again instead."),
    ],
    returns: Returns::of::<Blacklist>(),
};

const CHECKRUNE: Method = Method {
    name: "checkrune",
    aliases: &[],
    category: "runes",
    since: "0.1",
    summary: "Says whether a rune allows a call. It counts as a use of the rune.",
    params: &[
        Param::required("rune", Kind::Text, "The rune."),
        Param::optional("nodeid", Kind::NodeId, "The node that asks."),
        Param::optional("method", Kind::Text, "The method that is to be called."),
        Param::optional("params", Kind::CallParams, "The parameters, by name or by position."),
    ],
    returns: Returns::of::<RuneChecked>(),
};

const CREATERUNE: Method = Method {
    name: "createrune",
    aliases: &[],
    category: "runes",
    since: "0.1",
    summary: "Makes a rune, or restricts one further. A call over HTTP needs one in the header `Rune`.",
    params: &[
        Param::optional("rune", Kind::Text, "The rune to be restricted further."),
        Param::optional(
            "restrictions",
            Kind::Restrictions,
            "`readonly`, or a list of restrictions, all of which must hold. Each is a list of alternatives, one of \
             which must hold: a field, one of != / ^ $ ~ < > { } # and a value. Fields are `time`, `method`, `id`, \
             `pnum`, `pnameX`, `parrN`, `pinvX_N`, `per`, `rate` and `payoutperday` (what the rune may have promised \
             or paid within a day, in msat).",
        ),
    ],
    returns: Returns::of::<RuneCreated>(),
};

const SHOWRUNES: Method = Method {
    name: "showrunes",
    aliases: &[],
    category: "runes",
    since: "0.1",
    summary: "Shows the runes that were made, or explains one.",
    params: &[Param::optional("rune", Kind::Text, "Only this one.")],
    returns: Returns::of::<RuneList>(),
};
