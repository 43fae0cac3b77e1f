//! What must hold in the end, whatever has happened: the network's ledger is the truth, and what the daemons have
//! written down is held against it.

use std::collections::BTreeMap;
use std::fmt;

use bolt1::{Msat, Timestamp};
use bolt12::InvoiceKind;
use offerd_core::payment::{OutgoingPayment, PaymentEnd, PaymentState, Purpose};
use offerd_core::payout::{Payout, PayoutAmount};
use offerd_core::port::Store as _;
use offerd_core::receipt::{Receipt, ReceiptState, Source};
use offerd_core::{PaymentHash, PaymentId};
use offerd_testkit::{Carried, CarriedEnd, FakeNetwork};

use crate::listed::listed;
use crate::market;
use crate::process::Process;
use crate::town::Town;

listed! {
    /// What is promised about money.
    Invariant {
        /// A promise is paid as often as it says, a request and a label once.
        PaidTwice,
        /// Nothing is paid above the amount, the fees, the budget, the day's limit or what was allowed for a price.
        AboveLimit,
        /// Nothing is sold below its price in dollars, at the rate of its invoice.
        Underpaid,
        /// No withdrawn or expired promise is paid.
        RetiredPaid,
        /// Each payment is on record on both sides, once.
        Unrecorded,
        /// A refusal leaves the label free.
        LabelBurned,
        /// Money is neither made nor lost, and the books agree with the purse.
        MoneyLost,
        /// Everything comes to an end.
        NeverEnds,
        /// Each period of a series is paid at most once, in order and in its time, and none after its end.
        OutOfTurn,
    }
}

/// A promise that was broken, and how.
#[derive(Clone, Debug)]
pub(crate) struct Violation(pub(crate) Invariant, pub(crate) String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0, self.1)
    }
}

/// All that is wrong with a town in which everything has ended.
pub(crate) fn violations(town: &Town) -> Vec<Violation> {
    let ledger = town.network.payments();
    let mut found = town.violations.clone();
    let mut note = |invariant, what: String| found.push(Violation(invariant, what));
    money(town, &ledger, &mut note);
    for process in town.processes() {
        outgoing(process, &ledger, &mut note);
        incoming(process, &ledger, &mut note);
        ended(process, &mut note);
    }
    prices(town, &mut note);
    promises(town, &ledger, &mut note);
    found
}

type Note<'a> = &'a mut dyn FnMut(Invariant, String);

fn arrived(ledger: &[Carried]) -> impl Iterator<Item = &Carried> {
    ledger.iter().filter(|carried| carried.end == CarriedEnd::Arrived)
}

fn sum(amounts: impl Iterator<Item = Msat>) -> i64 {
    amounts.map(Msat::to_i64).sum()
}

fn gained(process: &Process) -> i64 {
    process.node.balance().to_i64() - FakeNetwork::BALANCE.to_i64()
}

/// Money in equals money out plus fees, in the town and in each purse.
fn money(town: &Town, ledger: &[Carried], note: Note<'_>) {
    let liar = town.liar.node.balance().to_i64() - FakeNetwork::BALANCE.to_i64();
    let gains = town.processes().map(gained).sum::<i64>() + liar;
    let fees = sum(arrived(ledger).map(|carried| carried.fee));
    if gains + fees != 0 {
        note(Invariant::MoneyLost, format!("all together gained {gains}, fees were {fees}"));
    }
    for process in town.processes() {
        let paid = |receipt: &&Receipt| matches!(receipt.state, ReceiptState::Paid { .. });
        let received = sum(process.receipts().iter().filter(paid).map(|receipt| receipt.amount));
        let payments = process.payments();
        let sent = sum(payments.iter().filter_map(cost));
        let (books, purse) = (received - sent, gained(process));
        if books != purse {
            let name = process.name();
            note(Invariant::MoneyLost, format!("{name} gained {purse}, its books say {books}"));
        }
    }
}

/// What a payment that arrived has cost.
fn cost(payment: &OutgoingPayment) -> Option<Msat> {
    match &payment.state {
        PaymentState::Ended(PaymentEnd::Paid { fee, .. }) => {
            payment.amount.plus(fee.unwrap_or_default())
        }
        PaymentState::Awaiting | PaymentState::Pending { .. } | PaymentState::Ended(_) => None,
    }
}

/// What a process has paid is on its record, once for each request and label, and within what it allowed.
fn outgoing(process: &Process, ledger: &[Carried], note: Note<'_>) {
    let (name, payments) = (process.name(), process.payments());
    let (mut requests, mut labels) = (Vec::new(), Vec::new());
    for carried in arrived(ledger).filter(|carried| carried.payer == process.node.id()) {
        let id = PaymentId(carried.outgoing_id);
        let Some(payment) = payments.iter().find(|payment| payment.id == id) else {
            note(Invariant::Unrecorded, format!("{name} has paid {id} and does not know"));
            continue;
        };
        if !payment.is_paid() {
            note(Invariant::Unrecorded, format!("{name} has paid {id}: {:?}", payment.state));
        }
        if carried.fee > payment.max_fee || carried.amount != payment.amount {
            note(Invariant::AboveLimit, format!("{name}: {carried:?}, not as in {payment:?}"));
        }
        // How often a claim may be paid is said by its promise.
        if let Purpose::Order { label, .. } = &payment.purpose
            && nonce(payment).is_none()
        {
            requests.push(payment.request_key);
            labels.extend(label.clone());
        }
    }
    if !distinct(&mut requests) {
        note(Invariant::PaidTwice, format!("{name} has paid one request twice"));
    }
    if !distinct(&mut labels) {
        note(Invariant::PaidTwice, format!("{name} has paid twice under one of {labels:?}"));
    }
    let of_ledger = |payment: &&OutgoingPayment| {
        arrived(ledger).any(|carried| carried.outgoing_id == payment.id.0)
    };
    for payment in payments.iter().filter(|payment| payment.is_paid()) {
        if !of_ledger(&payment) {
            note(Invariant::Unrecorded, format!("{name} did not pay {}", payment.id));
        }
    }
}

/// Nobody has paid more for a cake than was allowed, and none was sold below its price.
fn prices(town: &Town, note: Note<'_>) {
    for (customer, process) in town.processes().enumerate() {
        for payment in process.payments().iter().filter(|payment| payment.is_paid()) {
            let Purpose::Order { label: Some(label), .. } = &payment.purpose else { continue };
            if market::is_for_cake(label) && !town.market.allows(customer, label, payment.amount) {
                let (name, amount) = (process.name(), payment.amount);
                note(Invariant::AboveLimit, format!("{name} did not allow {amount} for {label}"));
            }
        }
    }
    let Some(cake) = &town.cake else { return };
    let of_cake = |receipt: &&Receipt| receipt.key.source == Source::Offer(cake.row);
    for receipt in town.shop().receipts().iter().filter(of_cake) {
        let is_paid = matches!(receipt.state, ReceiptState::Paid { .. });
        if is_paid && !town.market.is_paid_in_full(receipt) {
            note(Invariant::Underpaid, format!("{receipt:?}"));
        }
    }
}

/// What a process was paid is on its record exactly once.
fn incoming(process: &Process, ledger: &[Carried], note: Note<'_>) {
    let name = process.name();
    let ours = arrived(ledger).filter(|carried| carried.payee == process.node.id());
    let mut got: Vec<_> =
        ours.map(|carried| (PaymentHash(carried.payment_hash), carried.incoming_id)).collect();
    let receipts = process.receipts();
    let paid = receipts.iter().filter(|receipt| matches!(receipt.state, ReceiptState::Paid { .. }));
    let mut noted: Vec<_> =
        paid.clone().map(|receipt| (receipt.payment_hash, receipt.payment_id)).collect();
    got.sort_unstable();
    noted.sort_unstable();
    if got != noted {
        note(Invariant::Unrecorded, format!("{name} was paid {got:?} and has noted {noted:?}"));
    }
    let mut keys: Vec<_> = paid.map(|receipt| receipt.key).collect();
    if !distinct(&mut keys) {
        note(Invariant::PaidTwice, format!("{name} was paid twice for one request"));
    }
}

fn ended(process: &Process, note: Note<'_>) {
    let name = process.name();
    for payment in process.payments().iter().filter(|payment| payment.is_pending()) {
        note(Invariant::NeverEnds, format!("{name}: {payment:?}"));
    }
    let outbox = process.records().outbox().unwrap();
    if !outbox.is_empty() {
        note(Invariant::NeverEnds, format!("{name} still has to do {outbox:?}"));
    }
}

/// A claim that was paid: what the ledger says of it, and what the shop has written down.
struct PaidClaim {
    carried: Carried,
    created_at: Timestamp,
}

/// The shop has kept its promises, and no more than that.
fn promises(town: &Town, ledger: &[Carried], note: Note<'_>) {
    let (shop, payments) = (town.shop(), town.shop().payments());
    let mut claims: BTreeMap<[u8; 16], Vec<PaidClaim>> = BTreeMap::new();
    for carried in arrived(ledger).filter(|carried| carried.payer == shop.node.id()) {
        let payment = payments.iter().find(|payment| payment.id.0 == carried.outgoing_id);
        if let Some(payment) = payment
            && let Some(nonce) = nonce(payment)
        {
            let paid = PaidClaim { carried: *carried, created_at: payment.created_at };
            claims.entry(nonce).or_default().push(paid);
        }
    }
    let (payouts, none) = (shop.payouts(), Vec::new());
    for payout in &payouts {
        promise(payout, claims.get(&payout.nonce).unwrap_or(&none), town, note);
    }
    refunds(&payouts, &claims, note);
    per_day(town, claims.into_values().flatten().collect(), note);
}

/// The 16 bytes that name the payout which an invoice is for.
fn nonce(payment: &OutgoingPayment) -> Option<[u8; 16]> {
    let invoice = payment.invoice.bolt12()?;
    match invoice.kind() {
        InvoiceKind::ForPayoutOffer => invoice.offer_view().metadata()?.try_into().ok(),
        InvoiceKind::ForPayoutRequest => invoice.request_view().metadata().try_into().ok(),
        InvoiceKind::ForOffer => None,
    }
}

fn promise(payout: &Payout, paid: &[PaidClaim], town: &Town, note: Note<'_>) {
    let row = payout.row.0;
    let most = payout.uses.most.map_or(usize::MAX, |most| most as usize);
    if paid.len() > most {
        note(Invariant::PaidTwice, format!("payout {row} was paid {} times", paid.len()));
    }
    for PaidClaim { carried, created_at } in paid {
        let amount_fits = match payout.amount {
            PayoutAmount::Exact(promised) => carried.amount == promised,
            PayoutAmount::UpTo(most) | PayoutAmount::Fiat { at_most: most, .. } => {
                carried.amount <= most
            }
            PayoutAmount::Each { amount, at_most } => {
                carried.amount <= at_most && carried.amount.as_u64().is_multiple_of(amount.as_u64())
            }
        };
        if !amount_fits || carried.fee > town.policy.payout_fee(carried.amount) {
            note(Invariant::AboveLimit, format!("payout {row}, {payout:?}: {carried:?}"));
        }
        if payout.is_expired_at(*created_at) {
            note(Invariant::RetiredPaid, format!("payout {row} had expired"));
        }
        if town.shop().withdrawals().forbid(PaymentId(carried.outgoing_id)) {
            note(Invariant::RetiredPaid, format!("payout {row} was withdrawn before"));
        }
    }
    let spent = sum(paid.iter().flat_map(|claim| [claim.carried.amount, claim.carried.fee]));
    if payout.uses.total.is_some_and(|total| spent > total.to_i64()) {
        note(Invariant::AboveLimit, format!("payout {row} has cost {spent}: {:?}", payout.uses));
    }
}

/// All refunds of one payment together are at most that.
fn refunds(payouts: &[Payout], claims: &BTreeMap<[u8; 16], Vec<PaidClaim>>, note: Note<'_>) {
    let mut refunded: BTreeMap<PaymentHash, (Msat, i64)> = BTreeMap::new();
    for payout in payouts {
        let Some(refund) = payout.refund else { continue };
        let Some(at_most) = refund.at_most else { continue };
        let paid = claims.get(&payout.nonce).into_iter().flatten();
        let entry = refunded.entry(refund.payment_hash).or_insert((at_most, 0));
        entry.1 += sum(paid.map(|claim| claim.carried.amount));
    }
    for (hash, (at_most, sum)) in refunded {
        if sum > at_most.to_i64() {
            note(Invariant::AboveLimit, format!("{sum} refunded of {hash}: {at_most}"));
        }
    }
}

/// What was claimed within 24 hours, by the shop's clock, is at most what its operator allows.
fn per_day(town: &Town, claims: Vec<PaidClaim>, note: Note<'_>) {
    for last in &claims {
        let of_day = claims.iter().filter(|claim| {
            let age = last.created_at.0.checked_sub(claim.created_at.0);
            age.is_some_and(|age| age < 86_400)
        });
        let spent = sum(of_day.flat_map(|claim| [claim.carried.amount, claim.carried.fee]));
        if spent > town.policy.payout_max_per_day.to_i64() {
            note(Invariant::AboveLimit, format!("{spent} within a day"));
            return;
        }
    }
}

fn distinct<T: Ord>(all: &mut Vec<T>) -> bool {
    let before = all.len();
    all.sort_unstable();
    all.dedup();
    all.len() == before
}
