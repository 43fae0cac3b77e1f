//! The ports: what the core asks of the world. Declared here, performed by adapters, called by the driver.

mod error;
mod node;
mod rates;
mod store;

pub use error::{PortError, PortErrorKind};
pub use node::{
    Bolt11Facts, Bolt11Minted, Bolt11Order, Bolt11Refused, Destination, Fronts, Hints,
    InboundMessage, IncomingPayment, InvoiceIssuer, InvoicePayer, MessageContent, MintOrder,
    Minted, NodeEvent, NodeEvents, OnionTransport, OutboundMessage, PayOrder, PayRefused,
    PaymentFailure, PaymentPath, SealedContext,
};
pub use rates::{Rates, SourceState};
pub use store::{Indexed, KeyValueStore, LogEntry, NamedChange, OpenPayouts, Page, Store};
