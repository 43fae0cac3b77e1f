//! Several layers joined in memory: a network without sockets, on a clock that the test moves.

mod delivery;
mod graph;
mod hostile;
mod limits;
mod net;
mod peer_manager;
mod queue;
mod shapes;
mod ways;
