//! Making invoices of BOLT 11, with everything that our caller may ask for.

use std::time::{Duration, SystemTime};

use bitcoin::address::{AddressData, NetworkUnchecked};
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::{Address, Network};
use bolt1::{CltvDelta, Msat, PublicKey};
use lightning::ln::channelmanager::MIN_FINAL_CLTV_EXPIRY_DELTA;
use lightning::routing::router::RouteHint;
use lightning::sign::{NodeSigner as _, Recipient};
use lightning::types::payment::{PaymentHash, PaymentSecret};
use lightning_invoice::{
    Bolt11Invoice, Bolt11InvoiceDescription, Description, Fallback, InvoiceBuilder,
    RawBolt11Invoice, Sha256,
};
use offerd_core::port::{Bolt11Minted, Bolt11Order, Bolt11Refused, Hints, PortError};

use super::{hints, timestamp};
use crate::claims::Claims;
use crate::liquidity::Agreements;
use crate::types::{Channels, Keyring};

/// Blocks that may be found while a payment is on its way: so much less than the invoice says is still taken.
const FINAL_SLACK: u16 = 3;

/// The longest that an invoice asks for, in blocks: two weeks, about what payers allow.
const LONGEST_DELAY: u16 = 2_016;

/// Makes an invoice, over `fronts` where there are any. Nothing is stored, unless a preimage was chosen or a channel
/// bought.
pub(crate) fn mint(
    channels: &Channels,
    keyring: &Keyring,
    (claims, agreements): (&Claims, &Agreements),
    network: Network,
    order: &Bolt11Order,
    fronts: &[PublicKey],
) -> Result<Bolt11Minted, Bolt11Refused> {
    let delay = final_delay(order.final_delay)?;
    let hints =
        hints::choose(&channels.list_usable_channels(), &order.hints, order.amount, fronts)?;
    let (hash, secret) = payment(channels, claims, order, delay)?;
    if let Hints::JustInTime(channel) = &order.hints {
        // Before anybody can pay it: nothing that is not on record may be kept of a payment.
        agreements.note(&hash.0, channel)?;
    }
    let raw = raw(channels.get_our_node_id(), network, order, (hash, secret), delay, hints)?;
    let signature = keyring.sign_invoice(&raw, Recipient::Node);
    let signed = raw.sign(|_| signature).map_err(|()| rejected("it could not be signed"))?;
    let invoice = Bolt11Invoice::from_signed(signed).map_err(rejected)?;
    Ok(Bolt11Minted {
        string: invoice.to_string(),
        payment_hash: hash.0,
        payment_secret: secret.0,
        created_at: timestamp(invoice.duration_since_epoch()),
    })
}

fn rejected(why: impl std::fmt::Display) -> Bolt11Refused {
    Bolt11Refused::Fault(PortError::rejected(format!("no such invoice can be made: {why}")))
}

/// The delay that the invoice says, where it does not say the least.
fn final_delay(wanted: Option<CltvDelta>) -> Result<Option<u16>, Bolt11Refused> {
    let Some(CltvDelta(wanted)) = wanted else { return Ok(None) };
    match u16::try_from(wanted) {
        Ok(delay) if (MIN_FINAL_CLTV_EXPIRY_DELTA..=LONGEST_DELAY).contains(&delay) => {
            Ok(Some(delay))
        }
        Ok(_) | Err(_) => Err(Bolt11Refused::FinalDelay(format!(
            "should be from {MIN_FINAL_CLTV_EXPIRY_DELTA} to {LONGEST_DELAY}: with less there is no time to take the payment"
        ))),
    }
}

fn payment(
    channels: &Channels,
    claims: &Claims,
    order: &Bolt11Order,
    delay: Option<u16>,
) -> Result<(PaymentHash, PaymentSecret), Bolt11Refused> {
    let amount = order.amount.map(Msat::as_u64);
    let delay = delay.map(|delay| delay.saturating_sub(FINAL_SLACK));
    let expiry = u32::try_from(order.expiry.0).map_err(|_| rejected("it would live too long"))?;
    let out_of_range = |()| rejected("amount or expiry is out of range");
    let Some(preimage) = order.preimage else {
        return channels.create_inbound_payment(amount, expiry, delay).map_err(out_of_range);
    };
    let hash = PaymentHash(sha256::Hash::hash(&preimage.0).to_byte_array());
    // Before anybody can pay it: the crate does not know such a preimage when the payment arrives.
    claims.choose(&hash.0, preimage).map_err(Bolt11Refused::Fault)?;
    let secret = channels.create_inbound_payment_for_hash(hash, amount, expiry, delay);
    Ok((hash, secret.map_err(out_of_range)?))
}

fn raw(
    us: PublicKey,
    network: Network,
    order: &Bolt11Order,
    (hash, secret): (PaymentHash, PaymentSecret),
    delay: Option<u16>,
    hints: Vec<RouteHint>,
) -> Result<RawBolt11Invoice, Bolt11Refused> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(rejected)?;
    let description = if order.description_as_hash {
        let hash = sha256::Hash::hash(order.description.as_bytes());
        Bolt11InvoiceDescription::Hash(Sha256(hash))
    } else {
        let text = Description::new(order.description.clone()).map_err(rejected)?;
        Bolt11InvoiceDescription::Direct(text)
    };
    let delay = delay.unwrap_or(MIN_FINAL_CLTV_EXPIRY_DELTA);
    let hash = sha256::Hash::from_byte_array(hash.0);
    let mut builder = InvoiceBuilder::new(network.into())
        .invoice_description(description)
        .duration_since_epoch(now)
        .payee_pub_key(us)
        .payment_hash(hash)
        .payment_secret(secret)
        .basic_mpp()
        .min_final_cltv_expiry_delta(delay.into())
        .expiry_time(Duration::from_secs(order.expiry.0));
    if let Some(amount) = order.amount {
        builder = builder.amount_milli_satoshis(amount.as_u64());
    }
    for address in &order.fallbacks {
        builder = builder.fallback(fallback(address, network)?);
    }
    for hint in hints {
        builder = builder.private_route(hint);
    }
    builder.build_raw().map_err(rejected)
}

fn fallback(text: &str, network: Network) -> Result<Fallback, Bolt11Refused> {
    let refuse = |why: String| Bolt11Refused::Fallback(why);
    let shown = text.escape_debug();
    let parsed: Result<Address<NetworkUnchecked>, _> = text.trim().parse();
    let address = parsed.map_err(|error| refuse(format!("`{shown}` is no address ({error})")))?;
    let address = address
        .require_network(network)
        .map_err(|_| refuse(format!("`{shown}` is an address of another chain than {network}")))?;
    match address.to_address_data() {
        AddressData::P2pkh { pubkey_hash } => Ok(Fallback::PubKeyHash(pubkey_hash)),
        AddressData::P2sh { script_hash } => Ok(Fallback::ScriptHash(script_hash)),
        AddressData::Segwit { witness_program } => Ok(Fallback::SegWitProgram {
            version: witness_program.version(),
            program: witness_program.program().as_bytes().to_vec(),
        }),
        _ => Err(refuse(format!("`{shown}` is of a kind that no invoice can hold"))),
    }
}
