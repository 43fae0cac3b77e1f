//! `offer-cli export`: all that was received and paid, as a table for a spreadsheet or a tax adviser.

use std::time::Duration;

use offerd_api::invoice::{InvoiceList, InvoiceView};
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

/// One payment that arrived, here or there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Row {
    /// RFC 3339, in UTC; empty for a time that no calendar has.
    date: String,
    /// Seconds since 1970.
    time: u64,
    /// `received` or `paid`.
    direction: &'static str,
    /// What the payee got.
    amount_msat: u64,
    /// What it cost its payer besides; of what was received always 0.
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
    payment_hash: String,
    preimage: Option<String>,
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
    let mut rows: Vec<Row> = received.into_iter().filter_map(Row::received).collect();
    rows.extend(paid.into_iter().filter_map(Row::paid));
    rows.retain(|row| (wanted.since..wanted.until).contains(&row.time));
    rows.sort_by(|one, other| {
        (one.time, &one.payment_hash).cmp(&(other.time, &other.payment_hash))
    });
    match wanted.format {
        Format::Json => Ok(format!("{:#}\n", json!(rows))),
        Format::Csv => Ok(table(rows)),
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
        Some(Self {
            date: date::for_programs(invoice.paid_at?).unwrap_or_default(),
            time: invoice.paid_at?,
            direction: "received",
            amount_msat: invoice.amount_received_msat?,
            fee_msat: 0,
            worth,
            currency,
            label: invoice.label,
            description: invoice.description,
            payer_note: invoice.invreq_payer_note,
            quantity: invoice.quantity,
            offer_id: invoice.local_offer_id,
            payment_hash: invoice.payment_hash,
            preimage: invoice.payment_preimage,
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
            label: payment.label,
            description: payment.description,
            payer_note: None,
            quantity: None,
            offer_id: payment.offer_id.or(payment.payout_offer_id),
            payment_hash: payment.payment_hash,
            preimage: payment.preimage,
        })
    }

    /// What others may have written is made inert: a spreadsheet takes some words for formulas.
    fn for_spreadsheets(mut self) -> Self {
        for text in [&mut self.label, &mut self.description, &mut self.payer_note] {
            if let Some(text) = text
                && text.starts_with(['=', '+', '-', '@', '\t', '\r'])
            {
                text.insert(0, '\'');
            }
        }
        self
    }
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
fn table(rows: Vec<Row>) -> String {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let names = json!(Row::default());
    let names = names.as_object().into_iter().flat_map(|row| row.keys());
    // Neither writing into memory nor a row of plain values fails.
    let _ = writer.write_record(names);
    for row in rows {
        let _ = writer.serialize(row.for_spreadsheets());
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
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

    #[test]
    fn fees_are_what_was_sent_and_did_not_arrive() {
        let paid = PaymentView {
            status: "complete".into(),
            completed_at: Some(1),
            amount_msat: 1_000,
            amount_sent_msat: Some(1_003),
            ..PaymentView::default()
        };
        assert_eq!(Row::paid(paid).unwrap().fee_msat, 3);
    }

    #[test]
    fn a_table_has_names_quotes_and_no_formulas() {
        let text = table(vec![received(None, "=HYPERLINK(\"x\",1)")]);
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some(
                "date,time,direction,amount_msat,fee_msat,worth,currency,label,description,payer_note,quantity,\
                 offer_id,payment_hash,preimage"
            )
        );
        let row = lines.next().unwrap();
        assert!(row.starts_with("2023-11-14T22:13:20Z,1700000000,received,5000,0,,,,,"), "{row}");
        assert!(row.contains("\"'=HYPERLINK(\"\"x\"\",1)\""), "{row}");
        assert_eq!(table(Vec::new()).lines().count(), 1);
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
