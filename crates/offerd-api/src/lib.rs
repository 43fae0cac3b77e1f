//! Names and shapes of the JSON-RPC: the methods with their parameters, what they return, and the error codes.
//!
//! * [`method`]: one table of all methods. `help`, the command line's `--help`, the daemon's reading of
//!   parameters and the reference are all made from it.
//! * [`schema`]: a JSON Schema of each method, made from that table and from the types of the results.
//! * [`code`]: the error codes, Core Lightning's.
//! * [`ErrorObject`]: how a refusal looks.
//! * the other modules: results, one struct for each; `_msat`, `_sat`, `_at` and the like say their units.
//! * [`uri`]: the code in what people paste.
//! * [`decode`]: the view of a string of BOLT 12 or BOLT 11 that the daemon and the command line both print.
//! * [`layout`]: where a daemon's files are, so that both sides find them.
//!
//! Nothing here listens, connects, reads a clock or decides.

pub mod audit;
pub mod code;
pub mod control;
pub mod decode;
mod envelope;
pub mod invoice;
pub mod layout;
pub mod liquidity;
pub mod method;
pub mod node;
pub mod offer;
pub mod payment;
pub mod payout;
pub mod proof;
pub mod rates;
pub mod recovery;
pub mod rune;
pub mod schema;
pub mod subscription;
pub mod uri;
pub mod wait;
pub mod webhook;

pub use envelope::ErrorObject;
