//! Replays every input that fuzzing found worth keeping. A crash that was mended stays here as a case.

use std::fs;
use std::path::Path;

#[test]
fn every_kept_input_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut replayed = 0;
    for (name, target) in offerd_fuzz::TARGETS {
        let folder = corpus.join(name);
        let before = replayed;
        for entry in fs::read_dir(&folder).expect("every target has a corpus") {
            let path = entry.expect("the corpus can be listed").path();
            target(&fs::read(&path).expect("the corpus can be read"));
            replayed += 1;
        }
        assert!(replayed > before, "the corpus of {name} is empty");
    }
    println!("{replayed} inputs replayed");
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
