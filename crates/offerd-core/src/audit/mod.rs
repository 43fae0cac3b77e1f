//! The audit: does what the node has equal what its books say?
//!
//! The books are the payments and receipts of the store, and what the node itself has done with money besides
//! ([`NodeBooks`]): channels opened and ended, payments forwarded, coins moved on the chain. The check is one equation,
//! exact to the millisatoshi:
//!
//! > what we have = what came in − what went out
//!
//! Each side is a list of [`Line`]s. What is on its way and has no certain amount yet is a [`Position`], counted at the
//! amount that our books carry it with. The whole is explained in `docs/audit.md`.

mod books;
mod sum;
#[cfg(test)]
mod tests;

pub use books::{
    ChannelBook, ForwardBook, Forwarded, NodeBooks, PaymentBook, PendingHtlc, Standing, WalletBook,
};
use sum::{Signed, signed, sum};

/// One line: a name, and how many millisatoshi. Most are never negative; what a channel's end has cost is, where a
/// payment that ended on the chain has brought more than the end has cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is, in snake case.
    pub name: &'static str,
    /// Millisatoshi.
    pub amount_msat: i64,
}

/// Why something is not certain yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncertainty {
    /// The channel has ended, and not all of it has come out on the chain so far: what fees and rounding will take is
    /// not known.
    Closing,
    /// It is in a channel's books that it was opened, and nowhere how it ended.
    Vanished,
    /// A channel that can be used and is not in the books: it was there before they were.
    NotInTheBooks,
}

/// Something that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The channel it comes from.
    pub channel_id: [u8; 32],
    /// Why it is not certain.
    pub why: Uncertainty,
    /// With how many millisatoshi it is counted.
    pub amount_msat: i64,
}

/// What the books and the node say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// What we have.
    pub have: Vec<Line>,
    /// What has come in since the beginning.
    pub came_in: Vec<Line>,
    /// What has gone out since the beginning.
    pub went_out: Vec<Line>,
    /// What of it all is not certain yet.
    pub positions: Vec<Position>,
    /// HTLCs under way: in channels of ours, and not settled.
    pub htlcs_out_msat: i64,
    /// The same of those that come to us.
    pub htlcs_in_msat: i64,
    /// What channels that have ended had in HTLCs of which nothing else is on record: the difference may be theirs.
    pub ended_htlcs_msat: i64,
    /// Payments of ours that arrived for a fee which the node does not know: the difference may be theirs.
    pub unknown_fees: u64,
    /// Payments forwarded whose fee is not known, as their claim was on the chain: the difference may be theirs.
    pub unknown_forwards: u64,
}

impl Audit {
    /// Puts both together.
    pub fn of(node: &NodeBooks, payments: &PaymentBook) -> Self {
        let channels = Channels::of(&node.channels);
        let (forwards, wallet) = (&node.forwards, &node.wallet);
        Self {
            have: lines([
                ("channels", channels.open),
                ("onchain_confirmed", signed(wallet.confirmed)),
                ("onchain_unconfirmed", signed(wallet.unconfirmed)),
                ("to_be_swept", channels.unswept),
                ("closing", channels.closing),
            ]),
            came_in: lines([
                ("deposits", signed(wallet.deposits)),
                ("received", signed(payments.received)),
                ("forwarding_fees", signed(forwards.fees)),
                ("pushed_to_us", channels.pushed_to_us),
            ]),
            went_out: lines([
                ("withdrawals", signed(wallet.withdrawals)),
                ("paid", signed(payments.paid)),
                ("routing_fees", signed(payments.fees)),
                ("pushed_by_us", channels.pushed_by_us),
                ("onchain_fees", Signed::from(wallet.fees_msat)),
                ("closing_costs", channels.closing_costs),
            ]),
            positions: channels.positions,
            htlcs_out_msat: sum::shown(channels.htlcs_out),
            htlcs_in_msat: sum::shown(channels.htlcs_in),
            ended_htlcs_msat: sum::shown(channels.ended_htlcs),
            unknown_fees: payments.unknown_fees,
            unknown_forwards: forwards.unknown,
        }
    }

    /// What we have, in sum.
    pub fn have_msat(&self) -> i64 {
        total(&self.have)
    }

    /// What we should have.
    pub fn booked_msat(&self) -> i64 {
        total(&self.came_in).saturating_sub(total(&self.went_out))
    }

    /// What we have beyond what the books say; negative where something is missing. 0 when all is right.
    pub fn difference_msat(&self) -> i64 {
        self.have_msat().saturating_sub(self.booked_msat())
    }
}

fn total(lines: &[Line]) -> i64 {
    lines.iter().fold(0, |sum, line| sum.saturating_add(line.amount_msat))
}

fn lines<const COUNT: usize>(named: [(&'static str, Signed); COUNT]) -> Vec<Line> {
    let line = |(name, amount)| Line { name, amount_msat: sum::shown(amount) };
    named.into_iter().map(line).collect()
}

/// The channels in sum.
#[derive(Default)]
struct Channels {
    open: Signed,
    unswept: Signed,
    closing: Signed,
    closing_costs: Signed,
    pushed_to_us: Signed,
    pushed_by_us: Signed,
    htlcs_out: Signed,
    htlcs_in: Signed,
    ended_htlcs: Signed,
    positions: Vec<Position>,
}

impl Channels {
    fn of(channels: &[ChannelBook]) -> Self {
        let mut all = Self::default();
        for channel in channels {
            all.add(channel);
        }
        all
    }

    fn add(&mut self, channel: &ChannelBook) {
        let pushed = signed(channel.pushed);
        let side =
            if channel.opened_by_us { &mut self.pushed_by_us } else { &mut self.pushed_to_us };
        *side = side.saturating_add(pushed);
        match &channel.standing {
            Standing::Open { ours, htlcs } => self.add_open(signed(*ours), htlcs),
            Standing::NotInTheBooks { ours, htlcs } => {
                let before = self.open;
                self.add_open(signed(*ours), htlcs);
                let amount = self.open.saturating_sub(before);
                self.position(channel, Uncertainty::NotInTheBooks, amount);
            }
            Standing::Ended { ours, htlcs, arrived, unswept, in_unknown_htlcs, is_over } => {
                self.ended_htlcs = self.ended_htlcs.saturating_add(signed(*in_unknown_htlcs));
                self.unswept = self.unswept.saturating_add(signed(*unswept));
                let ours = signed(*ours).saturating_add(settled(htlcs));
                let rest = ours.saturating_sub(signed(*arrived));
                if *is_over {
                    self.closing_costs = self.closing_costs.saturating_add(rest);
                } else {
                    self.closing = self.closing.saturating_add(rest);
                    self.add_under_way(htlcs);
                    self.position(channel, Uncertainty::Closing, rest);
                }
            }
            Standing::Vanished => self.position(channel, Uncertainty::Vanished, 0),
        }
    }

    fn add_open(&mut self, ours: Signed, htlcs: &[PendingHtlc]) {
        self.open = self.open.saturating_add(ours).saturating_add(settled(htlcs));
        self.add_under_way(htlcs);
    }

    fn add_under_way(&mut self, htlcs: &[PendingHtlc]) {
        self.htlcs_out = self.htlcs_out.saturating_add(in_htlcs(htlcs, false, false));
        self.htlcs_in = self.htlcs_in.saturating_add(in_htlcs(htlcs, true, false));
    }

    fn position(&mut self, channel: &ChannelBook, why: Uncertainty, amount: Signed) {
        let (channel_id, amount_msat) = (channel.channel_id, sum::shown(amount));
        self.positions.push(Position { channel_id, why, amount_msat });
    }
}

/// What settled HTLCs change of our side: the crate counts one of ours until it is removed, and one that comes only when
/// it is.
fn settled(htlcs: &[PendingHtlc]) -> Signed {
    in_htlcs(htlcs, true, true).saturating_sub(in_htlcs(htlcs, false, true))
}

fn in_htlcs(htlcs: &[PendingHtlc], incoming: bool, settled: bool) -> Signed {
    let such = htlcs.iter().filter(|it| (it.incoming, it.settled) == (incoming, settled));
    sum(such.map(|htlc| signed(htlc.amount)))
}
