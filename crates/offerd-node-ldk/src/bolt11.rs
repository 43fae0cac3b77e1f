//! Invoices of BOLT 11: making, reading and paying them. Who may pay or be paid is decided elsewhere.

mod hints;
mod make;

pub(crate) use make::mint;

use std::time::Duration;

use bitcoin::Network;
use bolt1::{Msat, Timestamp};
use lightning::ln::channelmanager::RecipientOnionFields;
use lightning::routing::router::{PaymentParameters, RouteParameters};
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef};
use offerd_core::port::{Bolt11Facts, PayOrder, PayRefused};

fn timestamp(since_epoch: Duration) -> Timestamp {
    Timestamp(since_epoch.as_secs())
}

/// Reads an invoice, its signature checked.
pub(crate) fn read(string: &str, network: Network) -> Result<Bolt11Facts, String> {
    let lower = string.trim().to_ascii_lowercase();
    let lower = lower.strip_prefix("lightning:").unwrap_or(&lower);
    let invoice = parse(lower)?;
    if invoice.network() != network {
        return Err(format!("is for another chain, {}", invoice.network()));
    }
    let hash: &[u8; 32] = invoice.payment_hash().as_ref();
    let description = match invoice.description() {
        Bolt11InvoiceDescriptionRef::Direct(text) => Some(text.to_string()),
        Bolt11InvoiceDescriptionRef::Hash(_) => None,
    };
    let amount = invoice.amount_milli_satoshis().map(Msat::new);
    let expires_at = invoice.duration_since_epoch().saturating_add(invoice.expiry_time());
    Ok(Bolt11Facts {
        payment_hash: *hash,
        payee: invoice.get_payee_pub_key(),
        amount: match amount {
            None => None,
            Some(amount) => Some(amount.ok_or("asks for more than there is")?),
        },
        description,
        expires_at: timestamp(expires_at),
        string: lower.to_owned(),
    })
}

fn parse(string: &str) -> Result<Bolt11Invoice, String> {
    string.parse().map_err(|error| format!("is no BOLT 11 invoice: {error}"))
}

/// What the crate needs to pay it.
pub(crate) fn route_parameters(
    order: &PayOrder,
    string: &str,
) -> Result<(RouteParameters, RecipientOnionFields), PayRefused> {
    let invoice = parse(string).map_err(PayRefused::Impossible)?;
    let hash: &[u8; 32] = invoice.payment_hash().as_ref();
    if *hash != order.payment_hash {
        return Err(PayRefused::Impossible("the invoice has another payment hash".to_owned()));
    }
    let mut onion = RecipientOnionFields::secret_only(*invoice.payment_secret());
    onion.payment_metadata = invoice.payment_metadata().cloned();
    let params = PaymentParameters::from_bolt11_invoice(&invoice)
        .with_max_total_cltv_expiry_delta(order.max_delay.0);
    let route = RouteParameters {
        payment_params: params,
        final_value_msat: order.amount.as_u64(),
        max_total_routing_fee_msat: Some(order.max_fee.as_u64()),
    };
    Ok((route, onion))
}
