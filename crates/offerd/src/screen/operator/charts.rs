//! `/operator/charts`: what was received and paid on each of the last days, and what became of requests.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use bolt1::{Msat, Timestamp};
use offerd_core::change::ChangeKind;
use serde_json::{Value, json};

use super::feed;
use super::kind::{KINDS, Kind, number};
use crate::driver::{Counts, Figure};
use crate::screen::complaint::Complaint;
use crate::screen::visitor::Visitor;
use crate::screen::{Screen, show};
use crate::web::words;

/// Days on a chart.
const DAYS: u64 = 30;
/// Records that are looked through for it.
const LOOKED_THROUGH: u64 = 10_000;
const DAY: u64 = 86_400;
/// How wide a day is on the drawing, and how high the highest bar.
const WIDE: u64 = 10;
const HIGH: u64 = 100;

#[derive(Template)]
#[template(path = "operator/charts.html")]
struct Charts<'a> {
    token: &'a str,
    kinds: &'static [Kind],
    /// Where the log ended before anything of this was asked: what follows is news.
    logged: u64,
    received: Result<Chart, Complaint>,
    paid: Result<Chart, Complaint>,
    funnel: Vec<Step>,
}

/// One bar for each day.
struct Chart {
    bars: Vec<Bar>,
    total: String,
}

struct Bar {
    day: String,
    amount: String,
    x: u64,
    y: u64,
    height: u64,
}

/// One step on the way from a request to a payment.
struct Step {
    what: &'static str,
    count: u64,
    /// Hundredths of the first.
    width: u64,
}

pub(super) async fn page(State(screen): State<Screen>, visitor: Visitor) -> Response {
    let logged = feed::logged(&screen);
    let received = chart(&screen, &visitor, "invoices", "paid", "paid_at", "amount_received_msat");
    let received = received.await;
    let paid = chart(&screen, &visitor, "payments", "complete", "completed_at", "amount_sent_msat");
    let paid = paid.await;
    // Counts are of requests for invoices: whoever may see those may see these.
    let counts = received.as_ref().map(|_| screen.door.driver.counts()).unwrap_or_default();
    let token = visitor.session.token();
    let page = Charts { token, kinds: &KINDS, logged, received, paid, funnel: funnel(&counts) };
    show(axum::http::StatusCode::OK, &page)
}

async fn chart(
    screen: &Screen,
    visitor: &Visitor,
    kind: &str,
    status: &str,
    time: &str,
    amount: &str,
) -> Result<Chart, Complaint> {
    let none = || Complaint::about_all("This cannot be shown now.");
    let kind = Kind::find(kind).ok_or_else(none)?;
    let last = screen.door.driver.store().last_place(kind.subsystem, ChangeKind::Created);
    let last = last.map_err(|_| none())?;
    let start = last.saturating_sub(LOOKED_THROUGH - 1).max(1);
    let params = json!({ "index": "created", "start": start, "status": status });
    let listed = screen.call(&visitor.session.rune, kind.method, params).await;
    let listed = listed.map_err(|error| Complaint::of(&error, &[]))?;
    Ok(by_day(kind.list(&listed), time, amount, screen.door.driver.now()))
}

fn by_day(records: &[Value], time: &str, amount: &str, now: Timestamp) -> Chart {
    let first = (now.0 / DAY).saturating_sub(DAYS - 1);
    let sum_of = |day: u64| {
        let of_day = |record: &&Value| number(record, time).is_some_and(|at| at / DAY == day);
        let amounts = records.iter().filter(of_day).filter_map(|record| number(record, amount));
        amounts.fold(0, u64::saturating_add)
    };
    let sums: Vec<u64> = (first..first.saturating_add(DAYS)).map(sum_of).collect();
    let most = sums.iter().copied().max().unwrap_or_default();
    let bars = (0..).zip(&sums).map(|(place, sum)| {
        let height = part(*sum, most, HIGH);
        let moment = words::moment(Timestamp(first.saturating_add(place).saturating_mul(DAY)));
        Bar {
            day: moment.split(' ').next().unwrap_or_default().to_owned(),
            amount: shown(*sum),
            x: place.saturating_mul(WIDE),
            y: HIGH.saturating_sub(height),
            height,
        }
    });
    Chart { bars: bars.collect(), total: shown(sums.iter().copied().fold(0, u64::saturating_add)) }
}

fn funnel(counts: &Counts) -> Vec<Step> {
    let sum = |wanted: Figure| {
        let of_figure = counts.iter().filter(|((figure, _), _)| *figure == wanted);
        of_figure.map(|(_, count)| *count).fold(0, u64::saturating_add)
    };
    let one = |figure, word| counts.get(&(figure, word)).copied().unwrap_or_default();
    let all = sum(Figure::InvoiceRequests);
    let steps = [
        ("Requests", all),
        ("Answered", one(Figure::InvoiceRequests, "answered")),
        ("Invoices made", one(Figure::InvoicesMade, "")),
        ("Paid", one(Figure::Receipts, "paid")),
    ];
    let most = steps.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let step = |(what, count)| Step { what, count, width: part(count, most, 100) };
    steps.into_iter().map(step).collect()
}

/// `value` on a scale on which `most` is `length`.
fn part(value: u64, most: u64, length: u64) -> u64 {
    let scaled = u128::from(value).saturating_mul(length.into()).checked_div(most.into());
    scaled.and_then(|scaled| u64::try_from(scaled).ok()).unwrap_or(0)
}

fn shown(msat: u64) -> String {
    words::sat(Msat::new(msat).unwrap_or(Msat::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_a_bar_and_the_highest_is_as_high_as_the_drawing() {
        let now = Timestamp(100 * DAY + 5);
        let record = |at, msat| json!({ "at": at, "msat": msat });
        let records = [
            record(100 * DAY, 3_000),
            record(100 * DAY + 4, 1_000),
            record(99 * DAY, 2_000),
            record(71 * DAY, 1_000),
            record(71 * DAY - 1, 9_000),
        ];
        let chart = by_day(&records, "at", "msat", now);
        let heights: Vec<u64> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!((heights.len(), heights[0], heights[28], heights[29]), (30, 25, 50, 100));
        assert_eq!((chart.bars[29].x, chart.bars[29].y, chart.bars[28].y), (290, 0, 50));
        assert_eq!(chart.bars[0].day, "1970-03-13");
        assert_eq!(chart.total, "7\u{202f}sat");
        assert!(by_day(&[], "at", "msat", now).bars.iter().all(|bar| bar.height == 0));
    }

    #[test]
    fn the_funnel_narrows_from_requests_to_payments() {
        let counts = Counts::from([
            ((Figure::InvoiceRequests, "answered"), 6),
            ((Figure::InvoiceRequests, "expired"), 2),
            ((Figure::InvoicesMade, ""), 4),
            ((Figure::Receipts, "paid"), 1),
            ((Figure::Receipts, "claiming"), 1),
        ]);
        let steps: Vec<_> = funnel(&counts).iter().map(|step| (step.count, step.width)).collect();
        assert_eq!(steps, [(8, 100), (6, 75), (4, 50), (1, 12)]);
    }
}
