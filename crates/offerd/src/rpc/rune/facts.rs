//! The fields that restrictions speak of.
//!
//! A parameter counts under its name and under its position, however the caller gave it, and a method under all its names:
//! what is forbidden under one name is not to be had under another.

use std::borrow::Cow;

use offerd_api::ErrorObject;
use offerd_api::method::{self, Method};
use offerd_core::Policy;
use offerd_core::rune::{Alternative, Condition};
use serde_json::Value;
use serde_json::value::RawValue;

use super::outlay;
use crate::driver::{Outlay, RuneUse};
use crate::rpc::params::{bind, given};

/// A call, as restrictions see it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The names of the method, its own first.
    names: Vec<String>,
    node_id: Option<String>,
    params: Vec<Fact>,
    outlay: Outlay,
}

#[derive(Clone, Debug)]
struct Fact {
    names: Vec<String>,
    position: Option<usize>,
    value: String,
}

impl Facts {
    /// Of a call of `name` with these parameters.
    ///
    /// # Errors
    /// -32602 when the parameters cannot be told apart: such a call could not be carried out either.
    pub fn of(name: &str, params: Option<&RawValue>, policy: &Policy) -> Result<Self, ErrorObject> {
        let Some(method) = method::find(name) else { return Ok(Self::of_unknown(name)) };
        let (bound, args) = (given(method, params)?, bind(method, params)?);
        let params = bound.iter().map(|(param, raw)| Fact {
            names: std::iter::once(param.name).chain(param.alias).map(str::to_owned).collect(),
            position: method.positional().position(|other| other.name == param.name),
            value: plain(raw),
        });
        let outlay = outlay::of(method.name, &args, policy);
        Ok(Self { names: names(method), node_id: None, params: params.collect(), outlay })
    }

    /// Of a call without parameters, whatever its name.
    pub fn of_unknown(name: &str) -> Self {
        let names = method::find(name).map_or_else(|| vec![name.to_owned()], names);
        let outlay = if name.is_empty() { Outlay::Nothing } else { outlay::without_params(name) };
        Self { names, node_id: None, params: Vec::new(), outlay }
    }

    /// The same, asked by this node.
    #[must_use]
    pub fn by_node(mut self, node_id: Option<String>) -> Self {
        self.node_id = node_id;
        self
    }

    /// Asks `use_rune` of the driver, or whatever takes the same.
    pub fn ask<T>(&self, ask: impl FnOnce(&RuneUse<'_>) -> T) -> T {
        ask(&RuneUse { test: &|alternative| self.test(alternative), outlay: self.outlay })
    }

    /// Whether one alternative about the call holds.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn test(&self, alternative: &Alternative) -> Result<(), String> {
        let field = alternative.field.as_str();
        match field {
            "method" => return self.test_method(alternative),
            "id" => return alternative.test(self.node_id.as_deref()),
            "pnum" => return alternative.test(Some(&self.params.len().to_string())),
            _ => {}
        }
        if let Some(field) = field.strip_prefix("pinv") {
            let value = self.of_invoice(field)?;
            return alternative.test(value.as_deref());
        }
        let found = match (field.strip_prefix("pname"), field.strip_prefix("parr")) {
            (Some(name), _) => self.by_name(name),
            (None, Some(position)) => {
                let position = position.parse().ok();
                self.params.iter().find(|fact| position.is_some() && fact.position == position)
            }
            (None, None) => None,
        };
        alternative.test(found.map(|fact| fact.value.as_str())).map_err(|complaint| {
            let english = complaint.strip_prefix("pname").map(|rest| format!("parameter {rest}"));
            let by_place = complaint.strip_prefix("parr").map(|rest| format!("parameter #{rest}"));
            english.or(by_place).unwrap_or(complaint)
        })
    }

    fn test_method(&self, alternative: &Alternative) -> Result<(), String> {
        let mut outcomes = self.names.iter().map(|name| alternative.test(Some(name)));
        if alternative.condition == Condition::NotEqual {
            return outcomes.collect();
        }
        let own = outcomes.next().unwrap_or(Ok(()));
        // Under any of its names it is the method that was meant.
        let meant =
            alternative.condition == Condition::Equal && outcomes.any(|outcome| outcome.is_ok());
        if meant { Ok(()) } else { own }
    }

    fn by_name(&self, name: &str) -> Option<&Fact> {
        let same = |known: &String| *known == name || known.replace('_', "") == name;
        self.params.iter().find(|fact| fact.names.iter().any(same))
    }

    /// `X_amount`, `X_description`, `X_node`: what is in the invoice that parameter X is.
    fn of_invoice(&self, field: &str) -> Result<Option<String>, String> {
        let unknown = || format!("Unknown invoice field {field}");
        let (param, what) = field.rsplit_once('_').ok_or_else(unknown)?;
        let fact = self.by_name(param);
        let fact = fact.ok_or_else(|| format!("Unknown invoice parameter {param}"))?;
        let code = offerd_api::uri::code_in(&fact.value).map_or(Cow::from(""), |code| code);
        let view = offerd_api::decode::decode(&code).view;
        let is_invoice = view.get("type").and_then(Value::as_str);
        let (amount, description, node) = match is_invoice {
            Some("bolt12 invoice") => {
                ("invoice_amount_msat", "offer_description", "offer_issuer_id")
            }
            Some("bolt11 invoice") => ("amount_msat", "description", "payee"),
            _ => return Err("Invalid invoice".to_owned()),
        };
        let member = match what {
            "amount" => amount,
            "description" => description,
            "node" => node,
            _ => return Err(unknown()),
        };
        Ok(view
            .get(member)
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }
}

fn names(method: &Method) -> Vec<String> {
    let names = std::iter::once(&method.name).chain(method.aliases);
    names.map(|name| (*name).to_owned()).collect()
}

/// A value as restrictions compare it: the text of a string, anything else as it was spelled.
fn plain(raw: &RawValue) -> String {
    let text = serde_json::from_str::<String>(raw.get());
    text.unwrap_or_else(|_| raw.get().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use bolt1::ChainHash;
    use offerd_core::rune::Restriction;
    use offerd_testkit::sample;
    use serde_json::json;

    use super::*;

    /// An example of BOLT 11: 2500 µBTC for `1 cup coffee`, by 03e7156a….
    const BOLT11: &str = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
    const BOLT11_PAYEE: &str = "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad";

    /// Whether a call with these parameters is within a restriction; else why not.
    fn within(method: &str, params: &Value, restriction: &str) -> Result<(), String> {
        let raw = RawValue::from_string(params.to_string()).unwrap();
        let policy = Policy::for_chain(ChainHash::BITCOIN);
        let facts = Facts::of(method, Some(&raw), &policy).unwrap();
        let read = restriction.split('|').map(|text| Alternative::read(text).unwrap());
        Restriction::new(read.collect()).unwrap().test(|alternative| facts.test(alternative))
    }

    /// The same invoice in every way a call can give it, and each restriction with whether it holds.
    fn check(invoice: &str, cases: &[(&str, bool)]) {
        let ways = [
            json!([invoice]),
            json!({ "bolt11": invoice }),
            json!({ "invstring": invoice }),
            json!({ "bolt11": format!("bitcoin:?lightning={invoice}") }),
        ];
        for params in ways.iter().take(if invoice.starts_with("lni") { 3 } else { 4 }) {
            for (restriction, holds) in cases {
                for (name, other) in [("bolt11", "invstring"), ("invstring", "bolt11")] {
                    let restriction = restriction.replace("pinvbolt11", &format!("pinv{name}"));
                    let found = within("pay", params, &restriction);
                    assert_eq!(found.is_ok(), *holds, "{restriction} {other} {params}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn a_rune_may_look_into_an_invoice_of_bolt_11() {
        let node = format!("pinvbolt11_node={BOLT11_PAYEE}");
        check(
            BOLT11,
            &[
                ("pinvbolt11_amount=250000000", true),
                ("pinvbolt11_amount<250000001", true),
                ("pinvbolt11_amount<250000000", false),
                ("pinvbolt11_amount>250000000", false),
                ("pinvbolt11_amount!", false),
                ("pinvbolt11_description=1 cup coffee", true),
                ("pinvbolt11_description^1 cup", true),
                ("pinvbolt11_description~tea", false),
                (&node, true),
                ("pinvbolt11_node/02", true),
                ("pinvbolt11_node^02", false),
                ("pinvbolt11_node^02|pinvbolt11_amount<250000001", true),
            ],
        );
    }

    #[test]
    fn a_rune_may_look_into_an_invoice_of_bolt_12() {
        let invoice = sample::invoice(7);
        let amount = invoice.amount().as_u64();
        let node = format!("pinvbolt11_node={}", sample::point(7));
        let (equal, less) =
            (format!("pinvbolt11_amount={amount}"), format!("pinvbolt11_amount<{amount}"));
        check(
            &invoice.to_string(),
            &[
                (&equal, true),
                (&less, false),
                ("pinvbolt11_description=coffee 7", true),
                ("pinvbolt11_description$8", false),
                (&node, true),
                ("pinvbolt11_node!", false),
            ],
        );
    }

    #[test]
    fn what_is_not_in_an_invoice_or_in_none_never_holds() {
        let offer = sample::offer(1).to_string();
        for (params, restriction, why) in [
            (json!([BOLT11]), "pinvbolt11_expiry>1", "Unknown invoice field"),
            (json!([BOLT11]), "pinvbolt11>1", "Unknown invoice field"),
            (json!([BOLT11]), "pinv=1", "Unknown invoice field"),
            (json!([BOLT11]), "pinvlabel_amount<1", "Unknown invoice parameter label"),
            (json!([BOLT11]), "pinvnonsense_amount/1", "Unknown invoice parameter nonsense"),
            (json!({ "bolt11": BOLT11, "label": "tea" }), "pinvlabel_amount<9", "Invalid invoice"),
            // An offer names a price, but what it will cost is not said: nothing about it holds, not even that it is missing.
            (json!([offer]), "pinvbolt11_amount<9", "Invalid invoice"),
            (json!([offer]), "pinvbolt11_amount!", "Invalid invoice"),
            (json!([&BOLT11[..60]]), "pinvbolt11_amount<9", "not present"),
        ] {
            let refused = within("pay", &params, restriction).unwrap_err();
            assert!(refused.contains(why), "{restriction} {params}: {refused}");
        }
    }

    #[test]
    fn a_remark_about_an_invoice_holds_where_there_is_one() {
        assert_eq!(within("pay", &json!([BOLT11]), "pinvbolt11_amount#whatever"), Ok(()));
        let named = within("pay", &json!([BOLT11]), "pnamebolt11^lnbc");
        assert_eq!((named, within("pay", &json!([BOLT11]), "parr0^lnbc")), (Ok(()), Ok(())));
    }
}
