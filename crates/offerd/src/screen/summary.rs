//! What somebody wants to know before he agrees, out of the code itself.

use bolt1::{Msat, Timestamp};
use bolt12::{Bolt12String, Invoice, InvoiceRequest, Offer, PeerText, Price};
use offerd_core::rates::FiatAmount;

use super::Screen;
use crate::web::words;

/// A code that can be acted on.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
pub(super) enum Given {
    /// Something to be paid, for which an invoice is to be asked.
    Offer(Offer),
    /// Something to be paid as it is.
    Invoice(Bill),
    /// Something that pays whoever collects it.
    Payout(Promise),
}

/// An invoice, of either kind.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
pub(super) enum Bill {
    Bolt12(Invoice),
    Bolt11(bolt11::Invoice),
}

/// A promise to pay.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
pub(super) enum Promise {
    Offer(Offer),
    Request(InvoiceRequest),
}

/// The same in words.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    /// In its own unit; `None` where whoever reads this says how much.
    pub(super) amount: Option<String>,
    /// About what that is in another unit.
    pub(super) about: Option<String>,
    /// What it is for.
    pub(super) title: String,
    /// Who says so.
    pub(super) issuer: Option<String>,
    /// The node that is paid.
    pub(super) to: Option<String>,
    /// How many.
    pub(super) quantity: Option<u64>,
    /// What the payer says to the issuer.
    pub(super) note: Option<String>,
    /// How often, where it recurs.
    pub(super) period: Option<String>,
    /// Until when.
    pub(super) ends: Option<String>,
}

/// Reads a code.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(super) fn read(text: &str) -> Result<Given, String> {
    if text.trim().is_empty() {
        return Err("Paste a code, or scan one.".to_owned());
    }
    let code = offerd_api::uri::code_in(text).map_err(|error| error.to_string())?;
    if bolt11::is_bolt11(&code) {
        let invoice = bolt11::Invoice::decode(&code);
        let invoice = invoice.map_err(|error| format!("This invoice cannot be read: {error}."))?;
        return Ok(Given::Invoice(Bill::Bolt11(invoice)));
    }
    let parsed = code.parse::<Bolt12String>();
    match parsed
        .map_err(|error| format!("This is no code that can be paid or collected: {error}."))?
    {
        Bolt12String::Offer(offer) if offer.is_send_invoice() => {
            Ok(Given::Payout(Promise::Offer(offer)))
        }
        Bolt12String::Offer(offer) => Ok(Given::Offer(offer)),
        Bolt12String::InvoiceRequest(request) if !request.is_for_offer() => {
            Ok(Given::Payout(Promise::Request(request)))
        }
        Bolt12String::InvoiceRequest(_) => {
            Err("This is a payer's request to somebody: nobody promises to pay for it.".to_owned())
        }
        Bolt12String::Invoice(invoice) => Ok(Given::Invoice(Bill::Bolt12(invoice))),
        Bolt12String::PayerProof(_) => {
            Err("This is a payer proof: it shows a payment and asks for none.".to_owned())
        }
    }
}

impl Bill {
    /// What it asks; `None` where the payer chooses.
    pub(super) fn amount(&self) -> Option<Msat> {
        match self {
            Self::Bolt12(invoice) => Some(invoice.amount()),
            Self::Bolt11(invoice) => invoice.amount,
        }
    }

    /// Whether it says itself what must be paid, so that a call may say it once more.
    pub(super) fn is_bolt12(&self) -> bool {
        matches!(self, Self::Bolt12(_))
    }

    /// It in words.
    pub(super) fn summary(&self, screen: &Screen) -> Summary {
        match self {
            Self::Bolt12(invoice) => of_invoice(invoice, screen),
            Self::Bolt11(invoice) => {
                let description = invoice.description.as_ref();
                let description = description.map(|text| PeerText::new(text.as_str()));
                let ends = invoice.created_at.0.saturating_add(invoice.expiry().0);
                Summary {
                    amount: invoice.amount.map(words::sat),
                    about: invoice.amount.and_then(|amount| in_our_currency(screen, amount)),
                    title: title(description.as_ref(), "Payment"),
                    to: Some(invoice.payee.to_string()),
                    ends: Some(words::moment(Timestamp(ends))),
                    ..Summary::default()
                }
            }
        }
    }
}

impl Promise {
    /// Whether whoever collects it has to say how much.
    pub(super) fn asks_amount(&self) -> bool {
        match self {
            Self::Offer(offer) => matches!(offer.price(), Price::PayerDecides),
            Self::Request(request) => request.amount().is_none(),
        }
    }

    /// Whether it counts items.
    pub(super) fn asks_quantity(&self) -> bool {
        matches!(self, Self::Offer(offer) if offer.quantity_max().is_some())
    }

    /// It in words.
    pub(super) fn summary(&self, screen: &Screen) -> Summary {
        match self {
            Self::Offer(offer) => {
                Summary { title: title(offer.description(), "Payout"), ..of_offer(offer, screen) }
            }
            Self::Request(request) => {
                let offer = request.offer_view();
                Summary {
                    amount: request.amount().map(words::sat),
                    about: request.amount().and_then(|amount| in_our_currency(screen, amount)),
                    title: title(offer.description(), "Payout"),
                    issuer: words::text(offer.issuer()),
                    ends: offer.absolute_expiry().map(words::moment),
                    ..Summary::default()
                }
            }
        }
    }
}

/// An offer in words.
pub(super) fn of_offer(offer: &Offer, screen: &Screen) -> Summary {
    let (amount, about) = match offer.price() {
        Price::Msat(amount) => (Some(words::sat(amount)), in_our_currency(screen, amount)),
        Price::PayerDecides => (None, None),
        Price::Fiat { currency, minor_units } => {
            let price = FiatAmount::new(currency, minor_units).ok();
            let about = price.and_then(|price| screen.door.driver.comes_to(price));
            let amount = price.map_or_else(|| format!("{minor_units} {currency}"), words::fiat);
            (Some(amount), about.map(words::sat))
        }
    };
    Summary {
        amount,
        about,
        title: title(offer.description(), "Payment"),
        issuer: words::text(offer.issuer()),
        to: offer.issuer_id().map(|id| id.to_string()),
        period: offer.recurrence().map(words::period),
        ends: offer.absolute_expiry().map(words::moment),
        ..Summary::default()
    }
}

fn of_invoice(invoice: &Invoice, screen: &Screen) -> Summary {
    let (offer, request) = (invoice.offer_view(), invoice.request_view());
    let about = match offer.price() {
        Price::Fiat { currency, minor_units } => {
            let each = FiatAmount::new(currency, minor_units).ok();
            let quantity = request.quantity().and_then(std::num::NonZeroU64::new);
            each.and_then(|each| each.times(quantity.unwrap_or(std::num::NonZeroU64::MIN)))
                .map(words::fiat)
        }
        Price::Msat(_) | Price::PayerDecides => in_our_currency(screen, invoice.amount()),
    };
    let ends = invoice.created_at().0.saturating_add(invoice.relative_expiry().0);
    Summary {
        amount: Some(words::sat(invoice.amount())),
        about,
        title: title(offer.description(), "Payment"),
        issuer: words::text(offer.issuer()),
        to: Some(invoice.node_id().to_string()),
        quantity: request.quantity(),
        note: words::text(request.payer_note()),
        period: offer.recurrence().map(words::period),
        ends: Some(words::moment(Timestamp(ends))),
    }
}

fn title(description: Option<&PeerText>, otherwise: &str) -> String {
    words::text(description).unwrap_or_else(|| otherwise.to_owned())
}

fn in_our_currency(screen: &Screen, amount: Msat) -> Option<String> {
    screen.door.driver.worth_now(amount).map(words::fiat)
}

/// An amount as somebody types it: a number of satoshi with up to three decimals, with or without `sat`; groups of digits
/// may be apart. As the parameters of methods say it.
///
/// # Errors
/// What was expected.
pub(super) fn typed_amount(text: &str) -> Result<String, String> {
    let wrong = || "Should be a number of satoshi, such as 1000 or 0.5.".to_owned();
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let number = text.strip_suffix("sat").unwrap_or(&text);
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 3 || !digits(whole) || !digits(decimals) {
        return Err(wrong());
    }
    let msat: u64 = format!("{whole}{decimals:0<3}").parse().map_err(|_| wrong())?;
    if msat == 0 {
        return Err("Should be more than nothing.".to_owned());
    }
    Ok(format!("{msat}msat"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_millisatoshi_and_nothing_else_is() {
        for (text, msat) in [
            ("1000", "1000000msat"),
            ("1 000 sat", "1000000msat"),
            ("0.5", "500msat"),
            ("7.125", "7125msat"),
        ] {
            assert_eq!(typed_amount(text).as_deref(), Ok(msat), "{text}");
        }
        for text in
            ["", "0", "0.000", "-1", "1.0000", "1,5", "ten", "1e3", "99999999999999999999", "5USD"]
        {
            assert!(typed_amount(text).is_err(), "{text}");
        }
    }
}
