//! The invoice.

mod pay_info;

pub use pay_info::BlindedPayInfo;
