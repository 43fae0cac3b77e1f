//! Paying.

use async_trait::async_trait;
use bolt1::Msat;
use offerd_core::port::{InvoicePayer, PayOrder, PayRefused, PortError};

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

    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError> {
        self.ask(|state| state.station(self.id).known_payments.clone())
    }

    async fn spendable(&self) -> Result<Msat, PortError> {
        self.ask(|state| state.station(self.id).balance)
    }
}
