//! The result of `audit`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::shape::Hash32;

/// The result of `audit`: what the node has beside what its books say, to the millisatoshi.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditView {
    /// Whether both are the same.
    pub balanced: bool,
    /// What the node has beyond what the books say; negative where something is missing.
    pub difference_msat: i64,
    /// What the node has, in sum.
    pub have_msat: i64,
    /// What it should have: what came in less what went out.
    pub booked_msat: i64,
    /// What the node has.
    pub have: Vec<AuditLine>,
    /// What has come in since the beginning.
    pub came_in: Vec<AuditLine>,
    /// What has gone out since the beginning.
    pub went_out: Vec<AuditLine>,
    /// What of it all is not certain yet.
    pub positions: Vec<AuditPosition>,
    /// In HTLCs of ours that are under way. They are still counted as ours.
    pub htlcs_out_msat: i64,
    /// In HTLCs that come to us. They are not counted yet.
    pub htlcs_in_msat: i64,
    /// Payments forwarded whose fee is in the sum.
    pub forwards: u64,
    /// What could explain a difference, each in a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

/// One line of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditLine {
    /// What it is; the lines of each list are always the same ones.
    pub name: String,
    /// How much.
    pub amount_msat: i64,
}

/// Something that is on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditPosition {
    /// `closing`: the channel has ended, and not all of it has come out on the chain. `vanished`: nothing is on record
    /// of the channel's end. `not_in_the_books`: nothing is on record of its opening.
    #[schemars(extend("enum" = ["closing", "vanished", "not_in_the_books"]))]
    pub status: String,
    /// The channel.
    #[schemars(with = "Hash32")]
    pub channel_id: String,
    /// With how much it is counted.
    pub amount_msat: i64,
}
