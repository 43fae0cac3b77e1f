//! What this process takes, under the names that every exporter has for it.

use bolt1::Timestamp;
use cpu_time::ProcessTime;

use super::sheet::{Sheet, number, things, unit};

/// Enters what the system says of us; what it does not say is left out.
pub(super) fn enter(since: Timestamp, sheet: &mut Sheet) {
    let title = unit("process_start_time", "seconds", "When counting began, in seconds since 1970");
    sheet.gauge(title, number(since.0));
    let title = unit("process_cpu", "seconds", "Processor time that was used");
    if let Ok(used) = ProcessTime::try_now() {
        sheet.counter(title, used.as_duration().as_secs_f64());
    }
    let title = unit("process_resident_memory", "bytes", "Memory that is in use");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    sheet.gauges(
        title,
        resident(&status).map(|bytes| (Vec::new(), number(bytes))).into_iter().collect(),
    );
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // Reading the list takes one.
        let open = u64::try_from(open.count()).unwrap_or(u64::MAX).saturating_sub(1);
        sheet.gauge(things("process_open_fds", "Open files and connections"), number(open));
    }
}

/// The resident memory in Linux's description of a process, in bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(resident("VmPeak:\t 9 kB\nVmRSS:\t   7208 kB\n"), Some(7208 * 1024));
        assert_eq!(resident("VmRSS:\t lots\n"), None);
        assert_eq!(resident(""), None);
    }
}
