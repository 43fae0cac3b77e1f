//! Liquidity bought from a provider (an LSP).

use super::Method;
use super::param::{Kind, Param};
use crate::liquidity::{
    OpeningInvoice, OpeningList, OpeningMenu, OrderList, OrderOptions, OrderView,
};
use crate::schema::Returns;

pub(super) const METHODS: &[Method] = &[ORDER_GETINFO, ORDER, ORDER_LIST, GETINFO, INVOICE, LIST];

/// How long an invoice may live, in seconds: providers keep their word for hours or days.
const LIFE: Kind = Kind::Integer { min: 1, max: 2_592_000 };

const PROVIDER: Param = Param::optional(
    "lsp_id",
    Kind::Text,
    "The provider: its node id, or id@host:port (default: that of the option lsp).",
);
const TOKEN: Param = Param::optional(
    "token",
    Kind::Text,
    "What the provider is shown, where it asks for something (default: the option lsp-token, for the provider of the \
     option lsp).",
);

/// How many blocks a channel is to stay.
const BLOCKS: Kind = Kind::Integer { min: 1, max: 0xffff_ffff };

const ORDER_GETINFO: Method = Method {
    name: "lsps-lsps1-getinfo",
    aliases: &[],
    category: "liquidity",
    since: "0.1",
    summary: "Asks a provider which channels it sells for money (bLIP-51).",
    params: &[PROVIDER],
    returns: Returns::of::<OrderOptions>(),
};

const ORDER: Method = Method {
    name: "lsps-lsps1-order",
    aliases: &[],
    category: "liquidity",
    since: "0.1",
    summary: "Orders a channel of a provider (bLIP-51). Nothing is paid: the result says which calls pay it.",
    params: &[
        Param::required(
            "lsp_balance",
            Kind::Msat,
            "What the provider puts in: what can be received over the channel. Whole satoshi.",
        ),
        Param::default(
            "client_balance",
            Kind::Fee,
            "0",
            "What is to be ours in it at once, and is paid for with the order. Whole satoshi.",
        ),
        Param::optional(
            "channel_expiry_blocks",
            BLOCKS,
            "For so many blocks the provider is to leave it open (default: 4320, a month, or the most that the provider \
             sells).",
        ),
        Param::default(
            "announce",
            Kind::Boolean,
            "false",
            "Whether the world is told of the channel.",
        ),
        Param::optional(
            "maxfee",
            Kind::Fee,
            "The most that it may cost (default: the option lsp-max-fee). An order that costs more is not shown.",
        ),
        PROVIDER,
        TOKEN,
    ],
    returns: Returns::of::<OrderView>(),
};

const ORDER_LIST: Method = Method {
    name: "lsps-lsps1-list",
    aliases: &[],
    category: "liquidity",
    since: "0.1",
    summary: "Lists the channels that were ordered, with how the orders stand.",
    params: &[Param::optional("order_id", Kind::Text, "Only the order of this name.")],
    returns: Returns::of::<OrderList>(),
};

const GETINFO: Method = Method {
    name: "lsps-lsps2-getinfo",
    aliases: &[],
    category: "liquidity",
    since: "0.1",
    summary: "Asks a provider on which terms it opens a channel to us when a payment comes (bLIP-52).",
    params: &[PROVIDER, TOKEN],
    returns: Returns::of::<OpeningMenu>(),
};

const INVOICE: Method = Method {
    name: "lsps-lsps2-invoice",
    aliases: &[],
    category: "liquidity",
    since: "0.1",
    summary: "Makes an invoice of BOLT 11 whose payment comes through a channel that a provider opens for it, and keeps \
              its price of (bLIP-52).",
    params: &[
        Param::required(
            "amount_msat",
            Kind::Msat,
            "What the payer pays, the provider's price in it.",
        ),
        Param::required("label", Kind::Label, "A name for the invoice; each can be given once."),
        Param::required("description", Kind::Text, "What is paid for, at most 639 bytes."),
        PROVIDER,
        TOKEN,
        Param::optional(
            "maxfee",
            Kind::Fee,
            "The most that the provider may keep (default: the option lsp-max-fee). Terms above it are refused, and so \
             is a payment of which more was kept than was agreed.",
        ),
        Param::default(
            "expiry",
            LIFE,
            "3600",
            "How many seconds it may be paid; less where the provider's terms end sooner.",
        ),
    ],
    returns: Returns::of::<OpeningInvoice>(),
};

const LIST: Method = Method {
    name: "lsps-lsps2-list",
    aliases: &[],
    category: "liquidity",
    since: "0.1",
    summary: "Lists the channels that were bought for payments, with what their providers have kept.",
    params: &[],
    returns: Returns::of::<OpeningList>(),
};
