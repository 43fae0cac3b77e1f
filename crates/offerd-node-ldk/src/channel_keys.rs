//! The keys of channels, and where the coins go when a channel ends: straight to the wallet.
//!
//! The `lightning` crate would pay them to keys of its own, from where each output costs another transaction. Only
//! outputs with a script of their own still need one: those that wait out a delay, and `to_remote`.

use std::fmt;
use std::sync::Arc;

use bitcoin::{ScriptBuf, WitnessProgram};
use lightning::ln::script::ShutdownScript;
use lightning::sign::{InMemorySigner, SignerProvider};

use crate::types::Keyring;
use crate::wallet::OnchainWallet;

/// What the crate asks for keys and scripts of channels.
pub(crate) struct ChannelKeys {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) wallet: Arc<OnchainWallet>,
}

impl fmt::Debug for ChannelKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelKeys").finish_non_exhaustive()
    }
}

impl SignerProvider for ChannelKeys {
    type EcdsaSigner = InMemorySigner;

    fn generate_channel_keys_id(&self, inbound: bool, user_channel_id: u128) -> [u8; 32] {
        self.keyring.generate_channel_keys_id(inbound, user_channel_id)
    }

    fn derive_channel_signer(&self, channel_keys_id: [u8; 32]) -> InMemorySigner {
        self.keyring.derive_channel_signer(channel_keys_id)
    }

    /// For what HTLCs and penalties leave.
    fn get_destination_script(&self, _channel_keys_id: [u8; 32]) -> Result<ScriptBuf, ()> {
        self.wallet.closing_script()
    }

    /// For our balance when both close together.
    fn get_shutdown_scriptpubkey(&self) -> Result<ShutdownScript, ()> {
        let script = self.wallet.closing_script()?;
        let version = script.witness_version().ok_or(())?;
        let program = script.as_bytes().get(2..).ok_or(())?;
        let program = WitnessProgram::new(version, program).map_err(|_| ())?;
        ShutdownScript::new_witness_program(&program).map_err(|_| ())
    }
}
