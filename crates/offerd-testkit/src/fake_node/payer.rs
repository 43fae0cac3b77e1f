//! Paying.

use async_trait::async_trait;
use bolt1::Msat;
use offerd_core::port::{Bolt11Facts, InvoicePayer, PayOrder, PayRefused, PortError};

use super::FakeNode;
use super::fault::{Call, Moment};

#[async_trait]
impl InvoicePayer for FakeNode {
    async fn pay(&self, order: PayOrder) -> Result<(), PayRefused> {
        let gone = || PayRefused::Unknown("the node is down".into());
        let mut state = self.lock();
        if !state.station(self.id).survives(Call::Pay, Moment::Before) {
            return Err(gone());
        }
        let begun = state.begin(self.id, &order);
        if state.station(self.id).survives(Call::Pay, Moment::After) { begun } else { Err(gone()) }
    }

    async fn read_bolt11(&self, string: &str) -> Result<Bolt11Facts, String> {
        let read = self.ask(|state| state.read_bolt11(string));
        read.ok().flatten().ok_or_else(|| "not an invoice of this network".to_owned())
    }

    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError> {
        self.ask(|state| state.station(self.id).known_payments.clone())
    }

    async fn spendable(&self) -> Result<Msat, PortError> {
        self.ask(|state| state.station(self.id).balance)
    }
}
