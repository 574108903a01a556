//! pysaml2 as the identity provider, driven through its own login page.

use std::process::Command;

use super::program::{Program, free_port, python};
use super::signer::Key;
use super::surfer::Surfer;
use crate::support::{Fixture, Setup};

#[test]
fn people_log_in_with_pysaml2() {
    let (directory, port, key) = (tempfile::tempdir().unwrap(), free_port(), Key::rsa());
    let at = |name: &str| directory.path().join(name);
    std::fs::write(at("idp.pem"), key.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    std::fs::write(at("idp.crt"), key.pem()).unwrap();
    let metadata = format!("http://127.0.0.1:{port}/metadata");
    let fixture = Fixture::with(Setup {
        settings: vec![
            ("login.method", "saml"),
            ("saml.idp_metadata", metadata.leak()),
            ("outbound.allow", "127.0.0.0/8"),
            // pysaml2 sends the OID as Name and the word as FriendlyName.
            ("saml.email_attribute", "mail"),
        ],
        ..Setup::default()
    });
    let us = format!("http://{}", fixture.address);
    let mut surfer = Surfer::new();
    // Nobody is there yet: that is told, and is no fault of the person.
    let early = surfer.get(&format!("{us}/saml/login")).reply;
    assert_eq!(early.status, 503, "{}", early.text());
    std::fs::write(
        at("sp.xml"),
        surfer.get(&format!("{us}/saml/metadata")).reply.body,
    )
    .unwrap();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/saml/idp/pysaml2_idp.py"
    );
    let mut command = Command::new(python());
    command
        .arg(script)
        .arg(port.to_string())
        .args([at("idp.pem"), at("idp.crt"), at("sp.xml")]);
    let _idp = Program::start(&mut command, port, "/metadata", &at("log"));
    let mut ids = Vec::new();
    for signed in ["both", "assertion"] {
        let mut surfer = Surfer::new();
        let page = surfer.get(&format!("{us}/saml/login"));
        let form = page.form().with("username", "ada");
        let wrong = surfer.post(&page.form().with("username", "ada").with("password", "x"));
        assert!(wrong.reply.text().contains("Wrong name or password"));
        let page = surfer.post(&form.with("password", "secret").with("signed", signed));
        let back = surfer.post(&page.form());
        assert_eq!(back.reply.status, 200, "{signed}: {}", back.reply.text());
        let session = surfer.get(&format!("{us}/auth/session")).reply.json();
        assert_eq!(session["user"]["userName"], "ada@example.org");
        assert_eq!(session["user"]["name"]["givenName"], "Ada");
        ids.push(session["user"]["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
}
