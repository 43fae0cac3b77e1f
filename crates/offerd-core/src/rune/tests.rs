use super::*;

/// The vectors of Core Lightning's `ccan/rune`, one case a line.
const VECTORS: &str = include_str!("../../tests/vectors/runes.csv");

fn master() -> MasterRune {
    MasterRune::of_short_secret(&[0; 16])
}

fn restriction(text: &str) -> Restriction {
    Restriction::new(text.split('|').map(|text| Alternative::read(text).unwrap()).collect())
        .unwrap()
}

/// `f1=1`, `f2=…`: the values of a PASS or FAIL line.
fn fields<'a>(cells: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    cells.iter().map(|cell| cell.split_once('=').unwrap()).collect()
}

fn holds(rune: &Rune, fields: &[(&str, &str)]) -> bool {
    let value = |name: &str| fields.iter().find(|(known, _)| *known == name);
    rune.check(|alternative| alternative.test(value(&alternative.field).map(|(_, value)| *value)))
        .is_ok()
}

#[test]
fn the_vectors_of_core_lightning_come_out_the_same() {
    let mut current = master().rune(Vec::new());
    let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
    for line in VECTORS.lines().filter(|line| !line.starts_with("//")) {
        let cells: Vec<&str> = line.split(',').collect();
        *kinds.entry(cells[0]).or_default() += 1;
        match cells[0] {
            "VALID" => {
                let (code, text) = cells[2].split_once(':').unwrap();
                current = cells[3].parse().unwrap();
                assert!(master().made(&current), "{line}");
                assert_eq!(hex(current.code()), code, "{line}");
                assert_eq!(current.restrictions_text(), text, "{line}");
                assert_eq!(current.expose(), cells[3], "{line}");
                let id = cells.get(4..).unwrap_or_default().join("-");
                assert_eq!(current.unique_id().unwrap_or_default(), id, "{line}");
            }
            "PASS" => assert!(holds(&current, &fields(&cells[1..])), "{line}"),
            "FAIL" => assert!(!holds(&current, &fields(&cells[1..])), "{line}"),
            "MALFORMED" => assert!(cells[3].parse::<Rune>().is_err(), "{line}"),
            "BAD DERIVATION" => {
                assert!(!master().made(&cells[3].parse().unwrap()), "{line}");
            }
            "DERIVE" => {
                let base: Rune = cells[2].parse().unwrap();
                let alternatives =
                    cells[4..].chunks(3).map(|cell| Alternative::read(&cell.concat()).unwrap());
                let added = Restriction::new(alternatives.collect()).unwrap();
                let id = added.alternatives()[0].field.is_empty();
                current =
                    if id { master().rune(vec![added]) } else { base.restricted(added).unwrap() };
                assert_eq!(current.expose(), cells[3], "{line}");
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(kinds.values().sum::<usize>(), VECTORS.lines().count() - 2);
    assert!(kinds["VALID"] > 10 && kinds["FAIL"] > 30 && kinds["MALFORMED"] > 20, "{kinds:?}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_rune_that_others_restricted_is_still_ours_and_one_with_less_is_not() {
    let master = MasterRune::new(&[7; 32]);
    let ours = master.rune(vec![Restriction::unique_id(3), restriction("method=offer")]);
    let given = ours.restricted(restriction("time<100|rate=2")).unwrap();
    assert!(master.made(&given));
    assert_eq!(given, given.expose().parse().unwrap());
    assert_eq!(given.unique_id(), Some("3"));
    assert!(!MasterRune::new(&[8; 32]).made(&given));
    for fewer in 0..given.restrictions().len() {
        let kept = given.restrictions()[..fewer].to_vec();
        assert!(!master.made(&Rune::from_parts(*given.code(), kept)), "{fewer}");
    }
    let mut other = given.restrictions().to_vec();
    other[1] = restriction("method=offerout");
    assert!(!master.made(&Rune::from_parts(*given.code(), other)));
}

#[test]
fn restrictions_of_any_length_end_where_sha_256_would() {
    let master = MasterRune::new(&[1; 32]);
    for length in 0..200 {
        let long = restriction(&format!("f={}", "x".repeat(length)));
        let made = master.rune(vec![long.clone(), restriction("g=1")]);
        let added = master.rune(vec![long]).restricted(restriction("g=1")).unwrap();
        assert_eq!(made, added, "{length}");
    }
}

#[test]
fn debug_shows_neither_code_nor_secret() {
    let master = MasterRune::new(&[0xab; 32]);
    let shown = format!("{master:?} {:?}", master.rune(vec![restriction("method=pay")]));
    assert!(shown.contains("method") && !shown.contains("code") && !shown.contains("171"));
}

#[test]
fn what_is_no_rune_is_told_from_one_with_bad_restrictions() {
    assert_eq!("".parse::<Rune>(), Err(RuneError::NotBase64));
    assert_eq!("????".parse::<Rune>(), Err(RuneError::NotBase64));
    assert_eq!("A".repeat(10_000).parse::<Rune>(), Err(RuneError::NotBase64));
    let master = MasterRune::new(&[1; 32]);
    let empty = master.rune(Vec::new());
    assert_eq!(empty.expose().trim_end_matches('=').parse(), Ok(empty));
    assert_eq!(Alternative::read("method"), Err(RestrictionError::NoCondition));
    assert_eq!(Alternative::read("me.thod=1"), Err(RestrictionError::NoCondition));
    assert_eq!(Alternative::read("pnameamount_msat<1").unwrap().field, "pnameamount_msat");
    assert_eq!(Restriction::new(Vec::new()), Err(RestrictionError::Empty));
}
