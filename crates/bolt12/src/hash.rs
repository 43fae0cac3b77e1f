//! SHA-256, plain and tagged as in BIP 340.

use bitcoin_hashes::{Hash as _, HashEngine, sha256};

/// The hash of what `engine` has taken in.
pub(crate) fn finish(engine: sha256::HashEngine) -> [u8; 32] {
    sha256::Hash::from_engine(engine).to_byte_array()
}

/// The tagged hash whose tag is the parts of `tag`, ready to take in the message.
pub(crate) fn tagged(tag: &[&[u8]]) -> sha256::HashEngine {
    let mut engine = sha256::HashEngine::default();
    tag.iter().for_each(|part| engine.input(part));
    let tag = finish(engine);
    let mut engine = sha256::HashEngine::default();
    engine.input(&tag);
    engine.input(&tag);
    engine
}
