//! Codes that do not work, and what a person is told.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bolt12::Offer;
use offerd_api::code::{Code, INVALID_PARAMS, OFFER_EXPIRED, OFFER_TIMEOUT};
use offerd_api::offer::OfferCreated;
use serde_json::json;

use crate::demo::balances::Balances;
use crate::demo::call::Call;
use crate::demo::error::{DemoError, ensure};
use crate::demo::network::Network;
use crate::demo::report::{Report, shown};

/// How long the customer waits for an answer that will not come.
const RETRY_SECONDS: u64 = 3;
/// How long the code that expires is valid.
const LIFE_SECONDS: u64 = 2;

/// The customer pays three codes that cannot be paid.
pub(super) async fn make(
    network: &Network,
    report: &mut Report,
    code: &str,
) -> Result<(), DemoError> {
    report.step("mistakes", "Codes that do not work");
    let before = Balances::read(network).await?;
    let broken = format!("{code}o");
    report.tell("mistake", "\nA letter too many, of those that codes do not use:", json!({}));
    refused(network, report, "broken_code", &broken, INVALID_PARAMS).await?;

    let other = mistyped(code)
        .ok_or_else(|| DemoError::Story("no letter of the code can be mistaken".to_owned()))?;
    let text = "\nOne letter wrong, and still well-formed. The shop does not know this code and keeps silent:";
    report.tell("mistake", text, json!({}));
    refused(network, report, "mistyped_code", &other, OFFER_TIMEOUT).await?;

    let expired = expired_code(network, report).await?;
    refused(network, report, "expired_code", &expired, OFFER_EXPIRED).await?;
    let after = Balances::read(network).await?;
    ensure(after == before, || "a refused payment changed a balance".to_owned())?;
    report.balances(after);
    Ok(())
}

async fn refused(
    network: &Network,
    report: &Report,
    event: &str,
    code: &str,
    expected: Code,
) -> Result<(), DemoError> {
    let call = Call::new("pay").with("bolt11", code).with("retry_for", RETRY_SECONDS);
    report.command(&network.customer, &call);
    let error = report.work("trying to pay it", network.customer.rpc().refusal(&call)).await?;
    ensure(error.code == expected.number, || format!("refused for another reason: {error}"))?;
    let text = format!("refused ({}): {}", error.code, shown(&error.message));
    report.tell(event, &text, json!({ "code": error.code, "message": error.message }));
    Ok(())
}

/// The code with one letter changed, such that it still reads as an offer of the same issuer.
fn mistyped(code: &str) -> Option<String> {
    let right: Offer = code.parse().ok()?;
    (0..code.len()).rev().find_map(|position| {
        let (head, tail) = code.split_at_checked(position)?;
        let letter = if tail.starts_with('q') { 'p' } else { 'q' };
        let wrong = format!("{head}{letter}{}", tail.get(1..)?);
        let offer: Offer = wrong.parse().ok()?;
        let same_issuer = offer.issuer_id() == right.issuer_id() && offer.paths() == right.paths();
        (same_issuer && offer.id() != right.id()).then_some(wrong)
    })
}

async fn expired_code(network: &Network, report: &Report) -> Result<String, DemoError> {
    let expiry = unix_seconds() + LIFE_SECONDS;
    let call = Call::new("offer")
        .with("amount", "10000sat")
        .with("description", "today's special")
        .with("absolute_expiry", expiry);
    report.tell("mistake", "\nA code that was good for two seconds:", json!({}));
    report.command(&network.shop, &call);
    let offer: OfferCreated = network.shop.rpc().call(&call).await?;
    report.work("letting it expire", until_after(expiry)).await?;
    Ok(offer.bolt12)
}

async fn until_after(expiry: u64) -> Result<(), DemoError> {
    while unix_seconds() <= expiry {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_code_is_another_code_of_the_same_issuer() {
        let issuer = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";
        let offer = bolt12::offer::OfferBuilder::new()
            .description("coffee")
            .issuer_id(&issuer.parse().unwrap())
            .build()
            .unwrap();
        let wrong: Offer = mistyped(&offer.to_string()).unwrap().parse().unwrap();
        assert_eq!(wrong.issuer_id(), offer.issuer_id());
        assert_ne!(wrong.id(), offer.id());
    }
}
