//! Bringing events to whom they are for.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use bolt1::PublicKey;
use offerd_core::port::{NodeEvent, NodeEvents};

use super::FakeNetwork;
use super::network::{State, Station};

impl FakeNetwork {
    /// Delivers everything that is on its way, and what follows from it, until nothing moves. Gives the number of
    /// events that were handled.
    ///
    /// An event that is not handled is kept and offered again in the next run, and later ones of the same node wait
    /// behind it; so is one at whose handling the node died. A message is lost then.
    pub async fn run(&self) -> usize {
        self.lock().offer_again();
        let mut handled = 0;
        loop {
            let Some((id, event, events)) = self.lock().next_delivery() else { return handled };
            let outcome = events.handle(event.clone()).await;
            let mut state = self.lock();
            handled += usize::from(outcome.is_ok());
            if !matches!(event, NodeEvent::Message(_)) {
                if outcome.is_ok() {
                    state.forget_failed(id, &event);
                }
                state.station(id).note(event, outcome.is_ok());
            }
        }
    }

    /// Runs for ever, whenever there is something to deliver: for tests with a task to spare. What was not
    /// handled is offered again with the next event.
    pub async fn serve(self) {
        loop {
            self.run().await;
            self.traffic().await;
        }
    }

    /// Waits until something is on its way.
    async fn traffic(&self) {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.queue.is_empty() {
                state.waiting_for_traffic.push(context.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }
}

impl State {
    /// Puts an event on its way.
    pub(super) fn emit(&mut self, to: PublicKey, event: NodeEvent) {
        self.queue.push_back((to, event));
        self.waiting_for_traffic.drain(..).for_each(Waker::wake);
    }

    /// Puts the events that wait on their way again, where the node is up.
    pub(super) fn offer_again(&mut self) {
        let up = self.stations.iter_mut().filter(|station| station.is_up());
        let again: Vec<_> = up
            .flat_map(|station| {
                let id = station.id;
                station.waiting.drain(..).map(move |event| (id, event)).collect::<Vec<_>>()
            })
            .collect();
        self.stations.iter_mut().for_each(|station| station.stalled = false);
        // They are older than whatever is on its way by now.
        for (id, event) in again.into_iter().rev() {
            self.queue.push_front((id, event));
        }
        self.waiting_for_traffic.drain(..).for_each(Waker::wake);
    }

    /// The next event whose node is up; those before it wait, or are lost if they are messages.
    fn next_delivery(&mut self) -> Option<(PublicKey, NodeEvent, Arc<dyn NodeEvents>)> {
        while let Some((id, event)) = self.queue.pop_front() {
            let station = self.station(id);
            let is_message = matches!(event, NodeEvent::Message(_));
            match &station.events {
                Some(events) if is_message || !station.stalled => {
                    let events = Arc::clone(events);
                    return Some((id, event, events));
                }
                _ if is_message => {}
                _ => station.waiting.push(event),
            }
        }
        None
    }
}

impl Station {
    /// Notes what became of an event.
    fn note(&mut self, event: NodeEvent, was_handled: bool) {
        if was_handled && self.is_up() {
            self.handled.push(event);
        } else {
            self.stalled = true;
            self.waiting.push(event);
        }
    }
}
