//! The Lightning node: wallet, peers, channels.

use super::Method;
use super::param::{Kind, Param, U16, U32, U64};
use crate::audit::AuditView;
use crate::control::Nothing;
use crate::node::{
    ChannelList, CheckedText, ClosedChannel, Connected, ForwardList, FundedChannel, Funds,
    NetworkChannelList, NewAddress, NodeInfo, PeerList, SignedText, Withdrawn,
};
use crate::schema::Returns;

pub(super) const METHODS: &[Method] = &[
    GETINFO,
    NEWADDR,
    LISTFUNDS,
    AUDIT,
    WITHDRAW,
    CONNECT,
    DISCONNECT,
    LISTPEERS,
    LISTPEERCHANNELS,
    LISTCHANNELS,
    LISTFORWARDS,
    FUNDCHANNEL,
    CLOSE,
    SIGNMESSAGE,
    CHECKMESSAGE,
];

const FEERATE_ABOUT: &str = "What the transaction pays the miners; `normal` without it.";

const GETINFO: Method = Method {
    name: "getinfo",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Shows who we are and how things stand.",
    params: &[],
    returns: Returns::of::<NodeInfo>(),
};

const NEWADDR: Method = Method {
    name: "newaddr",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Makes an address of the on-chain wallet.",
    params: &[Param::optional(
        "addresstype",
        Kind::Choice(&["bech32", "p2tr", "all"]),
        "Which type; the wallet makes one of them.",
    )],
    returns: Returns::of::<NewAddress>(),
};

const LISTFUNDS: Method = Method {
    name: "listfunds",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Lists the wallet's coins and what is in channels.",
    params: &[Param::default("spent", Kind::Boolean, "false", "Whether to list spent coins too.")],
    returns: Returns::of::<Funds>(),
};

const AUDIT: Method = Method {
    name: "audit",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Checks that what the node has is what its books say, to the millisatoshi.",
    params: &[],
    returns: Returns::of::<AuditView>(),
};

const WITHDRAW: Method = Method {
    name: "withdraw",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Pays from the on-chain wallet to an address.",
    params: &[
        Param::required("destination", Kind::Text, "The address."),
        Param::required(
            "satoshi",
            Kind::SatOrAll,
            "How much, fees not counted; `all` leaves what must stay for our channels.",
        ),
        Param::optional("feerate", Kind::FeeRate, FEERATE_ABOUT),
        Param::not_yet("minconf", "choosing coins by age"),
        Param::not_yet("utxos", "choosing coins"),
    ],
    returns: Returns::of::<Withdrawn>(),
};

const CONNECT: Method = Method {
    name: "connect",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Connects to another node.",
    params: &[
        Param::required("id", Kind::Text, "The node id, or id@host, or id@host:port."),
        Param::optional("host", Kind::Text, "Its host name or address."),
        Param::optional("port", U16, "Its port; 9735 without it."),
    ],
    returns: Returns::of::<Connected>(),
};

const DISCONNECT: Method = Method {
    name: "disconnect",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Closes the connection to another node; one that we have channels with is called again.",
    params: &[
        Param::required("id", Kind::NodeId, "The node."),
        Param::default("force", Kind::Boolean, "false", "Even if we have channels with it."),
    ],
    returns: Returns::of::<Nothing>(),
};

const LISTPEERS: Method = Method {
    name: "listpeers",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Lists the nodes we are connected to or have channels with.",
    params: &[
        Param::optional("id", Kind::NodeId, "Only this one."),
        Param::not_yet("level", "showing a log with each peer"),
    ],
    returns: Returns::of::<PeerList>(),
};

const LISTPEERCHANNELS: Method = Method {
    name: "listpeerchannels",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Lists channels.",
    params: &[
        Param::optional("id", Kind::NodeId, "Only those with this node."),
        Param::optional("short_channel_id", Kind::Text, "Only this one.").by_name(),
    ],
    returns: Returns::of::<ChannelList>(),
};

const LISTCHANNELS: Method = Method {
    name: "listchannels",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Lists the public channels of the network, as far as it is known: each direction on its source's terms.",
    params: &[
        Param::optional("short_channel_id", Kind::Text, "Only this one."),
        Param::optional("source", Kind::NodeId, "Only from this node."),
        Param::optional("destination", Kind::NodeId, "Only to this node."),
    ],
    returns: Returns::of::<NetworkChannelList>(),
};

const LISTFORWARDS: Method = Method {
    name: "listforwards",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Lists payments of others that went through this node, with what they have brought.",
    params: &[
        Param::optional(
            "status",
            Kind::Choice(&["settled"]),
            "Only those that stand so; nothing is on record of those that came to nothing.",
        ),
        Param::not_yet("in_channel", "choosing by channel"),
        Param::not_yet("out_channel", "choosing by channel"),
        Param::optional("index", Kind::Choice(&["created"]), "What `start` and `limit` count."),
        Param::default("start", U64, "1", "The first index wanted."),
        Param::optional("limit", U32, "Most entries wanted."),
    ],
    returns: Returns::of::<ForwardList>(),
};

const FUNDCHANNEL: Method = Method {
    name: "fundchannel",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Opens a channel to a connected node with coins of the wallet.",
    params: &[
        Param::required("id", Kind::NodeId, "The node."),
        Param::required("amount", Kind::SatOrAll, "How much to put in."),
        Param::optional("feerate", Kind::FeeRate, FEERATE_ABOUT),
        Param::default(
            "announce",
            Kind::Boolean,
            "true",
            "Whether the channel is told to everybody.",
        ),
        Param::not_yet("minconf", "choosing coins by age"),
        Param::not_yet("utxos", "choosing coins"),
        Param::optional("push_msat", Kind::Fee, "How much of it to give to the node at once."),
        Param::not_yet("close_to", "closing to a given address"),
        Param::not_yet("request_amt", "buying liquidity"),
        Param::not_yet("compact_lease", "buying liquidity"),
        Param::not_yet("mindepth", "choosing how deep the funding must be"),
        Param::not_yet("reserve", "choosing the reserve"),
        Param::not_yet("channel_type", "choosing the channel type"),
    ],
    returns: Returns::of::<FundedChannel>(),
};

const CLOSE: Method = Method {
    name: "close",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Closes a channel: by agreement with its other end, or by ourselves when that takes too long.",
    params: &[
        Param::required(
            "id",
            Kind::Text,
            "The channel: its channel_id, its short_channel_id, or the node where there is one only.",
        ),
        Param::default(
            "unilateraltimeout",
            U32,
            "172800",
            "After how many seconds without agreement to close by ourselves; 0 for never.",
        ),
        Param::not_yet(
            "destination",
            "closing to an address outside (the wallet receives what is ours: withdraw it then)",
        ),
        Param::not_yet("fee_negotiation_step", "choosing how fees are agreed on"),
        Param::not_yet("wrong_funding", "closing a channel that was funded by mistake"),
        Param::not_yet("force_lease_closed", "leased channels"),
        Param::not_yet("feerange", "choosing how fees are agreed on"),
    ],
    returns: Returns::of::<ClosedChannel>(),
};

const SIGNMESSAGE: Method = Method {
    name: "signmessage",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Signs a text with the key of the node's id.",
    params: &[Param::required("message", Kind::Text, "The text.")],
    returns: Returns::of::<SignedText>(),
};

const CHECKMESSAGE: Method = Method {
    name: "checkmessage",
    aliases: &[],
    category: "node",
    since: "0.1",
    summary: "Says which node has signed a text, or whether a given one has.",
    params: &[
        Param::required("message", Kind::Text, "The text."),
        Param::required("zbase", Kind::Text, "The signature, as signmessage gives it."),
        Param::optional(
            "pubkey",
            Kind::NodeId,
            "The node; without it, the signer must be a node that we know of.",
        ),
    ],
    returns: Returns::of::<CheckedText>(),
};
