//! Errors as bitcoind's clients know them. The codes are bitcoind's.

use bitcoin::hex::HexToArrayError;
use serde_json::{Value, json};

use crate::error::{ChainError, FaucetError};
use crate::mempool::{MempoolRefusal, PackageRefusal};

/// An error reply: a code of bitcoind's and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RpcError {
    pub(crate) code: i32,
    pub(crate) message: String,
}

impl RpcError {
    pub(crate) const MISC: i32 = -1;
    pub(crate) const TYPE: i32 = -3;
    pub(crate) const WALLET: i32 = -4;
    pub(crate) const NOT_FOUND: i32 = -5;
    pub(crate) const INSUFFICIENT_FUNDS: i32 = -6;
    pub(crate) const INVALID_PARAMETER: i32 = -8;
    pub(crate) const DESERIALIZATION: i32 = -22;
    pub(crate) const VERIFY: i32 = -25;
    pub(crate) const VERIFY_REJECTED: i32 = -26;
    pub(crate) const ALREADY_IN_CHAIN: i32 = -27;
    pub(crate) const INVALID_REQUEST: i32 = -32600;
    pub(crate) const METHOD_NOT_FOUND: i32 = -32601;
    pub(crate) const INTERNAL: i32 = -32603;
    pub(crate) const PARSE: i32 = -32700;

    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }

    pub(crate) fn invalid_hash(name: &str, error: &HexToArrayError) -> Self {
        Self::new(Self::INVALID_PARAMETER, format!("{name} must be 64 hexadecimal digits: {error}"))
    }
}

impl From<MempoolRefusal> for RpcError {
    fn from(refusal: MempoolRefusal) -> Self {
        let code = match refusal {
            MempoolRefusal::AlreadyMined => Self::ALREADY_IN_CHAIN,
            MempoolRefusal::MissingInput { .. } => Self::VERIFY,
            MempoolRefusal::AlreadyInMempool
            | MempoolRefusal::OtherWitnessInMempool
            | MempoolRefusal::Coinbase
            | MempoolRefusal::Malformed
            | MempoolRefusal::ImmatureCoinbase { .. }
            | MempoolRefusal::OutputsAboveInputs
            | MempoolRefusal::Script { .. }
            | MempoolRefusal::NonFinal
            | MempoolRefusal::SequenceLocked { .. }
            | MempoolRefusal::Version
            | MempoolRefusal::TooSmall
            | MempoolRefusal::TooLarge
            | MempoolRefusal::TooManySigops
            | MempoolRefusal::Dust { .. }
            | MempoolRefusal::FeeTooLow { .. }
            | MempoolRefusal::ReplacementFee { .. }
            | MempoolRefusal::TooManyReplaced
            | MempoolRefusal::SpendsReplaced { .. }
            | MempoolRefusal::ChainTooLong
            | MempoolRefusal::Truc(_)
            | MempoolRefusal::Full => Self::VERIFY_REJECTED,
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<PackageRefusal> for RpcError {
    fn from(refusal: PackageRefusal) -> Self {
        Self::new(Self::INVALID_PARAMETER, refusal.to_string())
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        let code = match error {
            ChainError::TooDeep { .. } => Self::INVALID_PARAMETER,
            ChainError::UnknownBlock(_) => Self::NOT_FOUND,
            ChainError::Folder(_)
            | ChainError::FolderName
            | ChainError::Engine(_)
            | ChainError::BlockRefused { .. }
            | ChainError::NotTheTip { .. } => Self::INTERNAL,
        };
        Self::new(code, error.to_string())
    }
}

impl From<FaucetError> for RpcError {
    fn from(error: FaucetError) -> Self {
        match error {
            FaucetError::Refused(refusal) => refusal.into(),
            FaucetError::NotRegtest => Self::new(Self::NOT_FOUND, error.to_string()),
            FaucetError::Insufficient { .. } => {
                Self::new(Self::INSUFFICIENT_FUNDS, error.to_string())
            }
            FaucetError::Signing(_) => Self::new(Self::WALLET, error.to_string()),
        }
    }
}
