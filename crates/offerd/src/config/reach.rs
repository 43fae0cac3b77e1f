//! How others reach us with onion messages and payments, and we them.

use bolt1::PublicKey;
use offerd_node_ldk::{NodeConfig, PathShape};

use super::ConfigError;
use super::reader::Reader;

/// Most nodes that can be named to stand in front of us.
const MOST_FRONTS: usize = 16;

/// What the options about it say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// How our paths look.
    pub paths: PathShape,
    /// Whether a node that no route leads to is left alone, rather than connected to.
    pub no_connect: bool,
}

impl Reach {
    /// Tells the node.
    pub fn apply(&self, node: &mut NodeConfig) {
        node.paths = self.paths.clone();
        node.dialling.for_requests = !self.no_connect;
    }
}

impl Reader<'_> {
    pub(super) fn reach(&self) -> Result<Reach, ConfigError> {
        let number = |name, least: usize, most: usize, usual: usize| {
            let (least, most) = (u64::try_from(least), u64::try_from(most));
            let number = self.in_range(name, least.unwrap_or(0), most.unwrap_or(0))?;
            Ok::<_, ConfigError>(number.and_then(|it| it.try_into().ok()).unwrap_or(usual))
        };
        let usual = PathShape::default();
        let paths = PathShape {
            fronts: self.fronts()?,
            hops: number("onion-path-hops", 1, PathShape::MOST_HOPS, usual.hops)?,
            payment_hops: number("payment-path-hops", 1, PathShape::MOST_HOPS, usual.payment_hops)?,
            dummy_hops: number(
                "onion-path-dummy-hops",
                0,
                PathShape::MOST_DUMMY_HOPS,
                usual.dummy_hops,
            )?,
        };
        let no_connect = self.parse("fetchinvoice-noconnect", "should be true or false")?;
        Ok(Reach { paths, no_connect: no_connect.unwrap_or(false) })
    }

    fn fronts(&self) -> Result<Vec<PublicKey>, ConfigError> {
        let name = "payment-fronting-node";
        let expected = "should be a node id: 33 bytes in hexadecimal";
        let mut fronts = Vec::new();
        for text in self.texts(name) {
            let node = hex::decode(text).ok().and_then(|bytes| bolt1::decode_point(&bytes).ok());
            let node = node.ok_or_else(|| self.refuse(name, expected))?;
            if !fronts.contains(&node) {
                fronts.push(node);
            }
        }
        if fronts.len() > MOST_FRONTS {
            let expected = format!("should be given at most {MOST_FRONTS} times");
            return Err(self.refuse(name, expected));
        }
        Ok(fronts)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Config;

    const GENERATOR: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

    fn read(flags: &[(&'static str, &str)]) -> Result<Reach, String> {
        let given = flags.iter().map(|(name, value)| (*name, vec![(*value).to_owned()]));
        let flags = [("network", vec!["regtest".to_owned()])].into_iter().chain(given).collect();
        let config = Config::load(&flags, &BTreeMap::new(), Some("/nonexistent".into()));
        config.map(|config| config.reach).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_word_paths_are_short_and_nodes_are_connected_to() {
        assert_eq!(read(&[]), Ok(Reach::default()));
    }

    #[test]
    fn what_is_said_reaches_the_node() {
        let reach = read(&[
            ("payment-fronting-node", GENERATOR),
            ("onion-path-hops", "3"),
            ("payment-path-hops", "2"),
            ("onion-path-dummy-hops", "7"),
            ("fetchinvoice-noconnect", "true"),
        ])
        .unwrap();
        let (hops, payment_hops, dummy_hops) = (3, 2, 7);
        let fronts = vec![bolt1::decode_point(&hex::decode(GENERATOR).unwrap()).unwrap()];
        let paths = PathShape { fronts, hops, payment_hops, dummy_hops };
        assert_eq!(reach, Reach { paths, no_connect: true });
    }

    #[test]
    fn what_is_no_node_or_out_of_range_is_refused_by_name() {
        for (name, value) in [
            ("payment-fronting-node", "02"),
            ("payment-fronting-node", "shop.example"),
            ("onion-path-hops", "0"),
            ("onion-path-hops", "4"),
            ("payment-path-hops", "0"),
            ("payment-path-hops", "4"),
            ("onion-path-dummy-hops", "8"),
            ("fetchinvoice-noconnect", "perhaps"),
        ] {
            let refused = read(&[(name, value)]).unwrap_err();
            assert!(refused.contains(name), "{name}={value}: {refused}");
        }
    }
}
