//! Everything at once: lost and doubled messages, refusals, crashes around any call, restarts, in an order that a
//! seed decides. Whatever happens, money is neither made nor lost, and nothing is paid twice.

use offerd_core::payment::{OutgoingPayment, Purpose};
use offerd_core::payout::{Payout, PromiseState};
use offerd_core::port::{PayRefused, PaymentFailure, Store as _};
use offerd_core::receipt::{ReceiptState, Source};
use offerd_testkit::{Call, Moment, SeededEntropy};
use tokio::task::AbortHandle;

use crate::world::{Party, World, pass, pay_call, settle, strings};

const SEEDS: u64 = 30;
const STEPS: usize = 60;
const CUSTOMERS: usize = 3;

struct Sim {
    world: World,
    chance: SeededEntropy,
    /// The first makes the codes, the others use them.
    parties: Vec<Option<Party>>,
    calls: Vec<Vec<AbortHandle>>,
    payouts: Vec<Payout>,
    offers: Vec<String>,
}

impl Sim {
    async fn new(seed: u64) -> Self {
        let world = World::new();
        let parties: Vec<_> = (0..=CUSTOMERS).map(|_| world.announced()).collect();
        let (mut payouts, mut offers) = (Vec::new(), Vec::new());
        for number in 1..=3 {
            payouts.push(parties[0].payout(1_000 * number).await);
            offers.push(parties[0].offer(100 * number).await);
        }
        let calls = parties.iter().map(|_| Vec::new()).collect();
        let parties = parties.into_iter().map(Some).collect();
        Self { world, chance: SeededEntropy::new(seed), parties, calls, payouts, offers }
    }

    fn below(&self, bound: usize) -> usize {
        usize::from(u16::from_be_bytes(self.chance.bytes())) % bound
    }

    fn party(&self, number: usize) -> &Party {
        self.parties[number].as_ref().unwrap()
    }

    async fn step(&mut self) {
        let customer = 1 + self.below(CUSTOMERS);
        let anybody = self.below(1 + CUSTOMERS);
        match self.below(12) {
            0..=2 => {
                let code = &strings(&self.payouts[self.below(3)])[self.below(2)];
                let label = format!("redemption {}", self.below(4));
                let call = self.party(customer).spawn_redeem(code, &label);
                self.calls[customer].push(call.abort_handle());
            }
            3 | 4 => {
                let mut call = pay_call(&self.offers[self.below(3)]);
                call.label = Some(format!("order {}", self.below(4)));
                let call = self.party(customer).spawn_pay(call);
                self.calls[customer].push(call.abort_handle());
            }
            5 => {
                let calls = [Call::Accept, Call::Mint, Call::Pay, Call::Refuse, Call::Send];
                let moment = [Moment::Before, Moment::After][self.below(2)];
                self.party(anybody).node.crash_at(calls[self.below(5)], moment);
            }
            6 => self.restart(anybody, self.below(2) == 0),
            7 => self.world.network.lose_messages(1 + u32::try_from(self.below(3)).unwrap()),
            8 => self.world.network.double_messages(1 + u32::try_from(self.below(3)).unwrap()),
            9 => match self.below(2) {
                0 => {
                    let no_route = PayRefused::NoRoute("not now".into());
                    self.party(anybody).node.refuse_next_pay(no_route);
                }
                _ => self.party(anybody).node.fail_next_payment(PaymentFailure::RefusedByPayee),
            },
            10 => match self.below(3) {
                0 => self.party(anybody).node.hold_payments(),
                _ => self.party(anybody).node.release_payments(),
            },
            _ => match self.below(8) {
                0 => {
                    let payout = self.payouts[self.below(3)].offer_id();
                    let _ = self.party(0).driver.disable_payout(payout.as_ref(), None).await;
                }
                _ => pass(u64::try_from(self.below(30)).unwrap()).await,
            },
        }
        settle().await;
    }

    /// The process dies with all its calls, and comes again.
    fn restart(&mut self, number: usize, events_come_again: bool) {
        self.calls[number].drain(..).for_each(|call| call.abort());
        let party = self.parties[number].take().unwrap();
        party.node.crash();
        if events_come_again {
            party.node.forget_what_was_handled();
        }
        self.parties[number] = Some(party.restart());
    }

    /// Everybody comes up and everything ends.
    async fn end(&mut self) {
        for number in 0..=CUSTOMERS {
            self.restart(number, true);
            self.party(number).node.release_payments();
        }
        pass(10_000).await;
        for number in 0..=CUSTOMERS {
            self.restart(number, true);
        }
        pass(10_000).await;
    }

    fn check(&self, seed: u64) {
        let parties: Vec<&Party> = self.parties.iter().flatten().collect();
        let all: Vec<_> = parties.iter().flat_map(|party| party.payments()).collect();
        let receipts: Vec<_> = parties.iter().flat_map(|party| party.receipts()).collect();
        assert!(all.iter().all(|payment| !payment.is_pending()), "seed {seed}: pending: {all:?}");
        // Those that begin with their payee cost nothing.
        assert_eq!(parties.iter().map(|party| party.gained()).sum::<i64>(), 0, "seed {seed}");
        for payout in &self.payouts {
            let state = parties[0].store.payout(payout.row).unwrap().unwrap().state;
            let claims = parties[0].store.claims(payout.row).unwrap();
            let paid = claims.iter().filter(|claim| claim.is_paid()).count();
            assert!(paid <= 1, "seed {seed}: {claims:?}");
            assert_eq!(paid == 1, state == PromiseState::Spent, "seed {seed}");
        }
        // What one side has paid the other has received, payment by payment.
        let mut sent: Vec<_> =
            all.iter().filter(|one| one.is_paid()).map(hash_and_amount).collect();
        let ours = receipts.iter().filter(|one| one.state != ReceiptState::Claiming);
        let mut received: Vec<_> =
            ours.map(|receipt| (receipt.payment_hash, receipt.amount)).collect();
        sent.sort_unstable();
        received.sort_unstable();
        assert_eq!(sent, received, "seed {seed}");
        assert_eq!(received.len(), receipts.len(), "seed {seed}: taken and never ours");
        for party in parties {
            assert_eq!(party.store.outbox().unwrap(), [], "seed {seed}");
            let (mut labels, mut sources) = (Vec::new(), Vec::new());
            for payment in party.payments().iter().filter(|payment| payment.is_paid()) {
                if let Purpose::Order { label, .. } = &payment.purpose {
                    labels.push(label.clone());
                }
            }
            for receipt in party.receipts() {
                if let Source::Invoice(row) = receipt.key.source {
                    sources.push(row);
                }
            }
            for count in [distinct(&mut labels), distinct(&mut sources)] {
                assert!(count, "seed {seed}: paid twice");
            }
        }
    }
}

fn hash_and_amount(payment: &OutgoingPayment) -> (offerd_core::PaymentHash, bolt1::Msat) {
    (payment.payment_hash(), payment.amount)
}

fn distinct<T: Ord>(all: &mut Vec<T>) -> bool {
    let before = all.len();
    all.sort_unstable();
    all.dedup();
    all.len() == before
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_in_whatever_order_nothing_is_paid_twice_or_lost() {
    let mut paid = 0;
    for seed in 0..SEEDS {
        let mut sim = Sim::new(seed).await;
        for _ in 0..STEPS {
            sim.step().await;
        }
        sim.end().await;
        sim.check(seed);
        paid += sim.parties.iter().flatten().map(Party::paid).sum::<usize>();
    }
    assert!(paid > 100, "the simulation has become too gentle or too rough: {paid} payments");
}
