//! Putting old channel state where nobody uses it.
//!
//! It is kept, under other names: somebody who knows what he does may want to look at it.

use lightning::util::persist::{
    CHANNEL_MANAGER_PERSISTENCE_KEY, CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE, CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
};
use offerd_core::port::{KeyValueStore, PortError};
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

/// Moves channel monitors and the channel manager away. Each is written in its new place before it goes from the
/// old one, the manager last: interrupted, it is done again.
pub(super) fn set_aside(values: &dyn KeyValueStore) -> Result<(), PortError> {
    for key in values.list(MONITORS.0, MONITORS.1)? {
        move_away(values, MONITORS, &key)?;
    }
    move_away(values, MANAGER, CHANNEL_MANAGER_PERSISTENCE_KEY)
}

fn move_away(values: &dyn KeyValueStore, from: (&str, &str), key: &str) -> Result<(), PortError> {
    let Some(state) = values.read(from.0, from.1, key)? else { return Ok(()) };
    let place = if from == MONITORS { "monitors" } else { "manager" };
    values.write(ASIDE, place, key, &state)?;
    values.remove(from.0, from.1, key)?;
    warn!(place, key, "old channel state is put aside and will not be used");
    Ok(())
}
