//! Replays every input that fuzzing found worth keeping. A crash that was mended stays here as a case.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// The folders whose inputs a target gets: its own, and where it judges with LDK that of the plain decoder.
fn corpora(name: &str) -> Vec<&str> {
    let plain = match name {
        "ldk_invoices" => Some("invoice"),
        "ldk_offers" => Some("offer"),
        "ldk_proof_creation" => Some("proof_creation"),
        "ldk_proofs" => Some("payer_proof"),
        "ldk_requests" => Some("invoice_request"),
        _ => None,
    };
    [Some(name), plain].into_iter().flatten().collect()
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("every target has a corpus");
    entries.map(|entry| entry.expect("the corpus can be listed").path()).collect()
}

#[test]
fn every_kept_input_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let (mut replayed, mut broken) = (0, Vec::new());
    for (name, target) in offerd_fuzz::TARGETS {
        let before = replayed;
        for path in corpora(name).into_iter().flat_map(|name| inputs(&corpus.join(name))) {
            let input = fs::read(&path).expect("the corpus can be read");
            // Each says by itself what is wrong with it.
            if catch_unwind(|| target(&input)).is_err() {
                broken.push(path);
            }
            replayed += 1;
        }
        assert!(replayed > before, "the corpus of {name} is empty");
    }
    println!("{replayed} inputs replayed");
    assert!(broken.is_empty(), "{} inputs do not hold: {broken:#?}", broken.len());
}

#[test]
fn every_target_is_a_binary_and_has_a_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut binaries: Vec<_> = fs::read_dir(root.join("fuzz_targets"))
        .expect("the targets can be listed")
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    binaries.sort();
    assert_eq!(binaries, offerd_fuzz::TARGETS.map(|(name, _)| name.to_owned()));
}
