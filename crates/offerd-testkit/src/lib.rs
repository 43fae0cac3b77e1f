//! The shared workbench of the tests: clock, entropy, stores, nodes, contracts.
//!
//! * [`FakeClock`], [`SeededEntropy`]: time and chance, as the test wants them.
//! * [`sample`]: valid values of everything.
//! * [`MemoryStore`]: the store ports without a disk.
//! * [`FakeNetwork`], [`FakeNode`]: Lightning nodes in memory, real onions between them, that lose, delay, refuse
//!   and die when they are told to.
//! * [`Life`], [`MortalNode`], [`GuardedStore`]: processes that die at any call, and a [`Trace`] of what they did.
//! * [`FakeRates`]: what bitcoin costs, as the test says.
//! * [`rpc_schema`]: calls of the JSON-RPC, held against the schemas of the methods.
//! * [`contract`]: what every adapter must do, as a list of named behaviours.
//!
//! Only ever a dev-dependency. Since `offerd-core` depends on it in its own tests, those that use it live in
//! `tests/`, never in `src/`.

mod clock;
pub mod contract;
mod entropy;
mod fake_node;
mod fake_rates;
mod life;
mod memory_store;
pub mod rpc_schema;
pub mod sample;

pub use clock::FakeClock;
pub use entropy::SeededEntropy;
pub use fake_node::{
    Call, Carried, CarriedEnd, FakeNetwork, FakeNode, Moment, Reach, Recorder, Weather,
};
pub use fake_rates::FakeRates;
pub use life::{GuardedStore, Life, MortalNode, NodeBug, StoreGuard, Trace};
pub use memory_store::MemoryStore;
