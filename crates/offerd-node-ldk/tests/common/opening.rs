//! Opening channels, on a chain that changes its mind too.

use bitcoin::Amount;
use offerd_node_ldk::{ChannelState, FundingOrder};

use super::{Member, World, msat, order, patiently};

/// Opener and peer with 600 000 and 400 000 sat in a channel.
pub(crate) async fn pair() -> (World, Member, Member) {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 2, Amount::from_sat(1_500_000)).await;
    let wish = FundingOrder { push: msat(400_000_000), ..order(&peer, 1_000_000) };
    world.channel(&opener, &peer, wish).await;
    (world, opener, peer)
}

/// Payer, hub and payee, with a channel of 1 500 000 sat and one of 1 000 000 between them.
pub(crate) async fn row() -> (World, Member, Member, Member) {
    let world = World::new().await;
    let (payer, hub, payee) = (world.node().await, world.node().await, world.node().await);
    world.fund(&[&payer, &hub, &payee], 2, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &hub, order(&hub, 1_500_000)).await;
    world.channel(&hub, &payee, order(&payee, 1_000_000)).await;
    (world, payer, hub, payee)
}

/// Opens a channel whose funding transaction is mined, undone, and mined again.
pub(crate) async fn open_over_a_reorg(world: &World, payer: &Member, payee: &Member) {
    payer.connect_to(payee).await;
    let funded = patiently("funding", payer.fund_channel(order(payee, 1_000_000))).await.unwrap();
    patiently("the transaction", world.chain.wait_for_tx(funded.txid)).await;
    world.mine(3);
    world.all_see_the_tip(&[payer, payee]).await;
    world.chain.reorg(3).unwrap();
    world.all_see_the_tip(&[payer, payee]).await;
    assert_eq!(world.chain.confirmation_height(&funded.txid), None);
    for node in [payer, payee] {
        assert_eq!(node.channel().state, ChannelState::AwaitingLockin);
    }
    world.mine(6);
    payer.all_channels_usable().await;
    payee.wait_for_channels("the price", |channels| channels.iter().all(|c| c.peer_forwards)).await;
}
