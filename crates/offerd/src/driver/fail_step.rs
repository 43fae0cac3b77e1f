//! The steps around which a build for tests can end itself. Named once, here: the tests that let a process die include
//! this file, so that there is no step without a death.

/// Makes [`FailStep`] with all that is said of each.
macro_rules! steps {
    ($($(#[$doc:meta])+ $step:ident = $name:literal,)+) => {
        /// What is committed, or done for a commit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum FailStep {
            $($(#[$doc])+ $step,)+
        }

        impl FailStep {
            /// All there are.
            #[cfg(test)]
            #[allow(dead_code, reason = "for the tests that include this file")]
            pub(crate) const ALL: &[Self] = &[$(Self::$step),+];

            /// What `OFFERD_FAILPOINT` calls it.
            #[cfg(any(test, debug_assertions))]
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$step => $name,)+
                }
            }
        }
    };
}

steps! {
    /// The node is told to take a payment.
    Accept = "accept",
    /// What a commit owed is struck off.
    EffectDone = "effect-done",
    /// An invoice of ours is on record.
    InvoiceMade = "invoice-made",
    /// It was refused.
    InvoiceRefused = "invoice-refused",
    /// The node is told to pay.
    Pay = "pay",
    /// A redemption that waited may be paid.
    PaymentApproved = "payment-approved",
    /// One way did not lead there, and the node goes on.
    PaymentAttemptFailed = "payment-attempt-failed",
    /// A payment has arrived or failed.
    PaymentEnded = "payment-ended",
    /// A payment is tried again later.
    PaymentPutOff = "payment-put-off",
    /// A payment is on record, to be made.
    PaymentStarted = "payment-started",
    /// A promise is on record.
    PayoutCreated = "payout-created",
    /// A promise is withdrawn.
    PayoutDisabled = "payout-disabled",
    /// A promise is open again.
    PayoutEnabled = "payout-enabled",
    /// A payment to us will be taken.
    ReceiptClaiming = "receipt-claiming",
    /// It went back before it was.
    ReceiptLost = "receipt-lost",
    /// It is ours.
    ReceiptPaid = "receipt-paid",
    /// The node is told to send a payment back.
    Refuse = "refuse",
    /// What somebody pays us again and again stands otherwise.
    SeriesChanged = "series-changed",
    /// A subscription of ours is ended by its owner.
    SubscriptionCancelled = "subscription.cancelled",
    /// It is on record.
    SubscriptionCreated = "subscription.created",
    /// Nothing more is to be paid of it.
    SubscriptionEnded = "subscription.ended",
    /// A payment of it, or the word to its issuer, came to nothing.
    SubscriptionFailed = "subscription.failed",
    /// A payment of it has arrived.
    SubscriptionPaid = "subscription.paid",
    /// It pays no more until somebody says so.
    SubscriptionPaused = "subscription.paused",
    /// A payment of it is begun.
    SubscriptionPaying = "subscription.paying",
    /// Its owner is reminded of the next payment.
    SubscriptionReminder = "subscription.reminder",
    /// It pays again.
    SubscriptionResumed = "subscription.resumed",
    /// The issuer knows that it was cancelled.
    SubscriptionTold = "subscription.told",
    /// A redeemer is told that it is not paid.
    TellRedeemer = "tell-redeemer",
}
