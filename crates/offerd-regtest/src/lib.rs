//! A regtest chain in process: the validation engine of Bitcoin Core, a mempool, a miner, a faucet.
