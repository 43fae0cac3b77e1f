//! What somebody asks who wants an offer and nothing special about it.

use bolt1::Msat;
use offerd::driver::OfferRequest;
use offerd_core::amount::AmountSpec;
use offerd_core::offer_book::OfferArguments;
use offerd_core::port::Fronts;

/// For one coffee at this price, in sat.
pub(crate) fn offer_request(sat: u64) -> OfferRequest {
    let arguments = OfferArguments {
        amount: AmountSpec::Msat(Msat::from_sat(sat).unwrap()),
        description: Some("coffee".into()),
        issuer: None,
        quantity_max: None,
        absolute_expiry: None,
        single_use: false,
        recurrence: None,
        fronts: Fronts::Usual,
    };
    let (label, external_id, tags) = (None, None, Vec::new());
    OfferRequest { arguments, label, external_id, tags, return_url: None, lifetime: None }
}
