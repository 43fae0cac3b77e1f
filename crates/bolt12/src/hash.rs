//! SHA-256, plain and tagged as in BIP 340. The implementation uses the processor's own instructions where it has them,
//! with the standard library or without.

pub(crate) use sha2::{Digest, Sha256};

/// The hash of what `engine` has taken in.
pub(crate) fn finish(engine: Sha256) -> [u8; 32] {
    engine.finalize().into()
}

/// The tagged hash whose tag is the parts of `tag`, ready to take in the message.
pub(crate) fn tagged(tag: &[&[u8]]) -> Sha256 {
    let mut engine = Sha256::new();
    tag.iter().for_each(|part| engine.update(part));
    let tag = finish(engine);
    Sha256::new().chain_update(tag).chain_update(tag)
}
