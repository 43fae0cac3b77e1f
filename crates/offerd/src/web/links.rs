//! Addresses of pages.

use std::fmt;

use bolt12::OfferId;
use offerd_core::page_name::PageName;

/// Where the pages are, as the people who visit them see it. Debug shows the place alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLinks(String);

impl PageLinks {
    /// Pages at this address, with or without a slash at its end.
    pub fn at(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    /// An offer's page.
    pub fn offer(&self, id: &OfferId) -> String {
        format!("{}/o/{id}", self.0)
    }

    /// An order's page.
    pub fn order(&self, name: &PageName) -> String {
        format!("{}/c/{name}", self.0)
    }

    /// Where an order stands, for programs.
    pub fn order_status(&self, name: &PageName) -> String {
        format!("{}/c/{name}/status", self.0)
    }

    /// A payout's page. Whoever has this address can redeem the payout.
    pub fn payout(&self, name: &PageName) -> String {
        format!("{}/w/{name}", self.0)
    }
}

impl fmt::Display for PageLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
