//! The methods, one file each: take the parameters, ask, render.

mod approvepayout;
mod audit;
mod backup;
mod blacklistrune;
mod cancelrecurringinvoice;
mod cancelsubscription;
mod checkmessage;
mod checkout;
mod checkrune;
mod close;
mod connect;
mod createproof;
mod createrune;
mod currencyconvert;
mod currencyrate;
mod decode;
mod denypayout;
mod disableinvoicerequest;
mod disableoffer;
mod disconnect;
mod enableinvoicerequest;
mod enableoffer;
mod fetchinvoice;
mod fundchannel;
mod getinfo;
mod help;
mod invoice;
mod invoicerequest;
mod listchannels;
mod listconfigs;
mod listcurrencyrates;
mod listforwards;
mod listfunds;
mod listinvoicerequests;
mod listinvoices;
mod listoffers;
mod listpayouts;
mod listpays;
mod listpeerchannels;
mod listpeers;
mod listsubscribers;
mod listsubscriptions;
mod listwebhooks;
mod lsps1getinfo;
mod lsps1list;
mod lsps1order;
mod lsps2getinfo;
mod lsps2invoice;
mod lsps2list;
mod newaddr;
mod offer;
mod offerout;
mod pausesubscription;
mod pay;
mod resumesubscription;
mod retrywebhook;
mod sendinvoice;
mod setrate;
mod showrunes;
mod signmessage;
mod stop;
mod subscribe;
mod verifyproof;
mod wait;
mod waitanyinvoice;
mod waitinvoice;
mod waitpayout;
mod withdraw;
mod xpay;

use std::future::Future;
use std::pin::Pin;

use offerd_api::ErrorObject;
use offerd_api::control::Nothing;
use serde_json::Value;

pub(crate) use listcurrencyrates::health as source_health;

use super::call::Api;
use super::params::Args;
use super::view;

/// What a method gives.
type Outcome = Result<Value, ErrorObject>;
/// A call on its way.
type Calling<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
/// What carries out one method.
pub(super) type Handler = for<'a> fn(&'a Api, Args) -> Calling<'a>;

/// The handler of the method of this name.
pub(super) fn handler(name: &str) -> Option<Handler> {
    Some(match name {
        "approvepayout" => |api, args| Box::pin(approvepayout::call(api, args)),
        "backup" => |api, args| Box::pin(backup::call(api, args)),
        "cancelrecurringinvoice" => |api, args| Box::pin(cancelrecurringinvoice::call(api, args)),
        "blacklistrune" => |api, args| Box::pin(async move { blacklistrune::call(api, &args) }),
        "checkrune" => |api, args| Box::pin(async move { checkrune::call(api, &args) }),
        "createrune" => |api, args| Box::pin(async move { createrune::call(api, &args) }),
        "showrunes" => |api, args| Box::pin(async move { showrunes::call(api, &args) }),
        "audit" => |api, _| Box::pin(audit::call(api)),
        "checkmessage" => |api, args| Box::pin(checkmessage::call(api, args)),
        "checkout" => |api, args| Box::pin(checkout::call(api, args)),
        "close" => |api, args| Box::pin(close::call(api, args)),
        "connect" => |api, args| Box::pin(connect::call(api, args)),
        "createproof" => |api, args| Box::pin(async move { createproof::call(api, &args) }),
        "currencyconvert" => |api, args| Box::pin(currencyconvert::call(api, args)),
        "currencyrate" => |api, args| Box::pin(currencyrate::call(api, args)),
        "decode" => |_, args| Box::pin(async move { decode::call(&args) }),
        "denypayout" => |api, args| Box::pin(denypayout::call(api, args)),
        "disableinvoicerequest" => |api, args| Box::pin(disableinvoicerequest::call(api, args)),
        "disableoffer" => |api, args| Box::pin(disableoffer::call(api, args)),
        "disconnect" => |api, args| Box::pin(disconnect::call(api, args)),
        "enableinvoicerequest" => |api, args| Box::pin(enableinvoicerequest::call(api, args)),
        "enableoffer" => |api, args| Box::pin(enableoffer::call(api, args)),
        "fetchinvoice" => |api, args| Box::pin(fetchinvoice::call(api, args)),
        "fundchannel" => |api, args| Box::pin(fundchannel::call(api, args)),
        "getinfo" => |api, _| Box::pin(getinfo::call(api)),
        "help" => |_, args| Box::pin(async move { help::call(&args) }),
        "invoice" => |api, args| Box::pin(invoice::call(api, args)),
        "invoicerequest" => |api, args| Box::pin(invoicerequest::call(api, args)),
        "listconfigs" => |api, args| Box::pin(async move { listconfigs::call(api, &args) }),
        "listcurrencyrates" => |api, args| Box::pin(listcurrencyrates::call(api, args)),
        "listfunds" => |api, args| Box::pin(listfunds::call(api, args)),
        "listforwards" => |api, args| Box::pin(listforwards::call(api, args)),
        "listinvoicerequests" => {
            |api, args| Box::pin(async move { listinvoicerequests::call(api, &args) })
        }
        "listinvoices" => |api, args| Box::pin(async move { listinvoices::call(api, &args) }),
        "listoffers" => |api, args| Box::pin(async move { listoffers::call(api, &args) }),
        "listpayouts" => |api, args| Box::pin(listpayouts::call(api, args)),
        "listpays" => |api, args| Box::pin(async move { listpays::call(api, &args) }),
        "listchannels" => |api, args| Box::pin(listchannels::call(api, args)),
        "listpeerchannels" => |api, args| Box::pin(listpeerchannels::call(api, args)),
        "listpeers" => |api, args| Box::pin(listpeers::call(api, args)),
        "cancelsubscription" => |api, args| Box::pin(cancelsubscription::call(api, args)),
        "pausesubscription" => |api, args| Box::pin(pausesubscription::call(api, args)),
        "resumesubscription" => |api, args| Box::pin(resumesubscription::call(api, args)),
        "subscribe" => |api, args| Box::pin(subscribe::call(api, args)),
        "listsubscriptions" => {
            |api, args| Box::pin(async move { listsubscriptions::call(api, &args) })
        }
        "listsubscribers" => |api, args| Box::pin(async move { listsubscribers::call(api, &args) }),
        "listwebhooks" => |api, _| Box::pin(async { listwebhooks::call(api) }),
        "lsps-lsps1-getinfo" => |api, args| Box::pin(lsps1getinfo::call(api, args)),
        "lsps-lsps1-list" => |api, args| Box::pin(lsps1list::call(api, args)),
        "lsps-lsps1-order" => |api, args| Box::pin(lsps1order::call(api, args)),
        "lsps-lsps2-getinfo" => |api, args| Box::pin(lsps2getinfo::call(api, args)),
        "lsps-lsps2-invoice" => |api, args| Box::pin(lsps2invoice::call(api, args)),
        "lsps-lsps2-list" => |api, _| Box::pin(lsps2list::call(api)),
        "newaddr" => |api, args| Box::pin(newaddr::call(api, args)),
        "notifications" => |_, _| Box::pin(async { view::json(Nothing {}) }),
        "offer" => |api, args| Box::pin(offer::call(api, args)),
        "offerout" => |api, args| Box::pin(offerout::call(api, args)),
        "pay" => |api, args| Box::pin(pay::call(api, args)),
        "retrywebhook" => |api, args| Box::pin(async move { retrywebhook::call(api, &args) }),
        "sendinvoice" => |api, args| Box::pin(sendinvoice::call(api, args)),
        "setrate" => |api, args| Box::pin(async move { setrate::call(api, &args) }),
        "signmessage" => |api, args| Box::pin(signmessage::call(api, args)),
        "stop" => |api, _| Box::pin(async { stop::call(api) }),
        "verifyproof" => |_, args| Box::pin(async move { verifyproof::call(&args) }),
        "wait" => |api, args| Box::pin(wait::call(api, args)),
        "waitanyinvoice" => |api, args| Box::pin(waitanyinvoice::call(api, args)),
        "waitinvoice" => |api, args| Box::pin(waitinvoice::call(api, args)),
        "waitoffer" => |api, args| Box::pin(waitanyinvoice::call_for_offer(api, args)),
        "waitpayout" => |api, args| Box::pin(waitpayout::call(api, args)),
        "withdraw" => |api, args| Box::pin(withdraw::call(api, args)),
        "xpay" => |api, args| Box::pin(xpay::call(api, args)),
        _ => return None,
    })
}

/// Whether a method does nothing but wait, so that it ends when its caller hangs up.
pub(super) fn only_waits(name: &str) -> bool {
    matches!(name, "wait" | "waitanyinvoice" | "waitinvoice" | "waitoffer" | "waitpayout")
}

/// How many entries a list may have, `None` where the caller set no limit.
fn limit(args: &Args) -> Result<usize, ErrorObject> {
    let limit: Option<u64> = args.get("limit")?;
    Ok(limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_table_is_carried_out() {
        for method in offerd_api::method::all() {
            assert!(handler(method.name).is_some(), "{}", method.name);
        }
    }
}
