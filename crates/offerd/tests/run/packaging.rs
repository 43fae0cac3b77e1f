//! The files in `packaging/` say only what there is: options, methods, places.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use offerd::config::option::OPTIONS;
use offerd_api::method;

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// What stands behind `key=` in a unit.
fn setting<'a>(unit: &'a str, key: &str) -> &'a str {
    let value = |line: &'a str| line.strip_prefix(key)?.strip_prefix('=');
    unit.lines().find_map(value).unwrap_or_else(|| panic!("no {key}"))
}

fn is_option(name: &str) -> bool {
    OPTIONS.iter().any(|option| option.name == name)
}

#[test]
fn the_systemd_unit_starts_what_there_is_where_it_may_write() {
    let unit = file("offerd.service");
    let words: Vec<&str> = setting(&unit, "ExecStart").split(' ').collect();
    let [program, verb, flags @ ..] = words.as_slice() else { panic!("{words:?}") };
    assert_eq!((*program, *verb), ("/usr/local/bin/offerd", "run"));
    let values: Vec<(&str, &str)> = flags
        .chunks(2)
        .map(|pair| (pair[0].strip_prefix("--").expect("a flag"), pair[1]))
        .collect();
    for (name, _) in &values {
        assert!(is_option(name), "--{name}");
    }
    let value = |wanted| values.iter().find(|(name, _)| *name == wanted).expect("is given").1;
    assert_eq!(value("dir"), format!("/var/lib/{}", setting(&unit, "StateDirectory")));
    let folder = Path::new(value("config")).parent().unwrap();
    assert_eq!(folder, Path::new("/etc").join(setting(&unit, "ConfigurationDirectory")));
    let guide = include_str!("../../../../docs/operating.md");
    assert!(guide.contains(value("dir")) && guide.contains(value("config")));
    // READY=1 is told, see `the_service_manager_hears_when_it_is_ready_and_when_it_ends`.
    assert_eq!(setting(&unit, "Type"), "notify");
    assert_eq!(setting(&unit, "User"), "offerd");
}

#[test]
fn the_systemd_unit_is_one_for_systemd_too() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("NOT TESTED: systemd-analyze is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Neither the program nor its manual is installed where this runs.
    let unit = file("offerd.service").replace("/usr/local/bin/offerd", "/bin/true");
    let unit: String =
        unit.split_inclusive('\n').filter(|line| !line.starts_with("Documentation=")).collect();
    let path = dir.path().join("offerd.service");
    fs::write(&path, unit).unwrap();
    let output = Command::new("systemd-analyze").arg("verify").arg(&path).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = told.lines().filter(|line| line.contains("offerd")).collect();
    assert!(output.status.success() && ours.is_empty(), "{told}");
}

#[test]
fn the_log_is_rotated_where_the_unit_may_write_it_and_the_unit_is_told() {
    let (unit, rotation) = (file("offerd.service"), file("logrotate"));
    let folder = format!("/var/log/{}/", setting(&unit, "LogsDirectory"));
    let log = rotation.lines().find(|line| line.ends_with('{')).unwrap();
    assert!(log.starts_with(&folder), "{log}");
    assert!(rotation.contains("--signal=HUP") && rotation.contains("offerd.service"));
    assert!(is_option("log-file"));
    // The daemon makes the new file itself, as its user.
    assert!(!rotation.lines().any(|line| line.trim().starts_with("create ")));
}

#[test]
fn the_container_file_names_options_methods_and_packages_that_there_are() {
    let text = file("Containerfile");
    let known: BTreeSet<String> =
        OPTIONS.iter().map(|option| format!("OFFERD_{}", env_name(option.name))).collect();
    let named = text.split(|it: char| !it.is_ascii_uppercase() && it != '_');
    let named: BTreeSet<&str> =
        named.filter(|word| word.len() > 7 && word.starts_with("OFFERD_")).collect();
    assert!(named.len() >= 4, "{named:?}");
    for name in named {
        assert!(known.contains(name), "{name}");
    }
    assert!(text.contains("ENTRYPOINT [\"offerd\"]") && text.contains("CMD [\"run\"]"));
    let checked = text.lines().find(|line| line.starts_with("HEALTHCHECK")).unwrap();
    let asked = checked.rsplit('"').nth(1).unwrap();
    assert!(method::find(asked).is_some(), "{asked}");
    for package in ["offerd", "offer-cli"] {
        assert!(text.contains(&format!("--package {package}")));
        assert!(text.contains(&format!("target/release/{package}")));
    }
    let port = text.lines().find_map(|line| line.strip_prefix("EXPOSE ")).unwrap();
    assert!(text.contains(&format!("OFFERD_LISTEN=0.0.0.0:{port}")));
    let volume = text.lines().find_map(|line| line.strip_prefix("VOLUME ")).unwrap();
    assert!(text.contains(&format!("OFFERD_DIR={volume}")));
}

fn env_name(option: &str) -> String {
    option.to_uppercase().replace('-', "_")
}
