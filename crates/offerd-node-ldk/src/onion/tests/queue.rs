//! The queues for one peer.

use std::time::Duration;

use bolt1::PublicKey;
use bolt4::onion_message::OnionMessage;
use bolt4::sphinx::OnionPacket;
use secp256k1::{Secp256k1, SecretKey};

use crate::onion::queue::{Full, Outbox, Source};
use crate::onion::{MessageLimits, MessageRate};

fn id(number: u8) -> PublicKey {
    SecretKey::from_slice(&[number; 32]).unwrap().public_key(&Secp256k1::new())
}

/// A message of so many bytes, recognisable by its mark.
fn message(mark: u8, size: usize) -> OnionMessage {
    let packet = OnionPacket::from_parts(id(1), vec![0; size - 66], [mark; 32]).unwrap();
    OnionMessage { path_key: id(2), packet }
}

fn limits() -> MessageLimits {
    MessageLimits {
        outbound_per_peer: MessageRate { interval: Duration::ZERO, burst: 1 },
        own_queue: 3,
        forward_queue: 6,
        forwards_per_source: 4,
        queue_bytes: 1000,
        ..MessageLimits::default()
    }
}

fn marks(outbox: &mut Outbox) -> Vec<u8> {
    std::iter::from_fn(|| outbox.pop(Duration::ZERO))
        .map(|(_, message)| message.packet.hmac()[0])
        .collect()
}

#[test]
fn sources_take_turns() {
    let mut outbox = Outbox::new(&limits());
    for (source, mark) in [(1, 10), (1, 11), (1, 12), (2, 20), (2, 21)] {
        let source = Source::Peer(id(source));
        assert_eq!(outbox.push_forward(source, message(mark, 100), &limits()), 0);
    }
    assert_eq!(outbox.push_forward(Source::Strangers, message(30, 100), &limits()), 0);
    assert_eq!((outbox.len(), outbox.bytes()), (6, 600));
    assert_eq!(marks(&mut outbox), [10, 20, 30, 11, 21, 12]);
    assert_eq!((outbox.len(), outbox.bytes(), outbox.ready_at()), (0, 0, None));
}

#[test]
fn when_full_the_longest_lane_yields_to_a_shorter_one() {
    let mut outbox = Outbox::new(&limits());
    let mut push =
        |source, mark| outbox.push_forward(Source::Peer(id(source)), message(mark, 100), &limits());
    assert_eq!([10, 11, 12, 13].map(|mark| push(1, mark)), [0; 4]);
    assert_eq!(push(1, 14), 1, "a source has its own bound");
    assert_eq!([push(2, 20), push(2, 21)], [0, 0]);
    assert_eq!(push(3, 30), 1, "room is made");
    assert_eq!([push(2, 22), push(1, 15)], [1, 1], "nobody longer to take from");
    assert_eq!(marks(&mut outbox), [10, 20, 30, 11, 21, 12]);
}

#[test]
fn bytes_are_bounded_as_well() {
    let mut outbox = Outbox::new(&limits());
    let mut push = |source, mark, size| {
        outbox.push_forward(Source::Peer(id(source)), message(mark, size), &limits())
    };
    assert_eq!([10, 11, 12].map(|mark| push(1, mark, 300)), [0; 3]);
    assert_eq!(push(2, 20, 400), 1);
    assert_eq!(push(2, 21, 700), 1, "the other lane is not longer any more");
    assert!(outbox.bytes() <= 1000);
    assert_eq!(outbox.push_own(message(40, 900), &limits()), Ok(()));
    assert_eq!(outbox.push_own(message(41, 200), &limits()), Err(Full));
    assert_eq!(outbox.push_own(message(42, 100), &limits()), Ok(()));
}

#[test]
fn our_own_messages_are_bounded_in_number() {
    let mut outbox = Outbox::new(&limits());
    let pushed = [1, 2, 3, 4].map(|mark| outbox.push_own(message(mark, 70), &limits()));
    assert_eq!(pushed, [Ok(()), Ok(()), Ok(()), Err(Full)]);
}
