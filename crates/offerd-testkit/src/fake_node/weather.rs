//! What befalls onion messages on their way.

use bolt1::PublicKey;
use offerd_core::port::{InboundMessage, MessageContent, NodeEvent};

use super::FakeNetwork;
use super::network::State;

/// Chances of a message, in hundredths. By default all arrive, once and in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Never arrives.
    pub lost: u8,
    /// Arrives now, and again when the late ones do.
    pub doubled: u8,
    /// Arrives when the late ones do.
    pub late: u8,
}

/// Messages that are remembered for being said again.
const OVERHEARD: usize = 32;

impl FakeNetwork {
    /// How it is from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.lock().weather = weather;
    }

    /// The late messages arrive, in any order.
    pub fn deliver_late_messages(&self) {
        let mut state = self.lock();
        let mut late = std::mem::take(&mut state.late);
        while !late.is_empty() {
            let index = state.below(late.len());
            let (to, message) = late.swap_remove(index);
            state.emit(to, NodeEvent::Message(message));
        }
    }

    /// Somebody on the way has kept a copy of a message, any of the newest, and hands it over once more.
    pub fn replay_a_message(&self) {
        let mut state = self.lock();
        if state.overheard.is_empty() {
            return;
        }
        let count = state.overheard.len();
        let index = state.below(count);
        if let Some((to, message)) = state.overheard.get(index).cloned() {
            state.emit(to, NodeEvent::Message(message));
        }
    }

    /// The contents of the newest messages, oldest first, and who got them: more than anybody outside learns.
    pub fn overheard(&self) -> Vec<(PublicKey, MessageContent)> {
        let state = self.lock();
        state.overheard.iter().map(|(to, message)| (*to, message.content.clone())).collect()
    }
}

impl State {
    /// Takes a message to its end, as the weather allows.
    pub(super) fn carry(&mut self, to: PublicKey, message: InboundMessage) {
        let weather = self.weather;
        if self.overheard.len() == OVERHEARD {
            self.overheard.pop_front();
        }
        self.overheard.push_back((to, message.clone()));
        if weather == Weather::default() {
            self.emit(to, NodeEvent::Message(message));
            return;
        }
        if self.happens(weather.lost) {
            return;
        }
        if self.happens(weather.late) {
            self.late.push((to, message));
            return;
        }
        if self.happens(weather.doubled) {
            self.late.push((to, message.clone()));
        }
        self.emit(to, NodeEvent::Message(message));
    }

    fn happens(&mut self, in_a_hundred: u8) -> bool {
        self.below(100) < usize::from(in_a_hundred)
    }

    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        let [first, second, ..] = self.bytes();
        usize::from(u16::from_be_bytes([first, second])) % bound
    }
}
