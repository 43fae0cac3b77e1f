//! The shared workbench of the tests: clock, entropy, stores, nodes, contracts.
