//! What was agreed on with providers, kept: for which payment which of them may open a channel, and what it may keep.

use std::collections::HashSet;
use std::sync::Arc;

use bitcoin::hex::{DisplayHex, FromHex};
use bolt1::{Msat, PublicKey, Seconds, Timestamp};
use offerd_core::liquidity::JustInTime;
use offerd_core::port::PortError;
use serde::{Deserialize, Serialize};

use crate::persist::Store;

const SPACE: (&str, &str) = ("liquidity", "agreements");
/// For so long after its end an agreement for which no payment came is remembered.
const REMEMBERED: Seconds = Seconds(86_400);
/// So long after its end a channel is still expected: the payment may have been on its way.
const LATE: Seconds = Seconds(3_600);

/// An agreement as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementView {
    /// The payment's hash.
    pub payment_hash: [u8; 32],
    /// With whom.
    pub provider: PublicKey,
    /// The payment that the channel is opened for.
    pub payment: Msat,
    /// What may be kept of it.
    pub opening_fee: Msat,
    /// Until when.
    pub valid_until: Timestamp,
    /// What was kept, once a payment has come.
    pub kept: Option<Msat>,
}

/// An agreement as it is stored.
#[derive(Serialize, Deserialize)]
struct Record {
    provider: String,
    payment_msat: u64,
    opening_fee_msat: u64,
    valid_until: u64,
    kept_msat: Option<u64>,
}

/// All of them, by payment hash.
#[derive(Debug)]
pub(crate) struct Agreements(pub(crate) Arc<Store>);

impl Agreements {
    /// Keeps one.
    pub(crate) fn note(&self, payment_hash: &[u8; 32], it: &JustInTime) -> Result<(), PortError> {
        self.write(&AgreementView {
            payment_hash: *payment_hash,
            provider: it.provider,
            payment: it.payment,
            opening_fee: it.opening_fee,
            valid_until: it.valid_until,
            kept: None,
        })
    }

    /// The one about this payment.
    pub(crate) fn find(&self, payment_hash: &[u8; 32]) -> Result<Option<AgreementView>, PortError> {
        let Some(bytes) = self.0.read(SPACE, &payment_hash.to_lower_hex_string())? else {
            return Ok(None);
        };
        let corrupt = || PortError::corrupt("an agreement with a provider");
        let record: Record = serde_json::from_slice(&bytes).map_err(|_| corrupt())?;
        let msat = |amount| Msat::new(amount).ok_or_else(corrupt);
        Ok(Some(AgreementView {
            payment_hash: *payment_hash,
            provider: record.provider.parse().map_err(|_| corrupt())?,
            payment: msat(record.payment_msat)?,
            opening_fee: msat(record.opening_fee_msat)?,
            valid_until: Timestamp(record.valid_until),
            kept: record.kept_msat.map(msat).transpose()?,
        }))
    }

    /// Notes what was kept, before the payment is taken.
    pub(crate) fn note_kept(&self, agreement: AgreementView, kept: Msat) -> Result<(), PortError> {
        if agreement.kept == Some(kept) {
            return Ok(());
        }
        self.write(&AgreementView { kept: Some(kept), ..agreement })
    }

    /// All of them, in no particular order.
    pub(crate) fn list(&self) -> Result<Vec<AgreementView>, PortError> {
        let mut all = Vec::new();
        for name in self.0.list(SPACE)? {
            let Ok(hash) = <[u8; 32]>::from_hex(&name) else { continue };
            all.extend(self.find(&hash)?);
        }
        Ok(all)
    }

    /// The providers that may open a channel now.
    pub(crate) fn expected(&self, now: Timestamp) -> Result<HashSet<PublicKey>, PortError> {
        let open = |it: &AgreementView| it.kept.is_none() && now <= it.valid_until.plus(LATE);
        Ok(self.list()?.into_iter().filter(open).map(|it| it.provider).collect())
    }

    /// Drops those that nothing came of.
    pub(crate) fn prune(&self, now: Timestamp) -> Result<(), PortError> {
        for agreement in self.list()? {
            if agreement.kept.is_none() && now > agreement.valid_until.plus(REMEMBERED) {
                self.0.remove(SPACE, &agreement.payment_hash.to_lower_hex_string())?;
            }
        }
        Ok(())
    }

    fn write(&self, it: &AgreementView) -> Result<(), PortError> {
        let record = Record {
            provider: it.provider.to_string(),
            payment_msat: it.payment.as_u64(),
            opening_fee_msat: it.opening_fee.as_u64(),
            valid_until: it.valid_until.0,
            kept_msat: it.kept.map(Msat::as_u64),
        };
        let bytes = serde_json::to_vec(&record)
            .map_err(|error| PortError::corrupt("an agreement with a provider").because(error))?;
        self.0.write(SPACE, &it.payment_hash.to_lower_hex_string(), &bytes)
    }
}
