//! offerd

fn main() {}
