//! `offer-cli export`: all that was received, paid and forwarded, as a table for a spreadsheet or a tax adviser.

use std::time::Duration;

use offerd_api::invoice::{InvoiceList, InvoiceView};
use offerd_api::node::{ForwardList, ForwardView};
use offerd_api::payment::{PaymentList, PaymentView};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::connect::{self, Place};
use crate::date;
use crate::exit::Failure;

/// So many entries are asked for at a time.
const PAGE: usize = 1_000;

/// What is wanted, and of whom.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    /// As what.
    pub(crate) format: Format,
    /// Seconds since 1970: nothing that was settled before.
    pub(crate) since: u64,
    /// Seconds since 1970: nothing that was settled then or later.
    pub(crate) until: u64,
    /// Where the daemon is.
    pub(crate) place: Place,
    /// How long to wait for each of its answers.
    pub(crate) timeout: Option<Duration>,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 4180, with a line of names.
    Csv,
    /// One array of objects.
    Json,
}

/// One payment that arrived, here, there or, through us, with others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Row {
    /// RFC 3339, in UTC; empty for a time that no calendar has.
    date: String,
    /// Seconds since 1970.
    time: u64,
    /// `received`, `paid` or `forwarded`.
    direction: &'static str,
    /// What the payee got; of what was forwarded, what went on.
    amount_msat: u64,
    /// What it cost its payer besides; of what was received always 0. Of what was forwarded, what stayed with us.
    fee_msat: u64,
    /// What the amount was worth then, such as `4.50`, where a rate was known.
    worth: Option<String>,
    /// In which currency.
    currency: Option<String>,
    label: Option<String>,
    description: Option<String>,
    payer_note: Option<String>,
    quantity: Option<u64>,
    /// The offer that was paid, or the payout that was redeemed.
    offer_id: Option<String>,
    /// Not known of what was forwarded.
    payment_hash: Option<String>,
    preimage: Option<String>,
    /// The order number or the like.
    external_id: Option<String>,
    tags: Vec<String>,
    /// The channel that a forwarded payment came by.
    in_channel: Option<String>,
    /// The channel that it went by.
    out_channel: Option<String>,
    /// What we have more by it, or less: all of these add up to what the lines `received`, `forwarding_fees`, `paid` and
    /// `routing_fees` of an audit do.
    change_msat: i64,
}

/// All of it, oldest first.
pub(crate) fn export(wanted: &Export) -> Result<String, Failure> {
    let socket = wanted.place.socket().map_err(Failure::Usage)?;
    let ask = |method: &str, params: Value| {
        let waiting = connect::Waiting { timeout: wanted.timeout, watcher: None };
        connect::call(&socket, method, params, None, waiting)
    };
    let received = pages(
        "listinvoices",
        &ask,
        |list: InvoiceList| list.invoices,
        |invoice| invoice.created_index.unwrap_or_default(),
    )?;
    let paid = pages("listpays", &ask, |list: PaymentList| list.pays, |pay| pay.created_index)?;
    let forwards = |list: ForwardList| list.forwards;
    let forwarded = pages("listforwards", &ask, forwards, |forward| forward.created_index)?;
    let mut rows: Vec<Row> = received.into_iter().filter_map(Row::received).collect();
    rows.extend(paid.into_iter().filter_map(Row::paid));
    rows.extend(forwarded.into_iter().filter_map(Row::forwarded));
    rows.retain(|row| (wanted.since..wanted.until).contains(&row.time));
    rows.sort_by(|one, other| {
        (one.time, &one.payment_hash).cmp(&(other.time, &other.payment_hash))
    });
    match wanted.format {
        Format::Json => Ok(format!("{:#}\n", json!(rows))),
        Format::Csv => Ok(table(&rows)),
    }
}

/// Every entry of a list that is given in pages.
fn pages<L: DeserializeOwned, T>(
    method: &str,
    ask: &dyn Fn(&str, Value) -> Result<Value, Failure>,
    entries: impl Fn(L) -> Vec<T>,
    index: impl Fn(&T) -> u64,
) -> Result<Vec<T>, Failure> {
    let (mut all, mut start) = (Vec::new(), 1);
    loop {
        let params = json!({ "index": "created", "start": start, "limit": PAGE });
        let page = serde_json::from_value(ask(method, params)?).map_err(|error| {
            Failure::NoAnswer(format!("the answer to {method} cannot be read ({error})"))
        })?;
        let page = entries(page);
        let is_last = page.len() < PAGE;
        start = page.last().map_or(start, |entry| index(entry).saturating_add(1));
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

impl Row {
    fn received(invoice: InvoiceView) -> Option<Self> {
        let (worth, currency) = split(invoice.worth);
        let amount_msat = invoice.amount_received_msat?;
        Some(Self {
            date: date::for_programs(invoice.paid_at?).unwrap_or_default(),
            time: invoice.paid_at?,
            direction: "received",
            amount_msat,
            fee_msat: 0,
            worth,
            currency,
            label: invoice.label,
            description: invoice.description,
            payer_note: invoice.invreq_payer_note,
            quantity: invoice.quantity,
            offer_id: invoice.local_offer_id,
            payment_hash: Some(invoice.payment_hash),
            preimage: invoice.payment_preimage,
            external_id: invoice.external_id,
            tags: invoice.tags,
            change_msat: signed(amount_msat),
            ..Self::default()
        })
    }

    fn paid(payment: PaymentView) -> Option<Self> {
        if payment.status != "complete" {
            return None;
        }
        let (worth, currency) = split(payment.worth);
        let sent = payment.amount_sent_msat.unwrap_or(payment.amount_msat);
        Some(Self {
            date: date::for_programs(payment.completed_at?).unwrap_or_default(),
            time: payment.completed_at?,
            direction: "paid",
            amount_msat: payment.amount_msat,
            fee_msat: sent.saturating_sub(payment.amount_msat),
            worth,
            currency,
            label: payment.label.or(payment.payout_label),
            description: payment.description,
            payer_note: None,
            quantity: None,
            offer_id: payment.offer_id.or(payment.payout_offer_id),
            payment_hash: Some(payment.payment_hash),
            preimage: payment.preimage,
            change_msat: signed(sent.max(payment.amount_msat)).saturating_neg(),
            ..Self::default()
        })
    }

    /// One whose fee is not known was claimed on the chain, and the audit does not count it either.
    fn forwarded(forward: ForwardView) -> Option<Self> {
        let fee_msat = forward.fee_msat?;
        Some(Self {
            date: date::for_programs(forward.resolved_time).unwrap_or_default(),
            time: forward.resolved_time,
            direction: "forwarded",
            amount_msat: forward.out_msat.unwrap_or_default(),
            fee_msat,
            in_channel: forward.in_channel_id,
            out_channel: forward.out_channel_id,
            change_msat: signed(fee_msat),
            ..Self::default()
        })
    }
}

/// An amount as a change of what we have.
fn signed(msat: u64) -> i64 {
    i64::try_from(msat).unwrap_or(i64::MAX)
}

/// `4.50EUR` in its parts.
fn split(worth: Option<String>) -> (Option<String>, Option<String>) {
    let Some(worth) = worth else { return (None, None) };
    match worth.split_at_checked(worth.len().saturating_sub(3)) {
        Some((amount, currency)) => (Some(amount.to_owned()), Some(currency.to_owned())),
        None => (Some(worth), None),
    }
}

/// With the names of the columns even where there is nothing.
fn table(rows: &[Row]) -> String {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let members = |row: &Row| json!(row).as_object().cloned().unwrap_or_default();
    // Neither writing into memory nor a row of as many cells as there are names fails.
    let _ = writer.write_record(members(&Row::default()).keys());
    for row in rows {
        let _ = writer.write_record(members(row).values().map(cell));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A value as a cell; numbers are numbers, and whatever is a text stays one.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => inert(text),
        Value::Array(texts) => {
            inert(&texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "))
        }
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Object(_) => String::new(),
    }
}

/// A spreadsheet takes texts for formulas that begin with one of these, or with what looks like it in wide letters; a
/// quotation mark before them makes them texts again.
fn inert(text: &str) -> String {
    const ACTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(ACTS) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(worth: Option<&str>, note: &str) -> Row {
        let invoice = InvoiceView {
            payment_hash: "11".into(),
            status: "paid".into(),
            paid_at: Some(1_700_000_000),
            amount_received_msat: Some(5_000),
            worth: worth.map(str::to_owned),
            invreq_payer_note: Some(note.to_owned()),
            ..InvoiceView::default()
        };
        Row::received(invoice).unwrap()
    }

    #[test]
    fn what_is_not_paid_is_no_row() {
        assert_eq!(Row::received(InvoiceView::default()), None);
        let failed = PaymentView {
            status: "failed".into(),
            completed_at: Some(1),
            ..PaymentView::default()
        };
        assert_eq!(Row::paid(failed), None);
    }

    #[test]
    fn a_worth_is_a_number_and_a_currency() {
        let row = received(Some("4.50EUR"), "");
        assert_eq!((row.worth.as_deref(), row.currency.as_deref()), (Some("4.50"), Some("EUR")));
        assert_eq!(row.date, "2023-11-14T22:13:20Z");
        assert_eq!(received(None, "").worth, None);
    }

    /// 1 000 msat, for a fee of 3.
    fn paid() -> Row {
        let paid = PaymentView {
            status: "complete".into(),
            completed_at: Some(1),
            amount_msat: 1_000,
            amount_sent_msat: Some(1_003),
            ..PaymentView::default()
        };
        Row::paid(paid).unwrap()
    }

    #[test]
    fn fees_are_what_was_sent_and_did_not_arrive() {
        assert_eq!(paid().fee_msat, 3);
    }

    #[test]
    fn a_table_has_names_quotes_and_no_formulas() {
        let text = table(&[received(None, "=HYPERLINK(\"x\",1)")]);
        assert!(text.ends_with("\r\n"), "{text}");
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some(
                "date,time,direction,amount_msat,fee_msat,worth,currency,label,description,payer_note,quantity,\
                 offer_id,payment_hash,preimage,external_id,tags,in_channel,out_channel,change_msat"
            )
        );
        let row = lines.next().unwrap();
        assert!(row.starts_with("2023-11-14T22:13:20Z,1700000000,received,5000,0,,,,,"), "{row}");
        assert!(row.contains("\"'=HYPERLINK(\"\"x\"\",1)\""), "{row}");
        assert_eq!(table(&[]).lines().count(), 1);
    }

    #[test]
    fn whatever_a_text_begins_with_no_cell_acts_and_a_reader_gets_all_of_it() {
        let hostile = [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1",
            "a,b",
            "say \"=1\"",
            "two\r\nlines",
        ];
        for text in hostile {
            let invoice = InvoiceView {
                status: "paid".into(),
                paid_at: Some(1),
                amount_received_msat: Some(7),
                label: Some(text.into()),
                description: Some(text.into()),
                invreq_payer_note: Some(text.into()),
                external_id: Some(text.into()),
                tags: vec![text.into(), "bar".into()],
                ..InvoiceView::default()
            };
            let table = table(&[Row::received(invoice).unwrap()]);
            let mut reader = csv::Reader::from_reader(table.as_bytes());
            let names = reader.headers().unwrap().clone();
            let row = reader.records().next().unwrap().unwrap();
            let acts = |cell: &str| {
                cell.starts_with(|first: char| !first.is_ascii_alphanumeric() && first != '\'')
            };
            assert!(!row.iter().any(acts), "{row:?}");
            let shown = |name: &str| {
                let at = names.iter().position(|known| known == name).unwrap();
                row[at].trim_start_matches('\'').to_owned()
            };
            for name in ["label", "description", "payer_note", "external_id"] {
                assert_eq!(shown(name), text);
            }
            assert_eq!(shown("tags"), format!("{text}; bar"));
            assert_eq!(shown("change_msat"), "7");
        }
    }

    #[test]
    fn changes_are_what_stays_what_goes_with_its_fee_and_what_forwarding_brings() {
        let forward = ForwardView {
            fee_msat: Some(2),
            out_msat: Some(900),
            in_channel_id: Some("aa".into()),
            out_channel_id: Some("bb".into()),
            ..ForwardView::default()
        };
        let unknown = ForwardView { fee_msat: None, ..forward.clone() };
        assert_eq!(Row::forwarded(unknown), None);
        let forwarded = Row::forwarded(forward).unwrap();
        assert_eq!((forwarded.direction, forwarded.amount_msat), ("forwarded", 900));
        assert_eq!(
            forwarded.in_channel.as_deref().zip(forwarded.out_channel.as_deref()),
            Some(("aa", "bb"))
        );
        let changes = [received(None, "").change_msat, paid().change_msat, forwarded.change_msat];
        assert_eq!(changes, [5_000, -1_003, 2]);
    }

    #[test]
    fn pages_are_followed_to_the_last() {
        let ask = |_: &str, params: Value| {
            let start = params["start"].as_u64().unwrap();
            let of = |index: u64| {
                json!({ "payment_hash": "", "status": "failed", "destination": "",
                "created_at": 0, "amount_msat": 0, "created_index": index })
            };
            let pays: Vec<Value> = (start..1_502).take(PAGE).map(of).collect();
            Ok(json!({ "pays": pays }))
        };
        let all = pages("listpays", &ask, |list: PaymentList| list.pays, |pay| pay.created_index);
        let indexes: Vec<u64> = all.unwrap().iter().map(|pay| pay.created_index).collect();
        assert_eq!(indexes, (1..1_502).collect::<Vec<_>>());
    }
}
