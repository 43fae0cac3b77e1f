//! The stream cipher of the layers.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};

/// XORs `bytes` with the ChaCha20 key stream of `key`, zero nonce, from byte `offset` of the stream on.
pub(super) fn apply(key: &[u8; 32], offset: usize, bytes: &mut [u8]) {
    let mut cipher = ChaCha20::new(key.into(), &[0; 12].into());
    cipher.seek(offset);
    cipher.apply_keystream(bytes);
}
