//! What is measured: messages like those of a wallet, and the work that reading them cannot do without.

mod bare;
mod cpu;
mod messages;
mod table;

pub use bare::{BareOnion, BareRead};
pub use cpu::CpuTime;
pub use messages::{Messages, keypair};
pub use table::{Row, print};
