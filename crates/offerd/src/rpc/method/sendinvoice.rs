//! `sendinvoice`

use bolt1::Seconds;
use offerd_core::invoice_book::RedeemArguments;

use super::Outcome;
use crate::driver::ListedInvoice;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::{Args, read_code};
use crate::rpc::{invoices, view};

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let arguments = RedeemArguments {
        string: read_code(&args, "invreq")?,
        label: args.need("label")?,
        amount: args.get("amount_msat")?,
        timeout: Seconds(args.need("timeout")?),
        quantity: args.get("quantity")?,
        period: args.get("recurrence_counter")?,
    };
    let redeemed = api.driver.send_invoice(arguments).await.map_err(to_object)?;
    let paid = ListedInvoice::Receipt(redeemed.receipt);
    view::json(invoices::view(api, &paid, api.driver.now())?)
}
