//! A stand-in for the onion-message layer: it takes part in nothing.

pub(crate) type OnionLayer = lightning::ln::peer_handler::IgnoringMessageHandler;
