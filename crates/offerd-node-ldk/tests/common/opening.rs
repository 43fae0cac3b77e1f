//! Opening channels on a chain that changes its mind.

use offerd_node_ldk::ChannelState;

use super::{Member, World, order, patiently};

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
