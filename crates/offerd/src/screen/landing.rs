//! Where a rune leads: to the pages of whoever runs the node, to those of whoever pays with it, or nowhere.

use bolt1::Timestamp;
use offerd_core::rune::Rune;

use super::operator;

/// The operator's first page.
const OPERATOR: &str = "/operator";
/// The first page for paying and collecting.
const CUSTOMER: &str = "/customer";
/// What the operator's first page begins with, and nobody else needs.
const RUNS: &str = "getinfo";
/// What whoever pays needs one of.
const PAYS: [&str; 4] = ["fetchinvoice", "pay", "sendinvoice", "subscribe"];

/// The first page for whoever holds this rune.
///
/// # Errors
/// Why there is none, in words: the rune allows nothing that a page does.
pub(super) fn of(rune: &Rune, now: Timestamp) -> Result<&'static str, String> {
    if allows(rune, RUNS, now, Parameters::Absent).is_ok() {
        return Ok(OPERATOR);
    }
    let somehow = |method| allows(rune, method, now, Parameters::Fitting);
    if PAYS.into_iter().any(|method| somehow(method).is_ok()) {
        return Ok(CUSTOMER);
    }
    if operator::methods().any(|method| somehow(method).is_ok()) {
        return Ok(OPERATOR);
    }
    Err(somehow(RUNS).err().unwrap_or_default())
}

/// What a call is made with.
#[derive(Clone, Copy)]
enum Parameters {
    /// Nothing.
    Absent,
    /// Whatever the rune asks for.
    Fitting,
}

/// Whether a rune allows such a call, limits over time left aside. Nothing counts as used by it.
fn allows(rune: &Rune, method: &str, now: Timestamp, given: Parameters) -> Result<(), String> {
    rune.check(|alternative| match (alternative.field.as_str(), given) {
        ("method", _) => alternative.test(Some(method)),
        ("time", _) => alternative.test(Some(&now.0.to_string())),
        ("per" | "rate" | "payoutperday", _) | (_, Parameters::Fitting) => Ok(()),
        ("pnum", Parameters::Absent) => alternative.test(Some("0")),
        (_, Parameters::Absent) => alternative.test(None),
    })
}

#[cfg(test)]
mod tests {
    use offerd_core::rune::{Alternative, MasterRune, Restriction};

    use super::*;

    fn landing(restrictions: &[&str]) -> Result<&'static str, String> {
        let restriction = |text: &&str| {
            let alternatives = text.split('|').map(|text| Alternative::read(text).unwrap());
            Restriction::new(alternatives.collect()).unwrap()
        };
        let rune = MasterRune::new(&[7; 32]).rune(restrictions.iter().map(restriction).collect());
        of(&rune, Timestamp(1_700_000_000))
    }

    #[test]
    fn a_rune_leads_to_the_pages_that_it_is_for() {
        for operator in [
            &[][..],
            &["method=getinfo|method^list"],
            &["method^list|method=enableoffer"],
            &["method=listwebhooks"],
            &["time<1700000001", "rate=1"],
            &["method/pay"],
        ] {
            assert_eq!(landing(operator), Ok("/operator"), "{operator:?}");
        }
        for customer in [
            &["method=fetchinvoice|method=pay|method=sendinvoice|method^list|method=createproof"][..],
            &["method=fetchinvoice|pnameamount_msat<1000000"],
            &["method=pay", "pnameamount_msat<1000000"],
        ] {
            assert_eq!(landing(customer), Ok("/customer"), "{customer:?}");
        }
    }

    #[test]
    fn a_rune_that_allows_nothing_leads_nowhere_and_it_is_said_why() {
        for (nothing, why) in [
            (&["method=nothing"][..], "method is not equal to nothing"),
            (&["method=createrune|method=withdraw"], "method is not equal to createrune AND"),
            (&["time<1600000000"], "time is greater or equal to 1600000000"),
            (&["method=pay", "method=getinfo"], "method is not equal to pay"),
        ] {
            let said = landing(nothing).unwrap_err();
            assert!(said.starts_with(why), "{said}");
        }
    }
}
