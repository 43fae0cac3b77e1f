//! offer-cli

fn main() {}
