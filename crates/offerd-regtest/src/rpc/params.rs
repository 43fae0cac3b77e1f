//! Parameters of a call, by position or by name.

use std::str::FromStr;

use bitcoin::address::NetworkUnchecked;
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::hex::HexToArrayError;
use bitcoin::{Address, Amount, Denomination, Network, Transaction};
use serde_json::Value;

use super::error::RpcError;

/// Parameters in the order of their names; those left out are null.
#[derive(Debug)]
pub(super) struct Params {
    names: &'static [&'static str],
    values: Vec<Value>,
}

impl Params {
    /// Sorts what a request holds under `params` by `names`.
    pub(super) fn new(params: Value, names: &'static [&'static str]) -> Result<Self, RpcError> {
        let values = match params {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            Value::Object(mut by_name) => {
                let values =
                    names.iter().map(|name| by_name.remove(*name).unwrap_or(Value::Null)).collect();
                if let Some(unknown) = by_name.keys().next() {
                    let message = format!("unknown named parameter {unknown}");
                    return Err(RpcError::new(RpcError::INVALID_PARAMETER, message));
                }
                values
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                let message = "params must be an array or object";
                return Err(RpcError::new(RpcError::INVALID_REQUEST, message));
            }
        };
        Ok(Self { names, values })
    }

    /// Everything, for a method that takes anything.
    pub(super) fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// Refuses more parameters than there are names.
    pub(super) fn check_count(&self) -> Result<(), RpcError> {
        if self.values.len() > self.names.len() {
            let message = match self.names {
                [] => "takes no parameters".to_owned(),
                names => format!("takes at most {}: {}", names.len(), names.join(", ")),
            };
            return Err(RpcError::new(RpcError::MISC, message));
        }
        Ok(())
    }

    /// The parameter at `index`; null counts as left out.
    fn get(&self, index: usize) -> Option<&Value> {
        self.values.get(index).filter(|value| !value.is_null())
    }

    fn require(&self, index: usize) -> Result<&Value, RpcError> {
        self.get(index).ok_or_else(|| {
            RpcError::new(RpcError::MISC, format!("missing parameter {}", self.name(index)))
        })
    }

    pub(super) fn name(&self, index: usize) -> &'static str {
        self.names.get(index).copied().unwrap_or("?")
    }

    fn type_error(&self, index: usize, expected: &str) -> RpcError {
        RpcError::new(RpcError::TYPE, format!("{} must be {expected}", self.name(index)))
    }

    pub(super) fn string(&self, index: usize) -> Result<&str, RpcError> {
        self.require(index)?.as_str().ok_or_else(|| self.type_error(index, "a string"))
    }

    pub(super) fn string_or<'a>(
        &'a self,
        index: usize,
        default: &'a str,
    ) -> Result<&'a str, RpcError> {
        self.get(index).map_or(Ok(default), |_| self.string(index))
    }

    /// A whole number that may be out of range but must be a number.
    pub(super) fn integer(&self, index: usize) -> Result<i64, RpcError> {
        self.require(index)?.as_i64().ok_or_else(|| self.type_error(index, "a whole number"))
    }

    /// A count from 0 up to `max`.
    pub(super) fn count(&self, index: usize, max: u32) -> Result<u32, RpcError> {
        let count = u32::try_from(self.integer(index)?).ok().filter(|count| *count <= max);
        count.ok_or_else(|| {
            let message = format!("{} must be from 0 to {max}", self.name(index));
            RpcError::new(RpcError::INVALID_PARAMETER, message)
        })
    }

    pub(super) fn flag_or(&self, index: usize, default: bool) -> Result<bool, RpcError> {
        self.get(index).map_or(Ok(default), |value| {
            value.as_bool().ok_or_else(|| self.type_error(index, "true or false"))
        })
    }

    /// A level of detail: a number, or as in old days false for 0 and true for 1.
    pub(super) fn verbosity_or(&self, index: usize, default: i64) -> Result<i64, RpcError> {
        match self.get(index) {
            None => Ok(default),
            Some(Value::Bool(verbose)) => Ok(i64::from(*verbose)),
            Some(_) => self.integer(index),
        }
    }

    /// A block hash or transaction id.
    pub(super) fn hash<T: FromStr<Err = HexToArrayError>>(
        &self,
        index: usize,
    ) -> Result<T, RpcError> {
        let text = self.string(index)?;
        text.parse().map_err(|error| RpcError::invalid_hash(self.name(index), &error))
    }

    /// A regtest address.
    pub(super) fn address(&self, index: usize) -> Result<Address, RpcError> {
        let address: Option<Address<NetworkUnchecked>> = self.string(index)?.parse().ok();
        address
            .and_then(|address| address.require_network(Network::Regtest).ok())
            .ok_or_else(|| RpcError::new(RpcError::NOT_FOUND, "invalid regtest address"))
    }

    /// An amount in bitcoin, as a number or in a string.
    pub(super) fn amount(&self, index: usize) -> Result<Amount, RpcError> {
        let text = match self.require(index)? {
            Value::Number(number) => format!("{:.8}", number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(self.type_error(index, "an amount in bitcoin"));
            }
        };
        Amount::from_str_in(&text, Denomination::Bitcoin)
            .map_err(|error| RpcError::new(RpcError::TYPE, format!("invalid amount: {error}")))
    }

    pub(super) fn amount_or(&self, index: usize, default: Amount) -> Result<Amount, RpcError> {
        self.get(index).map_or(Ok(default), |_| self.amount(index))
    }

    pub(super) fn transaction(&self, index: usize) -> Result<Transaction, RpcError> {
        decode_transaction(self.string(index)?)
    }

    pub(super) fn transactions(&self, index: usize) -> Result<Vec<Transaction>, RpcError> {
        let list = self.require(index)?.as_array();
        list.ok_or_else(|| self.type_error(index, "an array of strings"))?
            .iter()
            .map(|item| item.as_str().ok_or_else(|| self.type_error(index, "an array of strings")))
            .map(|text| decode_transaction(text?))
            .collect()
    }

    /// None when left out.
    pub(super) fn transactions_or_none(&self, index: usize) -> Result<Vec<Transaction>, RpcError> {
        self.get(index).map_or_else(|| Ok(Vec::new()), |_| self.transactions(index))
    }
}

fn decode_transaction(text: &str) -> Result<Transaction, RpcError> {
    deserialize_hex(text).map_err(|error| {
        RpcError::new(RpcError::DESERIALIZATION, format!("TX decode failed: {error}"))
    })
}
