//! What the node says of the chain's tip.

use bolt1::Timestamp;

use crate::node::Node;

impl Node {
    /// When the best block was mined, by its own word; `None` until one was seen.
    pub fn tip_time(&self) -> Option<Timestamp> {
        self.view.tip_time()
    }
}
