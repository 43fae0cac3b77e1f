//! Putting old channel state where nobody uses it.
//!
//! It is kept, under other names. The monitors are still of use there, see [`super::old_channels`].

use lightning::util::persist::{
    CHANNEL_MANAGER_PERSISTENCE_KEY, CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE, CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
};
use offerd_core::port::{KeyValueStore, NamedChange, PortError};
use tracing::warn;

const MANAGER: (&str, &str) = (
    CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE,
);
const MONITORS: (&str, &str) = (
    CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
);
/// Where it goes; the second part of the name is the place it had.
const ASIDE: &str = "old_channel_state";
/// Where the monitors go.
pub(super) const OLD_MONITORS: (&str, &str) = (ASIDE, "monitors");

/// Moves channel monitors and the channel manager away, all at once.
pub(super) fn set_aside(values: &dyn KeyValueStore) -> Result<(), PortError> {
    let monitors = values.list(MONITORS.0, MONITORS.1)?;
    let monitors = monitors.into_iter().map(|key| (MONITORS, OLD_MONITORS.1, key));
    let manager = (MANAGER, "manager", CHANNEL_MANAGER_PERSISTENCE_KEY.to_owned());
    let mut old = Vec::new();
    for (from, place, key) in monitors.chain([manager]) {
        if let Some(state) = values.read(from.0, from.1, &key)? {
            warn!(place, key, "old channel state is put aside and will not be used");
            old.push((from, place, key, state));
        }
    }
    let moves = old.iter().flat_map(|((primary, secondary), place, key, state)| {
        let there =
            NamedChange { primary: ASIDE, secondary: place, key, value: Some(state.as_slice()) };
        [there, NamedChange { primary, secondary, key, value: None }]
    });
    values.write_all(&moves.collect::<Vec<_>>())
}
