//! Named byte strings.

use offerd_core::port::{NamedChange, Store};

pub fn a_written_value_is_read_back(store: &dyn Store) {
    store.write("monitors", "", "channel", b"\0state\xff").expect("write");
    let value = store.read("monitors", "", "channel").expect("read");
    assert_eq!(value.as_deref(), Some(&b"\0state\xff"[..]));
    assert_eq!(store.list("monitors", "").expect("list"), ["channel"]);
}

pub fn an_absent_value_is_none(store: &dyn Store) {
    assert_eq!(store.read("monitors", "", "channel").expect("read"), None);
    assert_eq!(store.list("monitors", "").expect("list"), Vec::<String>::new());
}

pub fn a_value_is_replaced(store: &dyn Store) {
    store.write("", "", "manager", b"old and long").expect("write");
    store.write("", "", "manager", b"new").expect("write");
    assert_eq!(store.read("", "", "manager").expect("read").as_deref(), Some(&b"new"[..]));
    assert_eq!(store.list("", "").expect("list"), ["manager"]);
}

pub fn an_empty_value_is_not_an_absent_one(store: &dyn Store) {
    store.write("", "", "empty", b"").expect("write");
    assert_eq!(store.read("", "", "empty").expect("read"), Some(Vec::new()));
}

pub fn a_removed_value_is_gone_and_may_be_removed_again(store: &dyn Store) {
    store.write("", "", "manager", b"state").expect("write");
    store.remove("", "", "manager").expect("remove");
    assert_eq!(store.read("", "", "manager").expect("read"), None);
    assert_eq!(store.list("", "").expect("list"), Vec::<String>::new());
    store.remove("", "", "manager").expect("remove again");
}

pub fn namespaces_do_not_mix(store: &dyn Store) {
    let names = [("a", "", "k"), ("", "a", "k"), ("a", "b", "k"), ("ab", "", "k"), ("a", "", "l")];
    for (primary, secondary, key) in names {
        let value = format!("{primary}/{secondary}/{key}");
        store.write(primary, secondary, key, value.as_bytes()).expect("write");
    }
    for (primary, secondary, key) in names {
        let value = format!("{primary}/{secondary}/{key}").into_bytes();
        assert_eq!(store.read(primary, secondary, key).expect("read"), Some(value));
    }
    let mut keys = store.list("a", "").expect("list");
    keys.sort();
    assert_eq!(keys, ["k", "l"]);
    store.remove("a", "", "k").expect("remove");
    assert_eq!(store.list("a", "").expect("list"), ["l"]);
    assert_eq!(store.list("a", "b").expect("list"), ["k"]);
}

pub fn several_changes_are_made_in_order_and_at_once(store: &dyn Store) {
    store.write("monitors", "", "old", b"state").expect("write");
    let change = |primary, key, value| NamedChange { primary, secondary: "", key, value };
    let changes = [
        change("monitors", "old", None),
        change("monitors", "new", Some(&b"first"[..])),
        change("", "manager", Some(&b"state"[..])),
        change("monitors", "new", Some(&b"second"[..])),
        change("", "never there", None),
    ];
    store.write_all(&changes).expect("write all");
    assert_eq!(store.list("monitors", "").expect("list"), ["new"]);
    let read = |primary, key| store.read(primary, "", key).expect("read");
    assert_eq!(read("monitors", "new").as_deref(), Some(&b"second"[..]));
    assert_eq!(read("", "manager").as_deref(), Some(&b"state"[..]));
    store.write_all(&[]).expect("write nothing");
}

pub fn a_large_value_is_kept(store: &dyn Store) {
    let value: Vec<u8> = (0..=u8::MAX).cycle().take(5_000_000).collect();
    store.write("", "", "graph", &value).expect("write");
    assert!(store.read("", "", "graph").expect("read") == Some(value));
}
