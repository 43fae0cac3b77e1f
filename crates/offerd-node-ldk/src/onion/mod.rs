//! Onion messages over LDK's connections: our own handler in the place of LDK's `OnionMessenger`, which would
//! parse contents that we need as bytes and write reply paths that only it can read.
//!
//! [`OnionLayer`] is at once the handler that LDK's `PeerManager` calls and the port
//! [`OnionTransport`](offerd_core::port::OnionTransport). It reads what peers hand in, gives what is for us to
//! the channel that [`OnionLayer::new`] returns, forwards the rest, and queues what LDK is to hand out.
//!
//! What the node has to do:
//!
//! 1. Implement [`PeerDirectory`]; the graph part, [`Graph`], is LDK's `NetworkGraph` itself.
//! 2. Make a layer with [`OnionLayer::new`], give it to the `PeerManager` as `onion_message_handler` (with
//!    `NO_ONION_MESSENGER` to the background processor) and to the daemon as its `OnionTransport`.
//! 3. Keep [`OnionLayer::drive`] running with a closure that calls `peer_manager.process_events()`: LDK asks for
//!    queued messages only then.
//! 4. Take what arrives from the channel.
//! 5. Let its owner set [`MessageLimits`], [`Dialling`] and [`PathShape`], and read [`MessageCounts`].
//!
//! # Limits
//! Nothing here grows without bound. Inbound messages pass a bucket per peer that has a channel, one bucket that
//! all others share, and one over all; outbound ones wait in queues per peer, bounded in number and bytes, from
//! which LDK gets them at the pace of a bucket per peer, because Core Lightning silently drops what comes faster
//! than one in 250 ms. Our own traffic goes before forwards, and forwards take turns by where they came from.
//! What goes through and what is dropped is counted, see [`MessageCounts`].

mod bucket;
mod convert;
mod counts;
mod directory;
mod drops;
mod graph;
mod handler;
mod inbound;
mod layer;
mod limits;
mod outbound;
mod paths;
mod peers;
mod queue;

#[cfg(test)]
mod tests;

pub use counts::MessageCounts;
pub use drops::MessageDrops;
pub use limits::{Dialling, MessageLimits, MessageRate, PathShape};

pub(crate) use directory::{Graph, PeerDirectory, is_public};
#[cfg(test)]
pub(crate) use layer::Clock;
pub(crate) use layer::{Bounds, Identity, OnionLayer, SystemClock};
