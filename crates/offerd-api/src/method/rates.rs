//! Currencies: what bitcoin costs.

use super::Method;
use super::param::{Kind, Param};
use crate::rates::{Converted, CurrencyRate, CurrencyRates, RateSet};
use crate::schema::Returns;

pub(super) const METHODS: &[Method] = &[CURRENCYCONVERT, CURRENCYRATE, LISTCURRENCYRATES, SETRATE];

const CURRENCY: Param =
    Param::required("currency", Kind::Currency, "The currency, by its ISO 4217 code.");

const CURRENCYCONVERT: Method = Method {
    name: "currencyconvert",
    aliases: &[],
    category: "rates",
    since: "0.1",
    summary: "Converts an amount of a currency into millisatoshi, by the median of the rate sources.",
    params: &[
        Param::required("amount", Kind::Decimal, "How many dollars, euros, …; fractions too."),
        CURRENCY,
    ],
    returns: Returns::of::<Converted>(),
};

const CURRENCYRATE: Method = Method {
    name: "currencyrate",
    aliases: &[],
    category: "rates",
    since: "0.1",
    summary: "Says what a bitcoin costs: the median of the rate sources, or what one of them says.",
    params: &[
        CURRENCY,
        Param::optional("source", Kind::Text, "Only this source, whether it is believed or not."),
    ],
    returns: Returns::of::<CurrencyRate>(),
};

const LISTCURRENCYRATES: Method = Method {
    name: "listcurrencyrates",
    aliases: &[],
    category: "rates",
    since: "0.1",
    summary: "Lists what each rate source says a bitcoin costs, and how each of them does.",
    params: &[CURRENCY],
    returns: Returns::of::<CurrencyRates>(),
};

const SETRATE: Method = Method {
    name: "setrate",
    aliases: &[],
    category: "rates",
    since: "0.1",
    summary: "Fixes what a bitcoin costs, whatever the sources say, until it is set again; without a rate, the \
              sources count again.",
    params: &[
        CURRENCY,
        Param::optional("rate", Kind::Decimal, "The price of a bitcoin in that currency."),
    ],
    returns: Returns::of::<RateSet>(),
};
