//! The well-known public sources.

use crate::source::Source;

/// Addresses and pointers as Core Lightning 26.06 has them, so that two nodes with nothing configured look at the
/// same market.
const SOURCES: [&str; 7] = [
    "coingecko \
     https://api.coingecko.com/api/v3/simple/price?ids=bitcoin&vs_currencies={currency_lc} \
     /bitcoin/{currency_lc}",
    "kraken https://api.kraken.com/0/public/Ticker?pair=XXBTZ{currency} \
     /result/XXBTZ{currency}/c/0",
    "blockchain.info https://blockchain.info/ticker /{currency}/last",
    "bitstamp https://www.bitstamp.net/api/v2/ticker/btc{currency_lc} /last",
    "coindesk https://data-api.coindesk.com/index/cc/v1/latest/tick\
     ?market=cadli&instruments=BTC-{currency}&apply_mapping=true /Data/BTC-{currency}/VALUE",
    "coinbase https://api.coinbase.com/v2/prices/BTC-{currency}/spot /data/amount",
    "binance https://data-api.binance.vision/api/v3/ticker/price?symbol=BTC{currency} /price",
];

/// The sources that are asked when nothing else is configured.
pub fn builtin_sources() -> Vec<Source> {
    SOURCES.iter().map(|line| line.parse().expect("a test parses each of them")).collect()
}

#[cfg(test)]
mod tests {
    use bolt12::Currency;

    use super::*;
    use crate::read::price_in;

    /// What each source answers for USD, cut to what matters and its neighbourhood; the numbers are made up.
    const RECORDED: [(&str, &str, &str); 7] = [
        ("coingecko", r#"{"bitcoin":{"usd":67321}}"#, "67321.000000"),
        (
            "kraken",
            r#"{"error":[],"result":{"XXBTZUSD":{"a":["67330.10000","1","1.000"],
                "c":["67321.50000","0.00041000"],"v":["1.0","2.0"]}}}"#,
            "67321.500000",
        ),
        (
            "blockchain.info",
            r#"{"ARS":{"15m":1.0,"last":1.0,"symbol":"ARS"},
                "USD":{"15m":67300.5,"last":67321.25,"buy":67321.25,"symbol":"USD"}}"#,
            "67321.250000",
        ),
        (
            "bitstamp",
            r#"{"timestamp":"1785000000","open":"66000","high":"68000","last":"67321","bid":"1"}"#,
            "67321.000000",
        ),
        (
            "coindesk",
            r#"{"Data":{"BTC-USD":{"TYPE":"266","MARKET":"cadli","VALUE":67321.1234567891}},"Err":{}}"#,
            "67321.123456",
        ),
        (
            "coinbase",
            r#"{"data":{"amount":"67321.455","base":"BTC","currency":"USD"}}"#,
            "67321.455000",
        ),
        ("binance", r#"{"symbol":"BTCUSD","price":"67321.90000000"}"#, "67321.900000"),
    ];

    #[test]
    fn each_is_read_from_an_answer_of_its_form() {
        let usd = Currency::new("USD").unwrap();
        let sources = builtin_sources();
        assert_eq!(sources.len(), RECORDED.len());
        for (source, (name, answer, price)) in sources.iter().zip(RECORDED) {
            assert_eq!(source.name(), name);
            let read = price_in(source, usd, answer.as_bytes());
            assert_eq!(read.map(|read| read.to_string()).ok().as_deref(), Some(price), "{name}");
        }
    }

    #[test]
    fn all_are_asked_over_tls() {
        for source in builtin_sources() {
            assert!(source.to_string().contains(" https://"), "{source}");
        }
    }
}
