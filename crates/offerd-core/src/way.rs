//! By which way a message must have come to be answered.

use std::fmt;

use crate::keys::same_secret;

/// The way that a code of ours names: a blinded path of ours, by the secret at its end, or our node id.
///
/// It is asked for before anything else is read about a code, so that whoever asks by another way makes us do the same
/// for a code of ours as for one that there is not.
#[derive(Clone, PartialEq, Eq)]
pub struct Way(Option<Vec<u8>>);

impl Way {
    /// Over the path with this `path_id`; `None`: to our node id.
    pub fn new(path_id: Option<Vec<u8>>) -> Self {
        Self(path_id)
    }

    /// Whether a message with this `path_id` came by it. Takes a time that does not tell where two secrets differ.
    pub fn is(&self, path_id: Option<&[u8]>) -> bool {
        came_by(self.0.as_deref(), path_id)
    }
}

/// The same of a way that is at hand.
pub(crate) fn came_by(ours: Option<&[u8]>, theirs: Option<&[u8]>) -> bool {
    // req RR-11, BP-D5
    match (ours, theirs) {
        (None, None) => true,
        (Some(ours), Some(theirs)) => same_secret(ours, theirs),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Way(path …)" } else { "Way(node id)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_met_by_its_own_secret_alone_and_a_node_id_by_none() {
        let path = Way::new(Some(vec![7; 32]));
        assert!(path.is(Some(&[7; 32])));
        for other in [None, Some(&[][..]), Some(&[7; 31]), Some(&[7; 33]), Some(&[8; 32])] {
            assert!(!path.is(other), "{other:?}");
        }
        let node = Way::new(None);
        assert!(node.is(None) && !node.is(Some(&[])) && !node.is(Some(&[7; 32])));
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        assert_eq!(format!("{:?}", Way::new(Some(vec![7; 32]))), "Way(path …)");
    }
}
