//! A Lightning node on the lightning crates behind the ports of offerd-core.
