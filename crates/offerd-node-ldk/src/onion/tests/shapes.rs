//! How our paths look: nodes in front, hops before and behind.

use bolt1::NodeRef;
use offerd_core::port::{Destination, Fronts, OnionTransport, PortErrorKind};

use super::net::{Node, nodes_within};
use crate::onion::{Bounds, Dialling, PathShape};

fn shaped(hops: usize, dummy_hops: usize) -> Bounds {
    Bounds { shape: PathShape { hops, dummy_hops, ..PathShape::default() }, ..Bounds::default() }
}

fn ids<const N: usize>(nodes: [&Node; N]) -> [NodeRef; N] {
    nodes.map(|node| NodeRef::Id(node.id))
}

#[tokio::test]
async fn nodes_in_front_introduce_us_although_we_are_announced_and_nobody_else_does() {
    let (world, [us, front, other, mut shop]) = nodes_within(&Bounds::default());
    us.announce(&["1.2.3.4:9735"]);
    for (scid, peer) in [(1, &front), (2, &other)] {
        us.open_channel(scid, peer);
        peer.announce(&[]);
        peer.connect(&shop);
    }
    let fronts = Fronts::Only(vec![front.id, shop.id]);
    let paths = us.layer.message_paths(b"offer", &fronts).await.unwrap();
    assert_eq!(paths.iter().map(|path| path.first_node_id).collect::<Vec<_>>(), ids([&front]));
    let nobody = Fronts::Only(Vec::new());
    assert_eq!(us.layer.message_paths(b"offer", &nobody).await.unwrap(), []);
    shop.tell(Destination::Path(paths[0].clone()), b"hello").await.unwrap();
    world.settle();
    assert_eq!(shop.texts(), Vec::<String>::new());
    assert_eq!(us.layer.counts().received, 1);
}

#[tokio::test]
async fn configured_nodes_in_front_count_where_an_offer_names_none() {
    let (world, [front, other]) = nodes_within(&Bounds::default());
    let shape = PathShape { fronts: vec![front.id, other.id], ..PathShape::default() };
    let us = Node::new(9, &world, &Bounds { shape, ..Bounds::default() });
    let none = us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap_err();
    assert_eq!(none.kind, PortErrorKind::Unavailable);
    assert!(none.to_string().contains("in front of us"), "{none}");
    // One without a channel that nobody has announced will do: it was named.
    us.connect(&front);
    let paths = us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    assert_eq!(paths.iter().map(|path| path.first_node_id).collect::<Vec<_>>(), ids([&front]));
    let best = us.layer.message_paths(b"offer", &Fronts::Only(Vec::new())).await.unwrap();
    assert_eq!(best[0].first_node_id, NodeRef::Id(us.id));
}

#[tokio::test]
async fn a_path_of_several_hops_hides_our_peer_and_leads_to_us() {
    let (world, [mut us, peer, far, shop]) = nodes_within(&shaped(3, 0));
    us.open_channel(1, &peer);
    peer.connect(&far);
    far.connect(&shop);
    peer.announce(&[]);
    far.announce(&[]);
    world.announce_channel(2, &peer, &far);
    let paths = us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    // Nobody stands before `far` but those who are in the path already.
    assert_eq!((paths[0].first_node_id, paths[0].hops.len()), (NodeRef::Id(far.id), 3));
    shop.tell(Destination::Path(paths[0].clone()), b"hello").await.unwrap();
    world.settle();
    let arrived = us.arrivals.try_recv().unwrap();
    assert_eq!((arrived.from_peer, arrived.path_id.unwrap()), (peer.id, b"offer".to_vec()));
}

#[tokio::test]
async fn dummy_hops_are_taken_by_ourselves_and_look_like_the_others() {
    for dummies in [1, PathShape::MOST_DUMMY_HOPS] {
        let (world, [mut us, peer, mut shop]) = nodes_within(&shaped(1, dummies));
        us.open_channel(1, &peer);
        peer.connect(&shop);
        peer.announce(&[]);
        let paths = us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
        assert_eq!(paths[0].hops.len(), 2 + dummies);
        let length = |index: usize| paths[0].hops[index].encrypted_recipient_data.len();
        assert!((1..paths[0].hops.len()).all(|index| length(index) == length(0)));
        shop.ask(Destination::Path(paths[0].clone()), 0).await.unwrap();
        world.settle();
        let arrived = us.arrivals.try_recv().unwrap();
        assert_eq!(arrived.path_id.as_deref(), Some(&b"offer"[..]));
        assert_eq!(us.layer.counts().forwarded, 0);
        // The answer goes over dummy hops of the other side.
        let reply = arrived.reply_path.unwrap();
        assert_eq!(reply.hops.len(), 2 + dummies);
        us.tell(Destination::Path(reply), b"answer").await.unwrap();
        world.settle();
        assert_eq!(shop.texts(), ["answer"]);
    }
}

#[tokio::test]
async fn connecting_to_whom_we_ask_can_be_switched_off() {
    let dialling = Dialling { for_requests: false, ..Dialling::default() };
    let (_world, [us, shop]) = nodes_within(&Bounds { dialling, ..Bounds::default() });
    shop.announce(&["1.2.3.4:9735"]);
    let told = us.ask(Destination::Node(shop.id), 0).await.unwrap_err().to_string();
    assert!(told.contains("connecting for this is off"), "{told}");
    assert!(us.own.dialled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn those_who_introduce_us_are_kept_but_not_ourselves() {
    let (_world, [us, peer]) = nodes_within(&Bounds::default());
    us.layer.stay_connected(&[us.id, peer.id]).await;
    assert_eq!(*us.own.kept.lock().unwrap(), [peer.id]);
}

#[tokio::test]
async fn paths_of_ours_that_were_altered_or_put_together_anew_lead_nowhere() {
    let (world, [mut us, peer, prober]) = nodes_within(&Bounds::default());
    us.open_channel(1, &peer);
    peer.open_channel(2, &prober);
    let paths = async |secret: &[u8]| us.layer.message_paths(secret, &Fronts::Usual).await.unwrap();
    let (one, other) = (paths(b"one").await.remove(0), paths(b"other").await.remove(0));
    let mut changed = one.clone();
    changed.hops[1].encrypted_recipient_data[3] ^= 1;
    let mut spliced = one.clone();
    spliced.hops[1] = other.hops[1].clone();
    let mut data_of_other = one.clone();
    data_of_other.hops[1].encrypted_recipient_data = other.hops[1].encrypted_recipient_data.clone();
    let mut shorter = one.clone();
    shorter.hops.truncate(1);
    for path in [changed, spliced, data_of_other, shorter] {
        prober.tell(Destination::Path(path), b"yours?").await.unwrap();
        world.settle();
        assert_eq!(us.texts(), Vec::<String>::new());
    }
    assert_eq!((us.drops().unreadable, us.layer.counts().sent), (3, 0));
    prober.tell(Destination::Path(one), b"yours?").await.unwrap();
    world.settle();
    assert_eq!(us.texts(), ["yours?"]);
}
