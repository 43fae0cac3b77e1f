//! Ours, LDK's and the bare work, in one run. `cargo bench -p bench` prints a table and writes `target/bench.json`.
#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking where its input is wrong")]

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use bench::{BareOnion, BareRead, CpuTime, Messages, Row, keypair, print};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::onion_message::{Destination, OnionMessage, create, peel};
use bolt4::{BlindedPath, NodeRef, blind};
use bolt12::{Invoice, InvoiceRequest, Offer, merkle};
use criterion::Criterion;
use lightning::offers::invoice::{Bolt12Invoice, UnsignedBolt12Invoice};
use lightning::offers::invoice_request::InvoiceRequest as LdkRequest;
use lightning::offers::offer::Offer as LdkOffer;
use secp256k1::{Secp256k1, SecretKey};

/// Each way under its name, one after the other.
fn compare(
    criterion: &mut Criterion<CpuTime>,
    name: &str,
    ours: &dyn Fn(),
    bare: Option<&dyn Fn()>,
    ldk: Option<&dyn Fn()>,
) {
    let mut group = criterion.benchmark_group(name);
    group.bench_function("ours", |bencher| bencher.iter(ours));
    if let Some(bare) = bare {
        group.bench_function("bare", |bencher| bencher.iter(bare));
    }
    if let Some(ldk) = ldk {
        group.bench_function("ldk", |bencher| bencher.iter(ldk));
    }
    group.finish();
}

fn allocations(run: &dyn Fn()) -> Option<(u64, u64)> {
    run();
    let counted = allocation_counter::measure(run);
    Some((counted.count_total, counted.bytes_total))
}

fn messages(criterion: &mut Criterion<CpuTime>, rows: &mut Vec<Row>) {
    let Messages { short_offer, offer, request, invoice, .. } = Messages::new();
    let secp = Secp256k1::verification_only();
    for (name, offer, goal) in [("short offer", &short_offer, 1.3), ("offer", &offer, 1.15)] {
        let ours = || drop(black_box(Offer::decode(black_box(offer.bytes())).unwrap()));
        let bare = BareRead::of(offer.bytes(), None);
        let ldk =
            || drop(black_box(LdkOffer::try_from(black_box(offer.bytes().to_vec())).unwrap()));
        compare(criterion, name, &ours, Some(&|| bare.run()), Some(&ldk));
        let allocations = allocations(&ours);
        rows.push(Row { name, of_bare: Some(goal), of_ldk: Some(1.0), allocations });
    }

    let ours = || {
        let read = InvoiceRequest::decode(black_box(request.bytes())).unwrap();
        black_box(read.verify_signature(&secp)).unwrap();
    };
    let bare = BareRead::of(request.bytes(), Some((&request.payer_id(), "invoice_request")));
    let ldk =
        || drop(black_box(LdkRequest::try_from(black_box(request.bytes().to_vec())).unwrap()));
    compare(criterion, "request", &ours, Some(&|| bare.run()), Some(&ldk));
    let counted = allocations(&ours);
    let (of_bare, of_ldk) = (Some(1.15), Some(1.0));
    rows.push(Row { name: "request", of_bare, of_ldk, allocations: counted });

    let ours = || {
        let read = Invoice::decode(black_box(invoice.bytes())).unwrap();
        black_box(read.verify_signature(&secp)).unwrap();
    };
    let bare = BareRead::of(invoice.bytes(), Some((&invoice.node_id(), "invoice")));
    let ldk =
        || drop(black_box(Bolt12Invoice::try_from(black_box(invoice.bytes().to_vec())).unwrap()));
    compare(criterion, "invoice", &ours, Some(&|| bare.run()), Some(&ldk));
    let counted = allocations(&ours);
    rows.push(Row { name: "invoice", of_bare, of_ldk, allocations: counted });

    // LDK's root cannot be had by itself: its reader of unsigned invoices is the least that contains it.
    let root = || {
        black_box(merkle::root(black_box(invoice.bytes())));
    };
    compare(criterion, "merkle root", &root, None, None);
    rows.push(Row {
        name: "merkle root",
        of_bare: None,
        of_ldk: None,
        allocations: allocations(&root),
    });
    let unsigned: Vec<u8> =
        invoice.records().filter(|r| r.typ != 240).flat_map(|r| r.bytes).copied().collect();
    let ours = || {
        drop(black_box(Invoice::decode(black_box(invoice.bytes())).unwrap()));
        black_box(merkle::root(black_box(invoice.bytes())));
    };
    let ldk =
        || drop(black_box(UnsignedBolt12Invoice::try_from(black_box(unsigned.clone())).unwrap()));
    compare(criterion, "invoice and root, unverified", &ours, None, Some(&ldk));
    rows.push(Row {
        name: "invoice and root, unverified",
        of_bare: None,
        of_ldk: Some(1.0),
        allocations: None,
    });
}

fn path_over(nodes: &[u8]) -> BlindedPath {
    let id = |byte: u8| keypair(byte).public_key();
    let mut hops = Vec::new();
    for pair in nodes.windows(2) {
        hops.push((id(pair[0]), EncryptedData::forward(NextHop::NodeId(id(pair[1])))));
    }
    hops.push((id(*nodes.last().unwrap()), EncryptedData::receive(Some(vec![1; 32]))));
    let secret = SecretKey::from_slice(&[0x33; 32]).unwrap();
    blind(&Secp256k1::new(), secret, NodeRef::Id(id(nodes[0])), &hops).unwrap()
}

fn onions(criterion: &mut Criterion<CpuTime>, rows: &mut Vec<Row>) {
    let secp = Secp256k1::new();
    let id = |byte: u8| keypair(byte).public_key();
    let reply = path_over(&[4, 5]);
    let session = SecretKey::from_slice(&[0x35; 32]).unwrap();
    let bytes = Messages::new().short_request.bytes().to_vec();
    let (over, to) = ([id(1), id(2)], Destination::Node(id(3)));
    let build = || -> OnionMessage {
        let content = (64, bytes.clone());
        create(&secp, session, &over, &to, content, Some(&reply)).unwrap().1
    };
    let bare = BareOnion::new();
    let message = build();
    let key = keypair(1).secret_key();
    let ours = || drop(black_box(peel(&secp, &key, black_box(&message)).unwrap()));
    compare(criterion, "peel a layer", &ours, Some(&|| bare.peel()), None);
    rows.push(Row {
        name: "peel a layer",
        of_bare: Some(1.2),
        of_ldk: None,
        allocations: allocations(&ours),
    });
    let ours = || drop(black_box(build()));
    compare(criterion, "build over three hops", &ours, Some(&|| bare.build_over_three()), None);
    rows.push(Row {
        name: "build over three hops",
        of_bare: Some(1.2),
        of_ldk: None,
        allocations: allocations(&ours),
    });
}

fn main() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let folder = target.join("criterion");
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime)
        .output_directory(&folder)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .sample_size(50)
        .without_plots()
        .configure_from_args();
    let mut rows = Vec::new();
    messages(&mut criterion, &mut rows);
    onions(&mut criterion, &mut rows);
    criterion.final_summary();
    print(&rows, &folder, &target.join("bench.json")).expect("the results can be read");
}
