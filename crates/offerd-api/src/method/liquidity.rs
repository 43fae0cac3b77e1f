//! Liquidity bought from a provider (an LSP).

use super::Method;
use super::param::{Kind, Param};
use crate::liquidity::{OpeningInvoice, OpeningList, OpeningMenu};
use crate::schema::Returns;

pub(super) const METHODS: &[Method] = &[GETINFO, INVOICE, LIST];

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
