//! Runes as results show them.

use offerd_api::rune::{AlternativeView, RestrictionView, RuneView};
use offerd_core::rune::{Alternative, Restriction, Rune};

use crate::driver::KnownRune;

/// One rune with what is known of it.
pub(in crate::rpc) fn show(known: &KnownRune) -> RuneView {
    RuneView {
        rune: known.rune.expose(),
        unique_id: known.rune.unique_id().unwrap_or_default().to_owned(),
        restrictions: known.rune.limits().map(restriction).collect(),
        restrictions_as_english: words(&known.rune),
        stored: (!known.stored).then_some(false),
        blacklisted: known.blacklisted.then_some(true),
        last_used: known.last_used.map(|at| at.0),
        our_rune: (!known.ours).then_some(false),
    }
}

/// All restrictions in words.
fn words(rune: &Rune) -> String {
    let words: Vec<String> = rune.limits().map(Restriction::in_words).collect();
    words.join(" AND ")
}

fn restriction(restriction: &Restriction) -> RestrictionView {
    RestrictionView {
        alternatives: restriction.alternatives().iter().map(alternative).collect(),
        english: restriction.in_words(),
    }
}

fn alternative(alternative: &Alternative) -> AlternativeView {
    AlternativeView {
        fieldname: alternative.field.clone(),
        value: alternative.value.clone(),
        condition: alternative.condition.sign().to_string(),
        english: alternative.in_words(),
    }
}
