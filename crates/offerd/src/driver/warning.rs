//! What the maker of a code should know, though nothing went wrong.

/// A code was made, and yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Nobody could find us to ask for an invoice, or to send one.
    #[error(
        "this node is not announced and has no peer that could forward to it: nobody can reach it with this \
         code until it has a channel or a peer that others know"
    )]
    Unreachable,
    /// The payout has no `lnr1…`.
    #[error(
        "an invoice request cannot say `any`, nor what it refunds: only offerd can redeem this code"
    )]
    OnlyOfferd,
}
