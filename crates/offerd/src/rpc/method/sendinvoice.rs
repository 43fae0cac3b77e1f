//! `sendinvoice`

use bolt1::Seconds;
use offerd_core::invoice_book::RedeemArguments;
use offerd_core::receipt::ReceiptState;

use super::Outcome;
use super::listinvoices::of_own;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let string: String = args.need("invreq")?;
    let arguments = RedeemArguments {
        string: string.trim().to_owned(),
        label: args.need("label")?,
        amount: args.get("amount_msat")?,
        timeout: Seconds(args.need("timeout")?),
    };
    let redeemed = api.driver.send_invoice(arguments).await.map_err(to_object)?;
    let receipt = redeemed.receipt;
    let mut shown = of_own(&redeemed.invoice, api.driver.now());
    shown.created_index = Some(u64::from(redeemed.invoice.row.0));
    if let ReceiptState::Paid { at } = receipt.state {
        shown.status = "paid".to_owned();
        shown.paid_at = Some(at.0);
        shown.amount_received_msat = Some(receipt.amount.as_u64());
    }
    view::json(shown)
}
