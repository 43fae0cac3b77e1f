//! Asking providers, as the node's caller does.

use std::collections::HashSet;
use std::str::FromStr as _;

use bolt1::{CltvDelta, Msat, PublicKey, ShortChannelId, Timestamp};
use lightning_liquidity::lsps0::ser::{LSPSDateTime, LSPSRequestId};
use lightning_liquidity::lsps2::msgs::LSPS2OpeningFeeParams;
use offerd_core::liquidity::{JustInTime, LONGEST_DELAY, OpeningTerms};
use offerd_core::port::PortError;

use super::{AgreementView, Answer, LspError, Question};
use crate::node::Node;
use crate::types::Lsps;

impl Node {
    /// The terms on which a provider opens a channel to us when a payment comes (`lsps2.get_info`). Connects to it where
    /// that is needed, at `address` (`host:port`) or where it is known to be.
    ///
    /// # Errors
    /// [`LspError`] says why there are none.
    pub async fn opening_terms(
        &self,
        provider: PublicKey,
        address: Option<&str>,
        token: Option<String>,
    ) -> Result<Vec<OpeningTerms>, LspError> {
        self.connector.connect(provider, address).await?;
        let ask = |lsps: &Lsps| {
            let client = lsps.lsps2_client_handler().ok_or(LspError::Stopping)?;
            Ok(client.request_opening_params(provider, token))
        };
        match self.ask_provider(provider, ask).await? {
            Answer::Menu(menu) => Ok(menu.into_iter().filter_map(terms).collect()),
            Answer::Bought { .. } | Answer::Beside(_) => Err(LspError::Unreadable),
        }
    }

    /// Agrees to these terms for one payment (`lsps2.buy`); `opening_fee` is what they come to for it. From now on the
    /// node stays connected to the provider. Nothing may be kept of a payment before an invoice shows the channel.
    ///
    /// # Errors
    /// [`LspError`] says why nothing was bought.
    pub async fn buy_opening(
        &self,
        provider: PublicKey,
        terms: &OpeningTerms,
        payment: Msat,
        opening_fee: Msat,
    ) -> Result<JustInTime, LspError> {
        let theirs = params(terms)?;
        let ask = |lsps: &Lsps| {
            let client = lsps.lsps2_client_handler().ok_or(LspError::Stopping)?;
            let asked = client.select_opening_params(provider, Some(payment.as_u64()), theirs);
            asked.map_err(|_| LspError::Busy)
        };
        let (scid, delay) = match self.ask_provider(provider, ask).await? {
            Answer::Bought { scid, delay } => (ShortChannelId(scid), CltvDelta(delay)),
            Answer::Menu(_) | Answer::Beside(_) => return Err(LspError::Unreadable),
        };
        if delay > LONGEST_DELAY {
            return Err(LspError::Delay { delay: delay.0, most: LONGEST_DELAY.0 });
        }
        self.connector.keep_providers(HashSet::from([provider]));
        let valid_until = terms.valid_until;
        Ok(JustInTime { provider, scid, delay, payment, opening_fee, valid_until })
    }

    /// What was agreed on with providers, in no particular order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn agreements(&self) -> Result<Vec<AgreementView>, PortError> {
        self.issuer.agreements.list()
    }

    async fn ask_provider(
        &self,
        provider: PublicKey,
        ask: impl FnOnce(&Lsps) -> Result<LSPSRequestId, LspError>,
    ) -> Result<Answer, LspError> {
        let question = self.liquidity.ask(provider, false, ask)?;
        self.answer_to(question).await
    }

    pub(super) async fn answer_to(&self, question: Question) -> Result<Answer, LspError> {
        self.liquidity.answer_to(&self.peers, self.config.timing.lsp_answer, question).await
    }
}

/// Terms as we reckon with them; `None` for amounts and times that there are not.
fn terms(theirs: LSPS2OpeningFeeParams) -> Option<OpeningTerms> {
    Some(OpeningTerms {
        min_fee: Msat::new(theirs.min_fee_msat)?,
        proportional_ppm: theirs.proportional,
        valid_until: Timestamp(u64::try_from(theirs.valid_until.0.timestamp()).ok()?),
        valid_until_text: theirs.valid_until.to_rfc3339(),
        min_lifetime: theirs.min_lifetime,
        max_client_to_self_delay: theirs.max_client_to_self_delay,
        min_payment: Msat::new(theirs.min_payment_size_msat)?,
        max_payment: Msat::new(theirs.max_payment_size_msat)?,
        promise: theirs.promise,
    })
}

fn params(terms: &OpeningTerms) -> Result<LSPS2OpeningFeeParams, LspError> {
    let valid_until = LSPSDateTime::from_str(&terms.valid_until_text);
    Ok(LSPS2OpeningFeeParams {
        min_fee_msat: terms.min_fee.as_u64(),
        proportional: terms.proportional_ppm,
        valid_until: valid_until.map_err(|()| LspError::Terms("valid_until is no time"))?,
        min_lifetime: terms.min_lifetime,
        max_client_to_self_delay: terms.max_client_to_self_delay,
        min_payment_size_msat: terms.min_payment.as_u64(),
        max_payment_size_msat: terms.max_payment.as_u64(),
        promise: terms.promise.clone(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_providers_terms_go_back_to_it_unchanged() {
        let theirs = LSPS2OpeningFeeParams {
            min_fee_msat: 546_000,
            proportional: 1_200,
            valid_until: LSPSDateTime::new_from_duration_since_epoch(Duration::from_millis(
                1_700_000_000_123,
            )),
            min_lifetime: 1_008,
            max_client_to_self_delay: 2_016,
            min_payment_size_msat: 1_000,
            max_payment_size_msat: 1_000_000,
            promise: "abcdefghijklmnopqrstuvwxyz".to_owned(),
        };
        let ours = terms(theirs.clone()).unwrap();
        assert_eq!(ours.valid_until, Timestamp(1_700_000_000));
        assert_eq!(params(&ours).unwrap(), theirs);
        let beyond = LSPS2OpeningFeeParams { min_fee_msat: u64::MAX, ..theirs };
        assert_eq!(terms(beyond), None);
    }
}
