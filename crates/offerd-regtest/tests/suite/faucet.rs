//! Coins from nowhere.

use bitcoin::{Address, Amount, Network};
use offerd_regtest::{FaucetError, MempoolRefusal};

use crate::support::{Party, chain, coin, mine};

#[test]
fn a_new_chain_pays_at_once() {
    let (chain, party) = (chain(), Party::new(1));
    let amount = Amount::from_sat(123_456);
    let txid = chain.faucet(&party.address(), amount).expect("it pays");
    assert_eq!(chain.mempool(), [txid]);
    let tx = chain.transaction(&txid).expect("it is in the mempool");
    assert_eq!(tx.output[0].value, amount);
    assert_eq!(tx.output[0].script_pubkey, party.script());
}

#[test]
fn what_it_pays_can_be_spent() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    chain.submit(party.spend(&[funds], 500)).expect("it is taken");
}

#[test]
fn it_pays_a_hundred_times_between_two_blocks() {
    let (chain, party) = (chain(), Party::new(1));
    for _ in 0..100 {
        chain.faucet(&party.address(), Amount::from_sat(10_000)).expect("it pays");
    }
    mine(&chain, 1);
    assert!(chain.mempool().is_empty());
}

#[test]
fn it_pays_more_than_one_coinbase() {
    let (chain, party) = (chain(), Party::new(1));
    let txid = chain.faucet(&party.address(), Amount::from_int_btc(120)).expect("it pays");
    let tx = chain.transaction(&txid).expect("it is in the mempool");
    assert_eq!(tx.input.len(), 3);
    assert_eq!(coin(&tx, 0).value, 12_000_000_000);
}

#[test]
fn addresses_of_other_networks_are_refused() {
    let chain = chain();
    let foreign = [
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Network::Bitcoin),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", Network::Signet),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", Network::Bitcoin),
    ];
    for (text, network) in foreign {
        let address: Address<_> = text.parse().expect("an address");
        let address = address.require_network(network).expect("of that network");
        let refused = chain.faucet(&address, Amount::from_sat(10_000));
        assert!(matches!(refused, Err(FaucetError::NotRegtest)), "{refused:?}");
    }
    assert!(chain.mempool().is_empty());
}

#[test]
fn more_than_it_has_is_refused_and_says_what_it_has() {
    let (chain, party) = (chain(), Party::new(1));
    let wanted = Amount::from_int_btc(1_000_000);
    match chain.faucet(&party.address(), wanted) {
        Err(FaucetError::Insufficient { available, wanted: said }) => {
            assert_eq!(said, wanted);
            assert!(available >= Amount::from_int_btc(500), "{available}");
        }
        other => panic!("{other:?}"),
    }
    assert!(chain.faucet(&party.address(), Amount::MAX).is_err());
}

#[test]
fn dust_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let refused = chain.faucet(&party.address(), Amount::from_sat(100));
    let dust = MempoolRefusal::Dust { output: 0 };
    assert!(matches!(refused, Err(FaucetError::Refused(refusal)) if refusal == dust));
}

#[test]
fn it_still_pays_after_a_deep_reorganisation() {
    let (chain, party) = (chain(), Party::new(1));
    chain.reorg(chain.height()).expect("it is undone");
    party.fund(&chain, 100_000);
}
