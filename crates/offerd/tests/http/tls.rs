//! TLS, with a certificate made for these tests alone.

use std::path::Path;
use std::sync::Arc;

use offerd::http::{TlsFiles, api};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::client::{Shop, all, post};

fn files() -> TlsFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http/certificate");
    TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") }
}

#[tokio::test]
async fn calls_go_over_tls_and_plain_text_gets_nothing() {
    let shop = Shop::open_with(api::limits(), Some(files())).await;
    let rune = shop.rune(&[]);
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(files().certificate).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, shop.connect().await).await.unwrap();
    stream.write_all(post("getinfo", &rune, "").as_bytes()).await.unwrap();
    let told = String::from_utf8(all(&mut stream).await).unwrap();
    assert!(told.starts_with("HTTP/1.1 201 Created"), "{told}");
    let plain = shop.call(&rune, "getinfo", "").await;
    assert_eq!(plain.status, 0, "{plain:?}");
    shop.close().await;
}

#[test]
fn a_certificate_that_is_none_is_refused_by_its_file() {
    let good = files();
    let missing = TlsFiles { certificate: "/nonexistent.pem".into(), ..files() };
    let swapped = TlsFiles { certificate: good.key.clone(), key: good.certificate.clone() };
    for (files, named) in [(missing, "/nonexistent.pem"), (swapped, "key.pem")] {
        let error = files.acceptor().err().unwrap().to_string();
        assert!(error.contains(named), "{error}");
    }
}
