//! What this node could receive and send now, and what it lacks for that: for warnings, and for `getinfo`.

use offerd_api::node::{ChannelView, NodeInfo, WalletOutput};
use offerd_core::port::Hints;

/// The state of a channel that carries payments, in Core Lightning's word.
const NORMAL: &str = "CHANNELD_NORMAL";
/// States of channels that are being opened.
const OPENING: [&str; 2] = ["OPENINGD", "CHANNELD_AWAITING_LOCKIN"];

/// What all channels together can carry, in msat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outlook {
    /// What could arrive now.
    pub(crate) receivable: u64,
    /// What could arrive if all peers were here.
    receivable_from_all: u64,
    /// What could be sent now.
    pub(crate) spendable: u64,
    /// What could be sent if all peers were here.
    spendable_to_all: u64,
}

/// What the maker of a code that asks for money should know; at most one of them is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InboundWarnings {
    /// Nothing at all can arrive.
    pub(super) no_inbound: Option<String>,
    /// Something can, but not so much.
    pub(super) capacity: Option<String>,
    /// It could, if peers that are away were here.
    pub(super) offline: Option<String>,
}

impl Outlook {
    pub(crate) fn of(channels: &[ChannelView]) -> Self {
        let normal = || channels.iter().filter(|channel| channel.state == NORMAL);
        let here = || normal().filter(|channel| channel.peer_connected);
        Self {
            receivable: sum(here().map(|channel| channel.receivable_msat)),
            receivable_from_all: sum(normal().map(|channel| channel.receivable_msat)),
            spendable: sum(here().map(|channel| channel.spendable_msat)),
            spendable_to_all: sum(normal().map(|channel| channel.spendable_msat)),
        }
    }

    /// What to say of a code that asks for `amount_msat`; `None` where the payer decides.
    pub(super) fn inbound(&self, amount_msat: Option<u64>) -> InboundWarnings {
        let needed = amount_msat.unwrap_or(1);
        let mut warnings = InboundWarnings::default();
        if self.receivable >= needed {
            return warnings;
        }
        if self.receivable_from_all >= needed {
            let text =
                "the peers of some channels are away: nobody can pay this code until they are back";
            warnings.offline = Some(text.to_owned());
        } else if self.receivable_from_all == 0 {
            let text = "nothing can arrive: no channel has funds on the peer's side. Nobody can pay this code until \
                        another node opens a channel to this one, or this one has paid something";
            warnings.no_inbound = Some(text.to_owned());
        } else {
            warnings.capacity = Some(format!(
                "at most {}msat can arrive over all channels together, less than this code asks",
                self.receivable_from_all
            ));
        }
        warnings
    }

    /// What to say of a code that pays `amount_msat`.
    pub(super) fn outbound(&self, amount_msat: u64) -> Option<String> {
        if self.spendable >= amount_msat {
            return None;
        }
        let away = if self.spendable_to_all >= amount_msat {
            "; it will do when the peers that are away are back"
        } else {
            ""
        };
        Some(format!(
            "{}msat can be sent now, less than the {amount_msat}msat that this promises, and routing fees come on \
             top: who redeems it is refused until there is more{away}",
            self.spendable
        ))
    }
}

/// What the maker of an invoice of BOLT 11 should know; at most one of them is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bolt11Warnings {
    /// So much can never arrive.
    pub(super) capacity: Option<String>,
    /// It could, if peers that are away were here.
    pub(super) offline: Option<String>,
    /// It could, but from peers that nobody else has a public channel with.
    pub(super) deadends: Option<String>,
    /// It could, over channels that the invoice does not show.
    pub(super) private_unused: Option<String>,
    /// It can, but in parts alone.
    pub(super) mpp: Option<String>,
}

impl Bolt11Warnings {
    /// What to say of an invoice for `amount_msat` that shows these `hints`; `None` where the payer decides.
    pub(super) fn of(channels: &[ChannelView], amount_msat: Option<u64>, hints: &Hints) -> Self {
        let needed = amount_msat.unwrap_or(1);
        let normal = || channels.iter().filter(|channel| channel.state == NORMAL);
        let any_public = normal().any(|channel| !channel.private);
        let shows_private = match hints {
            Hints::Never => false,
            Hints::Automatic => !any_public,
            Hints::Always | Hints::Only(_) | Hints::JustInTime(_) => true,
        };
        let shown = || normal().filter(|channel| shows_private || !channel.private);
        let led_to = || shown().filter(|channel| !channel.dead_end);
        let here = || led_to().filter(|channel| channel.peer_connected);
        let mut warnings = Self::default();
        let all = sum(normal().map(|channel| channel.receivable_msat));
        if all < needed {
            warnings.capacity = Some(format!(
                "all channels together can receive {all}msat, less than this invoice asks"
            ));
        } else if sum(shown().map(|channel| channel.receivable_msat)) < needed {
            let text = "the channels that could receive so much are not announced, and the invoice does not show \
                        them: see exposeprivatechannels";
            warnings.private_unused = Some(text.to_owned());
        } else if sum(led_to().map(|channel| channel.receivable_msat)) < needed {
            let text = "the peers of channels that are needed for so much have no other public channel: nobody but \
                        they can pay over those";
            warnings.deadends = Some(text.to_owned());
        } else if sum(here().map(|channel| channel.receivable_msat)) < needed {
            let text = "the peers of some channels are away: nobody can pay this invoice until they are back";
            warnings.offline = Some(text.to_owned());
        } else if here().all(|channel| channel.receivable_msat < needed) {
            let text = "no single channel can receive so much: only who pays in parts can pay this invoice";
            warnings.mpp = Some(text.to_owned());
        }
        warnings
    }
}

/// What is missing before the first payment, each in a sentence; nothing when payments can come and go.
pub(super) fn missing(
    info: &NodeInfo,
    channels: &[ChannelView],
    coins: &[WalletOutput],
    reachable: bool,
) -> Vec<String> {
    let mut missing = Vec::new();
    let mut say = |sentence: &str| missing.push(sentence.to_owned());
    if info.warning_bitcoind_sync.is_some() {
        say(
            "The chain is not up to date: bitcoind, or the server asked instead, cannot be reached, or is not caught up with.",
        );
    }
    let normal = || channels.iter().filter(|channel| channel.state == NORMAL);
    let opening = channels.iter().filter(|channel| OPENING.contains(&channel.state.as_str()));
    if normal().next().is_none() {
        match opening.count() {
            0 if coins.is_empty() => say(
                "There is no channel, and there are no coins to open one with: send some to an address that \
                 `newaddr` gives, or let another node open a channel to this one.",
            ),
            0 => say(
                "There is no channel: open one with `fundchannel`, or let another node open one to this one.",
            ),
            _ => say(
                "No channel can be used yet: the funding transaction has to be confirmed, and the peer to be \
                 connected.",
            ),
        }
        return missing;
    }
    if !normal().any(|channel| channel.peer_connected) {
        say(
            "No peer of a channel is connected: payments can neither come nor go until one is back.",
        );
        return missing;
    }
    let outlook = Outlook::of(channels);
    if outlook.receivable == 0 {
        say(
            "Nothing can be received: no channel has funds on the peer's side. Pay something, or let another node \
             open a channel to this one.",
        );
    }
    if outlook.spendable == 0 {
        say(
            "Nothing can be sent: no channel has funds on this side beyond its reserve. Receive something, or open \
             a channel.",
        );
    }
    if !reachable {
        say(
            "Nobody can ask this node for an invoice: it is not announced, and no connected peer forwards onion \
             messages to it.",
        );
    }
    missing
}

fn sum(amounts: impl Iterator<Item = u64>) -> u64 {
    amounts.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(receivable_msat: u64, spendable_msat: u64, peer_connected: bool) -> ChannelView {
        let state = NORMAL.to_owned();
        ChannelView {
            state,
            receivable_msat,
            spendable_msat,
            peer_connected,
            ..ChannelView::default()
        }
    }

    /// Which of the warnings there is.
    fn inbound(channels: &[ChannelView], amount: Option<u64>) -> &'static str {
        match Outlook::of(channels).inbound(amount) {
            InboundWarnings { no_inbound: Some(_), capacity: None, offline: None } => "no_inbound",
            InboundWarnings { no_inbound: None, capacity: Some(_), offline: None } => "capacity",
            InboundWarnings { no_inbound: None, capacity: None, offline: Some(_) } => "offline",
            InboundWarnings { no_inbound: None, capacity: None, offline: None } => "none",
            several => panic!("{several:?}"),
        }
    }

    #[test]
    fn a_code_that_nobody_could_pay_is_warned_of_and_why() {
        let (here, away) = (channel(1_000, 0, true), channel(5_000, 0, false));
        let empty = channel(0, 9_000, true);
        let both = [here.clone(), away.clone()];
        let mut opening = channel(9_000, 0, true);
        opening.state = "CHANNELD_AWAITING_LOCKIN".to_owned();
        for (channels, amount, expected) in [
            (&[][..], Some(1), "no_inbound"),
            (&[], None, "no_inbound"),
            (std::slice::from_ref(&empty), None, "no_inbound"),
            (std::slice::from_ref(&opening), Some(1), "no_inbound"),
            (std::slice::from_ref(&here), None, "none"),
            (std::slice::from_ref(&here), Some(1_000), "none"),
            (std::slice::from_ref(&here), Some(1_001), "capacity"),
            (std::slice::from_ref(&away), None, "offline"),
            (&both, Some(1_000), "none"),
            (&both, Some(6_000), "offline"),
            (&both, Some(6_001), "capacity"),
        ] {
            assert_eq!(inbound(channels, amount), expected, "{channels:?} {amount:?}");
        }
    }

    #[test]
    fn an_invoice_that_can_not_be_paid_at_once_is_warned_of_under_core_lightnings_names() {
        let (here, away) = (channel(1_000, 0, true), channel(5_000, 0, false));
        let private = ChannelView { private: true, ..channel(9_000, 0, true) };
        let (two, mixed) = ([here.clone(), here.clone()], [here.clone(), private.clone()]);
        let end = ChannelView { dead_end: true, ..channel(7_000, 0, true) };
        let ends = [here.clone(), end.clone()];
        let (both, alone) = ([here.clone(), away], [private]);
        for (channels, amount, hints, expected) in [
            (&[][..], None, Hints::Automatic, "capacity"),
            (&two, Some(2_001), Hints::Always, "capacity"),
            (&two, Some(2_000), Hints::Automatic, "mpp"),
            (&two, Some(1_000), Hints::Automatic, "none"),
            (&two, None, Hints::Automatic, "none"),
            (&both, Some(5_000), Hints::Automatic, "offline"),
            (&mixed, Some(9_000), Hints::Automatic, "private_unused"),
            (&mixed, Some(9_000), Hints::Always, "none"),
            (&mixed, Some(9_001), Hints::Always, "mpp"),
            (&alone, Some(9_000), Hints::Automatic, "none"),
            (&alone, None, Hints::Never, "private_unused"),
            (&ends, Some(1_000), Hints::Automatic, "none"),
            (&ends, Some(1_001), Hints::Automatic, "deadends"),
            (&ends, Some(8_001), Hints::Automatic, "capacity"),
            (std::slice::from_ref(&end), None, Hints::Automatic, "deadends"),
        ] {
            let warnings = Bolt11Warnings::of(channels, amount, &hints);
            let Bolt11Warnings { capacity, offline, deadends, private_unused, mpp } = warnings;
            let named = [
                ("capacity", capacity),
                ("offline", offline),
                ("deadends", deadends),
                ("private_unused", private_unused),
                ("mpp", mpp),
            ];
            let said: Vec<_> = named.iter().filter(|(_, text)| text.is_some()).collect();
            assert!(said.len() <= 1, "{said:?}");
            let said = said.first().map_or("none", |(name, _)| name);
            assert_eq!(said, expected, "{channels:?} {amount:?} {hints:?}");
        }
    }

    #[test]
    fn a_promise_beyond_what_can_be_sent_is_warned_of_with_the_numbers() {
        let outlook = Outlook::of(&[channel(0, 1_000, true), channel(0, 500, false)]);
        assert_eq!(outlook.outbound(1_000), None);
        let away = outlook.outbound(1_500).unwrap();
        assert!(away.contains("1000msat can be sent") && away.contains("away"), "{away}");
        let never = outlook.outbound(1_501).unwrap();
        assert!(never.contains("1501msat") && !never.contains("away"), "{never}");
    }

    #[test]
    fn what_is_missing_is_said_until_nothing_is() {
        let info = NodeInfo::default();
        let coin = [WalletOutput::default()];
        let said = |channels: &[ChannelView], coins: &[WalletOutput], reachable| {
            missing(&info, channels, coins, reachable).join(" ")
        };
        assert!(said(&[], &[], true).contains("no coins"));
        assert!(said(&[], &coin, true).contains("`fundchannel`"));
        let opening = ChannelView { state: "OPENINGD".to_owned(), ..ChannelView::default() };
        assert!(said(&[opening], &coin, true).contains("has to be confirmed"));
        assert!(said(&[channel(1, 1, false)], &coin, true).contains("No peer of a channel"));
        assert!(said(&[channel(0, 1, true)], &coin, true).starts_with("Nothing can be received"));
        assert!(said(&[channel(1, 0, true)], &coin, true).starts_with("Nothing can be sent"));
        assert!(said(&[channel(1, 1, true)], &coin, false).starts_with("Nobody can ask"));
        assert_eq!(said(&[channel(1, 1, true)], &coin, true), "");
        let behind =
            NodeInfo { warning_bitcoind_sync: Some("…".to_owned()), ..NodeInfo::default() };
        assert_eq!(missing(&behind, &[channel(1, 1, true)], &coin, true).len(), 1);
    }
}
