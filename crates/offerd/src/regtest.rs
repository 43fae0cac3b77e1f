//! `offerd regtest`: the chain of the demo alone, for nodes and tests of one's own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, Amount, Network};
use offerd_regtest::{
    AutoMiner, Chain, ChainError, FaucetError, RpcConfig, RpcServer, RpcServerError,
};

use crate::shutdown::Shutdown;

/// Options of `offerd regtest`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The port on 127.0.0.1 to answer bitcoind's JSON-RPC at; 0 for any that is free.
    #[arg(long, default_value_t = 18443)]
    pub port: u16,
    /// The user who may call.
    #[arg(long, default_value = "user", requires = "password")]
    pub user: String,
    /// The user's password. Without it, only who can read the cookie file may call.
    #[arg(long)]
    pub password: Option<String>,
    /// Where to write the cookie file, as bitcoind does.
    #[arg(long, value_name = "FILE", default_value = ".cookie")]
    pub cookie: PathBuf,
    /// Mine a block every so many seconds; 0: only soon after a transaction has come.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub interval: u64,
    /// Pay this much from the faucet at the start, and mine it; may be given several times.
    #[arg(long, value_name = "ADDRESS=SAT", value_parser = read_gift)]
    pub faucet: Vec<Gift>,
}

/// Coins for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    /// Whom to give it.
    pub to: Address,
    /// How much.
    pub amount: Amount,
}

/// Why the chain did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegtestError {
    /// The chain did not start, or could not mine.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The faucet did not pay.
    #[error("the faucet: {0}")]
    Faucet(#[from] FaucetError),
    /// The chain could not be served.
    #[error(transparent)]
    Server(#[from] RpcServerError),
    /// Signals could not be listened to.
    #[error("listening to signals: {0}")]
    Signals(#[source] std::io::Error),
}

/// From a transaction's arrival to its block, without an interval.
const ON_DEMAND_DELAY: Duration = Duration::from_millis(500);

/// Runs a chain until Ctrl-C. It is gone afterwards.
///
/// # Errors
/// [`RegtestError`] when it cannot start.
pub async fn run(args: Args) -> Result<(), RegtestError> {
    let shutdown = Shutdown::new();
    shutdown.on_signals().map_err(RegtestError::Signals)?;
    let chain = Chain::new(None)?;
    let mut config = RpcConfig::loopback()
        .with_addr(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)))
        .with_cookie(&args.cookie);
    if let Some(password) = &args.password {
        config = config.with_password(&args.user, password);
    }
    let server = RpcServer::start(Arc::clone(&chain), config).await?;
    for gift in &args.faucet {
        chain.faucet(&gift.to, gift.amount)?;
    }
    if !args.faucet.is_empty() {
        chain.mine(1, &chain.faucet_address().script_pubkey())?;
    }
    let _miner = match args.interval {
        0 => AutoMiner::start_on_demand(Arc::clone(&chain), ON_DEMAND_DELAY),
        seconds => AutoMiner::start(Arc::clone(&chain), Duration::from_secs(seconds)),
    };
    println!("{}", greeting(&args, &chain, server.addr()));
    shutdown.requested().await;
    server.shutdown().await;
    Ok(())
}

fn greeting(args: &Args, chain: &Chain, addr: SocketAddr) -> String {
    let login = match &args.password {
        Some(_) => format!("user {} with its password, or ", args.user),
        None => String::new(),
    };
    let miner = match args.interval {
        0 => "soon after a transaction has come".to_owned(),
        seconds => format!("every {seconds} seconds"),
    };
    format!(
        "A regtest chain of {} blocks, served as bitcoind's JSON-RPC at http://{addr} until Ctrl-C.\n\
         Login: {login}the cookie file {}.\n\
         Blocks are mined {miner}; `generatetoaddress` mines more, `sendtoaddress` pays from the faucet.\n\
         ready",
        chain.height(),
        args.cookie.display(),
    )
}

fn read_gift(text: &str) -> Result<Gift, String> {
    let (address, sat) = text.split_once('=').ok_or("expected ADDRESS=SAT")?;
    let to = address
        .parse::<Address<NetworkUnchecked>>()
        .map_err(|error| error.to_string())?
        .require_network(Network::Regtest)
        .map_err(|_| "not a regtest address".to_owned())?;
    let sat = sat.parse().map_err(|_| format!("{sat} is not a number of satoshis"))?;
    Ok(Gift { to, amount: Amount::from_sat(sat) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    #[test]
    fn a_gift_is_an_address_and_satoshis() {
        let gift = read_gift(&format!("{ADDRESS}=50000")).unwrap();
        assert_eq!(gift.to.to_string(), ADDRESS);
        assert_eq!(gift.amount, Amount::from_sat(50_000));
    }

    #[test]
    fn a_gift_for_another_network_or_of_no_amount_is_refused() {
        let mainnet = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4=1";
        for wrong in [mainnet, ADDRESS, &format!("{ADDRESS}=1.5"), &format!("{ADDRESS}=-1"), "=1"] {
            assert!(read_gift(wrong).is_err(), "{wrong}");
        }
    }
}
