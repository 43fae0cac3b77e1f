//! What each method says to wrong input: the exact code and text, and that nothing was changed.

use std::collections::BTreeSet;

use offerd_api::method::{self, Kind, Need};
use serde_json::{Map, Value, json};

use crate::caller::Caller;
use crate::world::World;

/// Method, parameters, code, text. `{LNO}` is an offer of the node that is asked, `{OUT}` a payout of it, `{PAY}` an
/// offer of somebody else.
const TABLE: &[(&str, &str, i64, &str)] = &[
    // help, notifications, stop, listconfigs, getinfo: whatever else is said to a method that takes nothing.
    ("backup", r#"{"destination": 1}"#, -32602, "destination: should be a string"),
    ("backup", r#"{"folder": "/tmp"}"#, -32602, "folder: unknown parameter (backup destination=)"),
    ("help", r#"["nonsense"]"#, -32601, "Unknown command 'nonsense'"),
    ("help", r#"["a", "b"]"#, -32602, "params: too many: got 2, takes at most 1 (help [command])"),
    ("help", r#"{"command": 1}"#, -32602, "command: should be a string"),
    ("notifications", r#"{}"#, -32602, "enable: is required: should be `true` or `false`"),
    ("notifications", r#"["maybe"]"#, -32602, "enable: should be `true` or `false`"),
    ("listwebhooks", "[1]", -32602, "params: too many: got 1, takes at most 0 (listwebhooks)"),
    ("retrywebhook", r#"["first"]"#, -32602, "id: should be an unsigned 64-bit integer"),
    ("retrywebhook", "[-1]", -32602, "id: should be an unsigned 64-bit integer"),
    ("stop", r#"["now"]"#, -32602, "params: too many: got 1, takes at most 0 (stop)"),
    ("stop", r#"{"now": true}"#, -32602, "now: unknown parameter (stop)"),
    ("listconfigs", r#"["rpc-file"]"#, -32602, "config: there is no option `rpc-file`"),
    ("listconfigs", r#"["\u001b[31m"]"#, -32602, "config: there is no option `\\u{1b}[31m`"),
    ("getinfo", r#"[null]"#, -32602, "params: too many: got 1, takes at most 0 (getinfo)"),
    ("getinfo", r#"7"#, -32602, "params: should be an array or an object"),
    // Orders.
    (
        "checkout",
        r#"{"amount": "5sat", "description": "d", "return_url": "javascript:alert(1)"}"#,
        -32602,
        "return_url: should be an https:// or http:// address of at most 2048 bytes",
    ),
    (
        "checkout",
        r#"{"amount": "5sat", "description": "d", "return_url": "https:// shop.example"}"#,
        -32602,
        "return_url: should be an https:// or http:// address of at most 2048 bytes",
    ),
    (
        "checkout",
        r#"["5sat", "d", null, null, 0]"#,
        -32602,
        "expiry: should be an integer from 1 to 31536000",
    ),
    // The wallet.
    (
        "newaddr",
        r#"["p2sh-segwit"]"#,
        -32602,
        "addresstype: should be one of `bech32`, `p2tr`, `all`",
    ),
    (
        "newaddr",
        r#"["p2tr"]"#,
        -32602,
        "addresstype: should be `bech32`: this wallet makes no others",
    ),
    ("listfunds", r#"["yes"]"#, -32602, "spent: should be `true` or `false`"),
    ("withdraw", r#"{}"#, -32602, "destination: is required: should be a string"),
    (
        "withdraw",
        r#"["a"]"#,
        -32602,
        "satoshi: is required: should be a positive amount in sat, or `all`",
    ),
    ("withdraw", r#"["a", 0]"#, -32602, "satoshi: should be a positive amount in sat, or `all`"),
    (
        "withdraw",
        r#"["a", "everything"]"#,
        -32602,
        "satoshi: should be a positive amount in sat, or `all`",
    ),
    (
        "withdraw",
        r#"["a", "1500msat"]"#,
        -32602,
        "satoshi: should be a positive amount in sat, or `all`",
    ),
    (
        "withdraw",
        r#"["a", 1, "fast"]"#,
        -32602,
        "feerate: should be `minimum`, `slow`, `normal`, `urgent`, 253perkw to 250000perkw, or 1012perkb to 1000000perkb",
    ),
    (
        "withdraw",
        r#"["a", 1, "252perkw"]"#,
        -32602,
        "feerate: should be `minimum`, `slow`, `normal`, `urgent`, 253perkw to 250000perkw, or 1012perkb to 1000000perkb",
    ),
    (
        "withdraw",
        r#"["a", 1, null, 3]"#,
        -32602,
        "minconf: not supported yet: choosing coins by age",
    ),
    (
        "withdraw",
        r#"{"destination": "a", "satoshi": 1, "utxos": []}"#,
        -32602,
        "utxos: not supported yet: choosing coins",
    ),
    // Peers and channels.
    (
        "connect",
        r#"["02ff"]"#,
        -32602,
        "id: should be a node id (33 bytes in hexadecimal), or id@host:port",
    ),
    (
        "connect",
        r#"["0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798@a", "b"]"#,
        -32602,
        "host: given twice, in id as well",
    ),
    (
        "connect",
        r#"["0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "a", 65536]"#,
        -32602,
        "port: should be an integer from 0 to 65535",
    ),
    (
        "disconnect",
        r#"[]"#,
        -32602,
        "id: is required: should be a node id: 33 bytes in hexadecimal",
    ),
    (
        "disconnect",
        r#"["05be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179800"]"#,
        -32602,
        "id: should be a node id: 33 bytes in hexadecimal",
    ),
    (
        "disconnect",
        r#"["0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "yes"]"#,
        -32602,
        "force: should be `true` or `false`",
    ),
    (
        "disconnect",
        r#"["0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"]"#,
        -1,
        "Peer not connected",
    ),
    ("listpeers", r#"["alice"]"#, -32602, "id: should be a node id: 33 bytes in hexadecimal"),
    (
        "listpeers",
        r#"[null, "debug"]"#,
        -32602,
        "level: not supported yet: showing a log with each peer",
    ),
    (
        "listpeerchannels",
        r#"{"short_channel_id": 7}"#,
        -32602,
        "short_channel_id: should be a string",
    ),
    (
        "fundchannel",
        r#"["0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "0sat"]"#,
        -32602,
        "amount: should be a positive amount in sat, or `all`",
    ),
    (
        "fundchannel",
        r#"{"id": "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "amount": 1, "push_msat": -1}"#,
        -32602,
        "push_msat: should be an amount in msat",
    ),
    ("close", r#"{}"#, -32602, "id: is required: should be a string"),
    (
        "close",
        r#"["1x1x1"]"#,
        -32602,
        "id: no such channel: should be a channel_id, a short_channel_id, or a node we have a channel with",
    ),
    (
        "close",
        r#"["1x1x1", -1]"#,
        -32602,
        "unilateraltimeout: should be an integer from 0 to 4294967295",
    ),
    (
        "close",
        r#"["1x1x1", 1, "bcrt1qqq"]"#,
        -32602,
        "destination: not supported yet: closing to an address outside (the wallet receives what is ours: withdraw it then)",
    ),
    ("signmessage", r#"[]"#, -32602, "message: is required: should be a string"),
    ("signmessage", r#"[{"a": 1}]"#, -32602, "message: should be a string"),
    ("checkmessage", r#"["text"]"#, -32602, "zbase: is required: should be a string"),
    (
        "checkmessage",
        r#"["text", "zbase", "me"]"#,
        -32602,
        "pubkey: should be a node id: 33 bytes in hexadecimal",
    ),
    // Offers.
    (
        "offer",
        r#"[]"#,
        -32602,
        "amount: is required: should be a positive amount in msat, or `any`",
    ),
    (
        "offer",
        r#"["5satx", "d"]"#,
        -32602,
        "amount: should be a positive amount in msat, or `any` (unknown unit \"satx\", should be `msat`, `sat` or `btc`)",
    ),
    ("offer", r#"[0, "d"]"#, -32602, "amount: should be a positive amount in msat, or `any`"),
    (
        "offer",
        r#"["5sat"]"#,
        -32602,
        "description: is required: whoever pays an amount must know what for",
    ),
    (
        "offer",
        r#"["5sat", "caf\u00e9"]"#,
        -32602,
        "description: should be a UTF-8 string without \\u escapes",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "tags": "a"}"#,
        -32602,
        "tags: should be a list of strings",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1moon"}"#,
        -32602,
        "recurrence: should be a number and a unit of time, such as 10seconds, 5minutes, 1hour, 1day, 2weeks, 1month \
         or 1year",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "0days"}"#,
        -32602,
        "recurrence: should be a number and a unit of time, such as 10seconds, 5minutes, 1hour, 1day, 2weeks, 1month \
         or 1year",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "4294967295months"}"#,
        -32602,
        "recurrence: the second period should end before the year 10000",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence_limit": 3}"#,
        -32602,
        "recurrence_limit: needs recurrence",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_limit": 0}"#,
        -32602,
        "recurrence_limit: should be at least 1: the last period, where the first is 0",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_paywindow": "-0+0"}"#,
        -32602,
        "recurrence_paywindow: should be open for at least a second: nobody could pay",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "proportional_amount": true}"#,
        -32602,
        "proportional_amount: needs recurrence_base: without it nobody comes late",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "single_use": true}"#,
        -32602,
        "single_use: does not go with recurrence: such a code is paid more than once",
    ),
    ("offer", r#"{"amount": "5sat", "issuer": "a", "vendor": "b"}"#, -32602, "issuer: given twice"),
    // Payments that recur.
    ("subscribe", r#"["{PAY}", "paper"]"#, -32602, "offer: does not recur: pay it with pay"),
    (
        "subscribe",
        r#"["{OUT}", "paper"]"#,
        -32602,
        "offer: this offer pays: redeem it with sendinvoice",
    ),
    (
        "subscribe",
        r#"["{EVERY}", "paper", 1]"#,
        -32602,
        "start: unnecessary: this offer is paid from the first payment on",
    ),
    (
        "subscribe",
        r#"{"offer": "{EVERY}", "label": "paper", "max_per_period_msat": 999999}"#,
        -32602,
        "max_per_period_msat: is 999999msat, and one payment is 1000000msat",
    ),
    (
        "subscribe",
        r#"{"offer": "{EVERY}", "label": "paper", "max_total_msat": 999999}"#,
        -32602,
        "max_total_msat: is 999999msat, and one payment is 1000000msat",
    ),
    (
        "subscribe",
        r#"{"offer": "{EVERY}", "label": "paper", "max_periods": 0}"#,
        -32602,
        "max_periods: should be an integer from 1 to 4294967295",
    ),
    (
        "subscribe",
        r#"{"offer": "{EVERY}", "label": "paper", "max_rate_drift_ppm": 1}"#,
        -32602,
        "max_rate_drift_ppm: goes with an offer that is priced in a currency",
    ),
    (
        "listsubscriptions",
        r#"{"status": "late"}"#,
        -32602,
        "status: should be one of `active`, `paused`, `cancelled`, `ended`",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{EVERY}"}"#,
        -32602,
        "recurrence_counter: is required with a recurring offer",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{EVERY}", "recurrence_counter": 0}"#,
        -32602,
        "recurrence_label: is required with a recurring offer",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{EVERY}", "recurrence_counter": 0, "recurrence_label": "l", "recurrence_start": 0}"#,
        -32602,
        "recurrence_start: unnecessary: this offer is paid from the first payment on",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{EVERY}", "recurrence_counter": 4294967295, "recurrence_label": "l"}"#,
        1004,
        "Remote node sent failure message: the previous period has not been paid: the next counter is 0",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{EVERY}", "recurrence_counter": 4294967296, "recurrence_label": "l"}"#,
        -32602,
        "recurrence_counter: should be an integer from 0 to 4294967295",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_paywindow": "5"}"#,
        -32602,
        "recurrence_paywindow: should be -BEFORE+AFTER, in seconds around the start of a period, such as -3600+86400",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_base": 999999999999}"#,
        -32602,
        "recurrence_base: the second period should end before the year 10000",
    ),
    (
        "offerout",
        r#"{"amount": "5sat", "description": "d", "recurrence": "0days", "recurrence_limit": 2}"#,
        -32602,
        "recurrence: should be a number and a unit of time, such as 10seconds, 5minutes, 1hour, 1day, 2weeks, 1month \
         or 1year",
    ),
    (
        "offerout",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day"}"#,
        -32602,
        "recurrence_limit: is required: a promise to pay has an end",
    ),
    (
        "offerout",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_limit": 0}"#,
        -32602,
        "recurrence_limit: should be at least 1: the last period, where the first is 0",
    ),
    (
        "offerout",
        r#"{"amount": "5sat", "description": "d", "recurrence_limit": 3}"#,
        -32602,
        "recurrence_limit: needs recurrence",
    ),
    (
        "offerout",
        r#"{"amount": "5sat", "description": "d", "recurrence_base": 1}"#,
        -32602,
        "recurrence_base: needs recurrence",
    ),
    (
        "offerout",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_limit": 2, "recurrence_paywindow": "-0+0"}"#,
        -32602,
        "recurrence_paywindow: should be open for at least a second: nobody could pay",
    ),
    (
        "offerout",
        r#"{"amount": "1msat", "description": "d", "recurrence": "4294967295months", "recurrence_limit": 2}"#,
        -32602,
        "recurrence_limit: the last period should end before the year 10000",
    ),
    (
        "offerout",
        r#"{"amount": "1msat", "description": "d", "recurrence": "100years", "recurrence_limit": 100}"#,
        -32602,
        "recurrence_limit: the last period should end before the year 10000",
    ),
    (
        "offerout",
        r#"{"amount": "1btc", "description": "d", "recurrence": "1day", "recurrence_limit": 4294967295}"#,
        -32602,
        "recurrence_limit: the last period should end before the year 10000",
    ),
    (
        "sendinvoice",
        r#"{"invreq": "{OUT}", "label": "l", "recurrence_counter": 0}"#,
        -32602,
        "recurrence_counter: unnecessary: the code does not recur",
    ),
    (
        "sendinvoice",
        r#"{"invreq": "{STIPEND}", "label": "l", "recurrence_counter": 3}"#,
        -32602,
        "recurrence_counter: the last period of this code is 2",
    ),
    ("pausesubscription", r#"["paper"]"#, -1, "unknown subscription"),
    ("resumesubscription", r#"["paper"]"#, -1, "unknown subscription"),
    ("cancelsubscription", r#"["paper"]"#, -1, "unknown subscription"),
    (
        "listsubscribers",
        r#"{"status": "late"}"#,
        -32602,
        "status: should be one of `active`, `overdue`, `cancelled`, `ended`",
    ),
    (
        "cancelrecurringinvoice",
        r#"["{PAY}", 0, "paper"]"#,
        -32602,
        "recurrence_counter: should be an integer from 1 to 4294967295",
    ),
    ("cancelrecurringinvoice", r#"["{PAY}", 1, "paper"]"#, -32602, "offer: does not recur"),
    (
        "fetchinvoice",
        r#"{"offer": "{PAY}", "recurrence_counter": 0}"#,
        -32602,
        "recurrence_counter: unnecessary: the offer does not recur",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{PAY}", "recurrence_start": -1}"#,
        -32602,
        "recurrence_start: should be an integer from 0 to 4294967295",
    ),
    // Currencies.
    (
        "offer",
        r#"["5usd", "d"]"#,
        -32602,
        "amount: should be a positive amount in msat, or `any` (unknown unit \"usd\", should be `msat`, `sat` or `btc`)",
    ),
    ("offer", r#"["5.5USD", "d"]"#, -32602, "amount: currency USD takes no decimals or 2"),
    (
        "offer",
        r#"["5ZZZ", "d"]"#,
        -32602,
        "amount: unknown currency ZZZ: should be an ISO 4217 code such as USD or EUR",
    ),
    ("offer", r#"["0USD", "d"]"#, -32602, "amount: an amount of zero"),
    (
        "offer",
        r#"["-5USD", "d"]"#,
        -32602,
        "amount: should be a positive amount in msat, or `any` (should be `any` or a number, followed by nothing, `msat`, `sat` or `btc`)",
    ),
    ("offer", r#"["5EUR", "d"]"#, -32602, "amount: no values available for currency EUR"),
    ("offerout", r#"["20EUR", "d"]"#, -32602, "amount: no values available for currency EUR"),
    (
        "offerout",
        r#"["20XAU", "d"]"#,
        -32602,
        "amount: unknown currency XAU: should be an ISO 4217 code such as USD or EUR",
    ),
    ("invoicerequest", r#"["20EUR", "d"]"#, -32602, "amount: should be a positive amount in msat"),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "max_rate_drift_ppm": 1}"#,
        -32602,
        "max_rate_drift_ppm: goes with an offer that is priced in a currency",
    ),
    (
        "xpay",
        r#"{"invstring": "{PAY}", "max_rate_drift_ppm": -1}"#,
        -32602,
        "max_rate_drift_ppm: should be an integer from 0 to 4294967295",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{PAY}", "max_rate_drift_ppm": 1}"#,
        -32602,
        "max_rate_drift_ppm: goes with an offer that is priced in a currency",
    ),
    (
        "currencyconvert",
        r#"{}"#,
        -32602,
        "amount: is required: should be a positive decimal number",
    ),
    (
        "currencyconvert",
        r#"[5]"#,
        -32602,
        "currency: is required: should be an ISO 4217 code such as USD or EUR",
    ),
    (
        "currencyconvert",
        r#"[1e3, "EUR"]"#,
        -32602,
        "amount: should be a positive decimal number (it has an exponent: write it out)",
    ),
    (
        "currencyconvert",
        r#"[-1, "EUR"]"#,
        -32602,
        "amount: should be a positive decimal number (it is negative)",
    ),
    (
        "currencyconvert",
        r#"["NaN", "EUR"]"#,
        -32602,
        "amount: should be a positive decimal number (it is not a decimal number)",
    ),
    ("currencyconvert", r#"[1, "EUR"]"#, -1, "no values available for currency EUR"),
    (
        "currencyrate",
        r#"["ZZZ"]"#,
        -32602,
        "currency: unknown currency ZZZ, should be an ISO 4217 code such as USD or EUR",
    ),
    (
        "currencyrate",
        r#"["EUR", "nobody"]"#,
        -32602,
        "source: Unknown source `nobody`. Available sources: test",
    ),
    (
        "currencyrate",
        r#"["EUR", "test", 1]"#,
        -32602,
        "params: too many: got 3, takes at most 2 (currencyrate currency [source])",
    ),
    (
        "listcurrencyrates",
        r#"["euros"]"#,
        -32602,
        "currency: should be an ISO 4217 code such as USD or EUR",
    ),
    ("setrate", r#"["EUR", 0]"#, -32602, "rate: should be a positive decimal number (it is zero)"),
    (
        "setrate",
        r#"["EUR", "6.7e4"]"#,
        -32602,
        "rate: should be a positive decimal number (it has an exponent: write it out)",
    ),
    (
        "setrate",
        r#"["EUR", 0.00000001]"#,
        -32602,
        "rate: it is below a millionth of a unit for a bitcoin",
    ),
    (
        "setrate",
        r#"["EUR", "<html>"]"#,
        -32602,
        "rate: should be a positive decimal number (it is not a decimal number)",
    ),
    ("listoffers", r#"["lno1"]"#, -32602, "offer_id: should be 32 bytes in hexadecimal"),
    ("listoffers", r#"{"direction": "up"}"#, -32602, "direction: should be one of `in`, `out`"),
    ("listoffers", r#"{"index": "deleted"}"#, -32602, "index: should be one of `created`"),
    ("disableoffer", r#"{}"#, -32602, "offer_id: is required: should be 32 bytes in hexadecimal"),
    (
        "disableoffer",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown offer",
    ),
    ("enableoffer", r#"["00"]"#, -32602, "offer_id: should be 32 bytes in hexadecimal"),
    (
        "enableoffer",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown offer",
    ),
    (
        "fetchinvoice",
        r#"["{PAY}", "any"]"#,
        -32602,
        "amount_msat: should be a positive amount in msat",
    ),
    (
        "fetchinvoice",
        r#"["{PAY}", null, 0]"#,
        -32602,
        "quantity: should be an integer of at least 1",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{PAY}", "timeout": 0}"#,
        -32602,
        "timeout: should be an integer from 1 to 86400",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{PAY}", "payer_metadata": ""}"#,
        -32602,
        "payer_metadata: should be bytes in hexadecimal",
    ),
    ("decode", r#"[]"#, -32602, "string: is required: should be a string"),
    // Payouts.
    (
        "offerout",
        r#"["5sat"]"#,
        -32602,
        "description: is required: should be a UTF-8 string without \\u escapes",
    ),
    (
        "offerout",
        r#"["-5sat", "d"]"#,
        -32602,
        "amount: should be a positive amount in msat, or `any` (should be `any` or a number, followed by nothing, `msat`, `sat` or `btc`)",
    ),
    (
        "offerout",
        r#"{"amount": 1, "description": "x", "max_amount_msat": 5}"#,
        -32602,
        "max_amount_msat: unnecessary: goes with the amount `any`, with one of a currency, or with \
         quantity_max",
    ),
    (
        "offerout",
        r#"{"amount": 1, "description": "x", "refund_for": "0000000000000000000000000000000000000000000000000000000000000000"}"#,
        -32602,
        "refund_for: should be an invoice of this node that was paid; no payment of it is on record",
    ),
    (
        "offerout",
        r#"{"amount": 1, "description": "x", "allow_more": true}"#,
        -32602,
        "allow_more: unnecessary: goes with refund_for alone",
    ),
    (
        "invoicerequest",
        r#"{"amount": 5, "description": "x", "single_use": false}"#,
        -32602,
        "single_use: `false` needs max_uses or max_total_msat",
    ),
    (
        "invoicerequest",
        r#"{"amount": 5, "description": "x", "max_uses": 2}"#,
        -32602,
        "max_uses: unnecessary: goes with single_use false",
    ),
    ("waitpayout", r#"[]"#, -32602, "offer_id: is required: should be 32 bytes in hexadecimal"),
    (
        "waitpayout",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "unknown payout",
    ),
    (
        "approvepayout",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -32602,
        "payment_hash: is required: should be 32 bytes in hexadecimal",
    ),
    (
        "approvepayout",
        r#"["0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "unknown payout",
    ),
    (
        "denypayout",
        r#"["0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "unknown payout",
    ),
    ("invoicerequest", r#"["any", "d"]"#, -32602, "amount: should be a positive amount in msat"),
    (
        "listpayouts",
        r#"{"state": "lost"}"#,
        -32602,
        "state: should be one of `open`, `disabled`, `spent`",
    ),
    ("listinvoicerequests", r#"["x"]"#, -32602, "invreq_id: should be 32 bytes in hexadecimal"),
    (
        "disableinvoicerequest",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown invoice_request",
    ),
    ("disableinvoicerequest", r#"[1]"#, -32602, "invreq_id: should be 32 bytes in hexadecimal"),
    (
        "enableinvoicerequest",
        r#"[]"#,
        -32602,
        "invreq_id: is required: should be 32 bytes in hexadecimal",
    ),
    (
        "enableinvoicerequest",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown invoice_request",
    ),
    ("sendinvoice", r#"["{OUT}"]"#, -32602, "label: is required: should be a string or an integer"),
    ("sendinvoice", r#"["{OUT}", 1.5]"#, -32602, "label: should be a string or an integer"),
    (
        "sendinvoice",
        r#"["{OUT}", "l", 0]"#,
        -32602,
        "amount_msat: should be a positive amount in msat",
    ),
    // Payments.
    (
        "pay",
        r#"["anna@example.org"]"#,
        -32602,
        "bolt11: names such as user@domain (BIP 353) are not supported, since they need DNSSEC: give the lno… string that the name stands for",
    ),
    (
        "fetchinvoice",
        r#"["bitcoin:bc1qq?amount=1"]"#,
        -32602,
        "offer: this bitcoin: URI has neither lno= nor lightning= in it: it can be paid on the chain alone, with withdraw",
    ),
    (
        "sendinvoice",
        r#"["bitcoin:?req-pop=1&lno=lno1", "l"]"#,
        -32602,
        "invreq: this bitcoin: URI demands `req-pop`, which is not known here",
    ),
    ("pay", r#"{}"#, -32602, "bolt11: is required: should be a string"),
    (
        "pay",
        r#"["{PAY}", "1.5sat"]"#,
        -32602,
        "amount_msat: should be a positive amount in msat (sat takes none or three decimals)",
    ),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "maxfeepercent": 101}"#,
        -32602,
        "maxfeepercent: should be a number from 0 to 100",
    ),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "retry_for": 0}"#,
        -32602,
        "retry_for: should be an integer from 1 to 86400",
    ),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "maxdelay": 65536}"#,
        -32602,
        "maxdelay: should be an integer from 0 to 65535",
    ),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "exclude": []}"#,
        -32602,
        "exclude: not supported yet: excluding nodes and channels",
    ),
    ("pay", r#"{"bolt11": "{PAY}", "invstring": "{PAY}"}"#, -32602, "bolt11: given twice"),
    ("xpay", r#"[1]"#, -32602, "invstring: should be a string"),
    (
        "xpay",
        r#"{"invstring": "{PAY}", "maxfee": "any"}"#,
        -32602,
        "maxfee: should be an amount in msat",
    ),
    (
        "xpay",
        r#"{"invstring": "{PAY}", "layers": []}"#,
        -32602,
        "layers: not supported yet: layers of route knowledge",
    ),
    ("createproof", r#"[1]"#, -32602, "invstring: should be a string"),
    (
        "createproof",
        r#"{"invstring": "{PAY}", "include": ["offer_colour"]}"#,
        -32602,
        "include: unknown field name \"offer_colour\"",
    ),
    ("createproof", r#"["{PAY}"]"#, 1700, "No successful payment for that string"),
    ("verifyproof", r#"["{PAY}"]"#, -32602, "proof: is an lno… string, not an lnp… one"),
    (
        "listpays",
        r#"{"status": "lost"}"#,
        -32602,
        "status: should be one of `pending`, `complete`, `failed`",
    ),
    ("listpays", r#"{"index": "deleted"}"#, -32602, "index: should be one of `created`, `updated`"),
    ("listpays", r#"{"limit": -1}"#, -32602, "limit: should be an integer from 0 to 4294967295"),
    // Runes.
    ("createrune", r#"["AAAA"]"#, -32602, "rune: should be base64 string"),
    (
        "createrune",
        r#"{"restrictions": ["method"]}"#,
        -32602,
        "restrictions: should be a name, one of !=/^$~<>{}# and a value",
    ),
    ("showrunes", r#"["????"]"#, -32602, "rune: should be base64 string"),
    ("blacklistrune", r#"[7, 3]"#, -32602, "end: should be at least 7"),
    ("checkrune", r#"["AAAA", null, "offer"]"#, -32602, "rune: should be base64 string"),
    // Invoices.
    ("invoice", r#"["5sat", "l"]"#, -32602, "description: is required: should be a string"),
    (
        "invoice",
        r#"["0sat", "l", "d"]"#,
        -32602,
        "amount_msat: should be a positive amount in msat, or `any`",
    ),
    ("invoice", r#"["5sat", {}, "d"]"#, -32602, "label: should be a string or an integer"),
    (
        "invoice",
        r#"["5sat", "l", "d", 0]"#,
        -32602,
        "expiry: should be an integer from 1 to 4294967295",
    ),
    (
        "invoice",
        r#"{"amount_msat": 1, "label": "l", "description": "d", "preimage": "00"}"#,
        -32602,
        "preimage: should be 32 bytes in hexadecimal",
    ),
    (
        "invoice",
        r#"{"amount_msat": 1, "label": "l", "description": "d", "exposeprivatechannels": ["1x1"]}"#,
        -32602,
        "exposeprivatechannels: should be `true`, `false`, or a list of short_channel_ids",
    ),
    (
        "invoice",
        r#"{"amount_msat": 1, "label": "l", "description": "d", "cltv": 2017}"#,
        -32602,
        "cltv: should be an integer from 1 to 2016",
    ),
    (
        "listinvoices",
        r#"{"status": "lost"}"#,
        -32602,
        "status: should be one of `unpaid`, `paid`, `expired`",
    ),
    ("listinvoices", r#"{"start": "-1"}"#, -32602, "start: should be an unsigned 64-bit integer"),
    (
        "listinvoices",
        r#"{"payment_hash": "00"}"#,
        -32602,
        "payment_hash: should be 32 bytes in hexadecimal",
    ),
    ("waitinvoice", r#"[]"#, -32602, "label: is required: should be a string or an integer"),
    ("waitinvoice", r#"["nobody"]"#, -1, "Label not found"),
    ("waitanyinvoice", r#"[-1]"#, -32602, "lastpay_index: should be an unsigned 64-bit integer"),
    ("waitanyinvoice", r#"[0, 0]"#, 904, "timed out: nothing was paid"),
    ("waitoffer", r#"[]"#, -32602, "offer_id: is required: should be 32 bytes in hexadecimal"),
    (
        "waitoffer",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown offer",
    ),
    (
        "wait",
        r#"["forwards", "created", 0]"#,
        -32602,
        "subsystem: should be one of `invoices`, `sendpays`, `offers`, `payouts`, `subscribers`, \
         `subscriptions`",
    ),
    (
        "wait",
        r#"["invoices", "made", 0]"#,
        -32602,
        "indexname: should be one of `created`, `updated`, `deleted`",
    ),
    (
        "wait",
        r#"["invoices", "created"]"#,
        -32602,
        "nextvalue: is required: should be an unsigned 64-bit integer",
    ),
    (
        "wait",
        r#"["invoices", "created", "x"]"#,
        -32602,
        "nextvalue: should be an unsigned 64-bit integer",
    ),
];

#[tokio::test(start_paused = true)]
async fn wrong_input_gets_the_exact_code_and_text() {
    let world = World::new();
    let (shop, other) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let (own, foreign) = (shop.party.offer(1_000).await, other.party.offer(1_000).await);
    let payout = other.call("offerout", serde_json::json!(["5sat", "d"])).await;
    let payout = payout["bolt12"].as_str().unwrap();
    let every = json!({ "amount": "1000sat", "description": "d", "recurrence": "1day" });
    let every = other.call("offer", every).await;
    let stipend = json!({
        "amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_limit": 2,
    });
    let stipend = other.call("offerout", stipend).await;
    let before = shop.rows();
    let mut wrong = Vec::new();
    for (method, params, code, text) in TABLE {
        let params = params.replace("{LNO}", &own).replace("{OUT}", payout);
        let params = params.replace("{PAY}", &foreign);
        let params = params.replace("{STIPEND}", stipend["bolt12"].as_str().unwrap());
        let params = params.replace("{EVERY}", every["bolt12"].as_str().unwrap());
        match shop.try_call(method, &params).await {
            Err(error) if error.code == *code && error.message == *text => {}
            Err(error) => {
                wrong.push(format!("{method} {params}: {} {}", error.code, error.message))
            }
            Ok(result) => wrong.push(format!("{method} {params}: accepted: {result}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(shop.rows(), before);
    assert!(!shop.api.shutdown.is_requested());
}

#[test]
fn every_method_is_in_the_table() {
    let seen: BTreeSet<_> = TABLE.iter().map(|(method, ..)| *method).collect();
    let missing: Vec<_> =
        method::all().map(|method| method.name).filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What stands for a parameter in a call that is wrong elsewhere: a value of its type.
fn with_required(method: &method::Method, change: &str, to: Option<Value>) -> Value {
    let required = method.params.iter().filter(|param| param.need == Need::Required);
    let mut call: Map<String, Value> = required
        .map(|param| (param.name.to_owned(), serde_json::from_str(&param.kind.example()).unwrap()))
        .collect();
    match to {
        Some(value) => call.insert(change.to_owned(), value),
        None => call.remove(change),
    };
    Value::Object(call)
}

/// Wrong calls of a method that follow from its table, each with the exact text: one for each thing that is missing,
/// what nobody knows, one too many, and for each parameter a value of another type and one beyond each end of its range.
fn wrong_calls(method: &method::Method) -> Vec<(Value, String)> {
    let usage = method.usage();
    let mut calls = vec![
        (json!("text"), "params: should be an array or an object".to_owned()),
        (
            with_required(method, "\u{1b}[2J", Some(json!(1))),
            format!("\\u{{1b}}[2J: unknown parameter ({usage})"),
        ),
    ];
    let most = method.positional().count();
    let what = format!("params: too many: got {}, takes at most {most} ({usage})", most + 1);
    calls.push((json!(vec![Value::Null; most + 1]), what));
    for param in method.params {
        let name = param.name;
        if let Some(what) = param.not_yet {
            let text = format!("{name}: not supported yet: {what}");
            calls.push((with_required(method, name, Some(json!(1))), text));
            continue;
        }
        let expected = param.kind.expected();
        if param.need == Need::Required {
            let text = format!("{name}: is required: {expected}");
            calls.push((with_required(method, name, None), text.clone()));
            calls.push((with_required(method, name, Some(Value::Null)), text));
        }
        let mut values = vec![json!({}), json!([[]])];
        if param.kind == Kind::CallParams {
            values = vec![json!(1), json!("{}")];
        }
        if let Kind::Integer { min, max } = param.kind {
            values.extend(min.checked_sub(1).map(|below| json!(below)));
            values.extend(max.checked_add(1).map(|above| json!(above)));
            values.push(json!("18446744073709551616"));
        }
        for value in values {
            let text = format!("{name}: {expected}");
            calls.push((with_required(method, name, Some(value)), text));
        }
    }
    calls
}

#[tokio::test(start_paused = true)]
async fn every_method_refuses_what_its_table_does_not_allow_with_the_exact_text() {
    let world = World::new();
    let shop = Caller::of(world.announced());
    let before = shop.rows();
    let mut wrong = Vec::new();
    for method in method::all() {
        for (params, text) in wrong_calls(method) {
            match shop.try_call(method.name, &params.to_string()).await {
                Err(error) if error.code == -32602 && error.message == text => {}
                other => wrong.push(format!("{} {params}: {other:?}, not {text}", method.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(shop.rows(), before);
    assert!(!shop.api.shutdown.is_requested());
}
