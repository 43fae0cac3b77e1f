-- What can be redeemed is summed up for each look at the figures: among a million payouts that are over, it must be found.
CREATE INDEX open_payouts ON payouts (absolute_expiry_unix, amount_msat, amount_at_most_msat) WHERE state = 'open';
