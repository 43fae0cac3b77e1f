//! Named byte strings.

use offerd_core::port::Store;

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

pub fn a_large_value_is_kept(store: &dyn Store) {
    let value: Vec<u8> = (0..=u8::MAX).cycle().take(5_000_000).collect();
    store.write("", "", "graph", &value).expect("write");
    assert!(store.read("", "", "graph").expect("read") == Some(value));
}
