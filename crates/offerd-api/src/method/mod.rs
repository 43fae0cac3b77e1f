//! The methods: one table, from which help, parameter reading, the command line and the reference are made.

mod control;
mod invoices;
mod liquidity;
mod node;
mod offers;
mod param;
mod payments;
mod payouts;
mod rates;
mod runes;
mod subscriptions;
mod webhooks;

pub use param::{
    COUNT, Kind, MAX_CODE, MAX_PER_KW, MAX_TEXT, MIN_PER_KW, Need, Param, SECONDS, U16, U32, U64,
};

use crate::schema::{self, Returns};

/// One method of the JSON-RPC.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Other names that do the same.
    pub aliases: &'static [&'static str],
    /// What it is about, for grouping.
    pub category: &'static str,
    /// The version that brought it.
    pub since: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What it takes, positional ones first and in their order.
    pub params: &'static [Param],
    /// What it gives.
    pub returns: Returns,
}

/// Names tell methods apart.
impl PartialEq for Method {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Method {}

impl Method {
    /// The parameters that may be given by position, in that order.
    pub fn positional(&self) -> impl Iterator<Item = &'static Param> {
        self.params.iter().filter(|param| !param.named_only)
    }

    /// The parameter of this name, or of this other name.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|param| param.is_called(name))
    }

    /// The usage line, as Core Lightning's `help` writes it: `offerout amount description [issuer] …`. What is not
    /// supported yet is left out, unless it stands before a position that is.
    pub fn usage(&self) -> String {
        let mut line = self.name.to_owned();
        let supported = |param: &Param| param.not_yet.is_none();
        let last = self.positional().collect::<Vec<_>>();
        let last = last.iter().rposition(|param| supported(param));
        for (at, param) in self.params.iter().enumerate() {
            if !supported(param) && last.is_none_or(|last| at > last) {
                continue;
            }
            let name =
                if param.named_only { format!("{}=", param.name) } else { param.name.to_owned() };
            line.push(' ');
            match param.need {
                Need::Required => line.push_str(&name),
                Need::Optional | Need::Default(_) => {
                    line.push('[');
                    line.push_str(&name);
                    line.push(']');
                }
            }
        }
        line
    }

    /// What it does, takes and gives, in several lines for a terminal.
    pub fn manual(&self) -> String {
        format!("{}\n\nUsage: {}\n\n{}", self.summary, self.usage(), self.details())
    }

    /// What it takes and gives, in several lines for a terminal.
    pub fn details(&self) -> String {
        let mut text = String::new();
        if !self.params.is_empty() {
            text.push_str("Parameters, by position in this order or by name:\n");
        }
        text.extend(self.params.iter().map(manual_line));
        let returns = schema::outline(&self.returns.schema());
        if !returns.is_empty() {
            text.push_str("\nReturns:\n");
        }
        text.extend(returns.iter().map(result_line));
        if !self.aliases.is_empty() {
            text.push_str(&format!("\nAlso called: {}\n", self.aliases.join(", ")));
        }
        text
    }
}

fn manual_line(param: &Param) -> String {
    format!("  {} ({})\n      {}\n", param.name, param.terms(), param.explanation())
}

fn result_line(line: &schema::Line) -> String {
    let indent = "    ".repeat(line.depth);
    let name = if line.name.is_empty() { String::new() } else { format!("{} ", line.name) };
    format!("  {indent}{name}({})\n      {indent}{}\n", line.terms(), line.about)
}

/// All methods, grouped by category.
pub fn all() -> impl Iterator<Item = &'static Method> {
    [
        offers::METHODS,
        payouts::METHODS,
        subscriptions::METHODS,
        payments::METHODS,
        invoices::METHODS,
        rates::METHODS,
        runes::METHODS,
        webhooks::METHODS,
        node::METHODS,
        liquidity::METHODS,
        control::METHODS,
    ]
    .into_iter()
    .flatten()
}

/// The method of this name, or of this other name.
pub fn find(name: &str) -> Option<&'static Method> {
    all().find(|method| method.name == name || method.aliases.contains(&name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_belongs_to_one_method() {
        let names: Vec<&str> =
            all().flat_map(|m| std::iter::once(m.name).chain(m.aliases.iter().copied())).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert_eq!(find("deloffer").map(|method| method.name), Some("disableoffer"));
        assert_eq!(find("nonsense"), None);
    }

    #[test]
    fn within_a_method_every_name_is_one_parameter_and_positions_come_first() {
        for method in all() {
            let names: BTreeSet<_> = method.params.iter().map(|param| param.name).collect();
            assert_eq!(names.len(), method.params.len(), "{}", method.name);
            assert!(method.params.is_sorted_by_key(|param| param.named_only), "{}", method.name);
            let optional_seen =
                method.positional().map(|param| param.need != Need::Required).collect::<Vec<_>>();
            assert!(optional_seen.is_sorted(), "{}: a required one after an optional", method.name);
        }
    }

    #[test]
    fn the_positions_are_core_lightnings() {
        let positions = |name: &str| {
            find(name).unwrap().positional().map(|param| param.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            positions("offer"),
            "amount description issuer label quantity_max absolute_expiry recurrence \
             recurrence_base recurrence_paywindow recurrence_limit single_use \
             proportional_amount optional_recurrence fronting_nodes"
        );
        assert_eq!(
            positions("offerout"),
            "amount description issuer label absolute_expiry refund_for"
        );
        assert_eq!(
            positions("invoicerequest"),
            "amount description issuer label absolute_expiry single_use"
        );
        assert_eq!(
            positions("fetchinvoice"),
            "offer amount_msat quantity recurrence_counter recurrence_start recurrence_label \
             timeout payer_note payer_metadata bip353"
        );
        assert_eq!(positions("sendinvoice"), "invreq label amount_msat timeout quantity");
        assert_eq!(
            positions("xpay"),
            "invstring amount_msat maxfee layers retry_for partial_msat maxdelay payer_note \
             label localinvreqid"
        );
        assert_eq!(
            positions("listinvoices"),
            "label invstring payment_hash offer_id index start limit"
        );
    }

    #[test]
    fn usage_shows_what_may_be_left_out() {
        assert!(
            find("offerout")
                .unwrap()
                .usage()
                .starts_with("offerout amount description [issuer] [label] [absolute_expiry]")
        );
        assert!(
            find("pay")
                .unwrap()
                .manual()
                .contains("Not supported yet: excluding nodes and channels.")
        );
    }

    #[test]
    fn usage_counts_every_position_up_to_the_last_that_is_supported() {
        assert!(
            find("fundchannel")
                .unwrap()
                .usage()
                .starts_with("fundchannel id amount [feerate] [announce] [minconf]")
        );
        for method in all() {
            let usage = method.usage();
            let shown = usage.split(' ').skip(1).filter(|word| !word.contains('='));
            let shown: Vec<&str> = shown.map(|word| word.trim_matches(['[', ']'])).collect();
            let positions: Vec<&str> = method.positional().map(|param| param.name).collect();
            assert_eq!(shown.as_slice(), &positions[..shown.len()], "{}", method.name);
        }
    }

    #[test]
    fn the_old_name_of_the_issuer_is_understood() {
        let offerout = find("offerout").unwrap();
        assert_eq!(offerout.param("vendor"), offerout.param("issuer"));
    }
}
