//! Metadata of the identity provider over time: new keys, another provider, none at all.

use muster::clock::Clock;
use muster::config::{Settings, Sources};
use muster::service::{Gateway, OpenError, Role};

use super::battery::field;
use super::document::{IDP, Signed};
use super::signer::Key;
use super::site::{Site, begin, metadata, post};
use crate::support::Browser;

/// The status of a login whose response this key signs.
fn status(site: &Site, key: &Key) -> u16 {
    let mut browser = Browser::new(&site.fixture);
    let asked = begin(&mut browser, "");
    let login = site.login("ada@example.org", Some(&asked.id));
    let response = field(&login.pieces(&site.nonce()).sign(Signed::Both, key));
    post(&mut browser, &response, None).status
}

fn refresh(site: &Site, document: &str) {
    std::fs::write(&site.metadata, document).unwrap();
    site.fixture
        .block_on(site.fixture.gateway.refresh_saml())
        .unwrap();
}

#[test]
fn a_new_certificate_rolls_over() {
    let (site, new) = (Site::start(), Key::rsa());
    assert_eq!((status(&site, &site.key), status(&site, &new)), (303, 403));
    refresh(&site, &metadata(IDP, &[&site.key, &new]));
    assert_eq!((status(&site, &site.key), status(&site, &new)), (303, 303));
    refresh(&site, &metadata(IDP, &[&new]));
    assert_eq!((status(&site, &site.key), status(&site, &new)), (403, 303));
}

#[test]
fn another_provider_or_none_with_a_key_is_not_taken() {
    let (site, evil) = (Site::start(), Key::rsa());
    for document in [
        metadata("https://evil.example/metadata", &[&evil]),
        metadata(IDP, &[]),
        metadata(IDP, &[&evil]).replace("use=\"signing\"", "use=\"encryption\""),
        metadata(IDP, &[&evil]).replace(&evil.base64(), "AAAA"),
        format!(
            "<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/\">{}",
            metadata(IDP, &[&evil])
        ),
        "<html>Not found</html>".to_owned(),
        String::new(),
    ] {
        refresh(&site, &document);
        assert_eq!(
            (status(&site, &site.key), status(&site, &evil)),
            (303, 403),
            "{document}"
        );
    }
    let metrics = site.fixture.root().get("/metrics").expect(200).text();
    assert!(
        metrics.contains("muster_saml_metadata_refused 1"),
        "{metrics}"
    );
    refresh(&site, &metadata(IDP, &[&site.key]));
    let metrics = site.fixture.root().get("/metrics").expect(200).text();
    assert!(
        metrics.contains("muster_saml_metadata_refused 0"),
        "{metrics}"
    );
    std::fs::remove_file(&site.metadata).unwrap();
    site.fixture
        .block_on(site.fixture.gateway.refresh_saml())
        .unwrap();
    assert_eq!((status(&site, &site.key), status(&site, &evil)), (303, 403));
}

#[test]
fn another_process_takes_new_metadata_over() {
    let (site, new) = (Site::start(), Key::rsa());
    let beside = site.fixture.beside();
    assert_eq!(status(&site, &new), 403);
    std::fs::write(&site.metadata, metadata(IDP, &[&new])).unwrap();
    site.fixture.block_on(beside.refresh_saml()).unwrap();
    assert_eq!(status(&site, &new), 303);
    beside.close();
}

#[test]
fn the_check_names_the_provider() {
    let site = Site::start();
    let report = site.fixture.muster(&["check"]).out;
    let line = format!("ok       saml.idp_metadata: {IDP} with 1 certificate(s)\n");
    assert!(report.contains(&line), "{report}");
    std::fs::write(&site.metadata, metadata(IDP, &[])).unwrap();
    let report = site.fixture.muster(&["check"]).out;
    assert!(
        report.contains(
            "failed   saml.idp_metadata: the identity provider has no signing certificate"
        ),
        "{report}"
    );
}

#[test]
fn the_three_settings_stand_for_metadata() {
    let key = Key::rsa();
    let pem = key.pem();
    let open = |settings: &[(&str, &str)]| {
        let directory = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", directory.path().join("muster.db").display());
        let mut flags = vec![
            ("database.url".to_owned(), database),
            ("login.method".to_owned(), "saml".to_owned()),
        ];
        flags.extend(
            settings
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        let settings = Settings::load(Sources {
            flags,
            environment: Vec::new(),
            file: None,
            read_secret: &|_| Err(String::new()),
        });
        let opened = Gateway::open(settings.unwrap(), Clock::system(), Role::Serve);
        opened.map(|gateway| gateway.close())
    };
    let good = [
        ("saml.idp_entity_id", IDP),
        ("saml.idp_sso_url", "https://idp.example.org/sso"),
        ("saml.idp_certificate", pem.as_str()),
    ];
    open(&good).unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    let bad = [good[0], good[1], ("saml.idp_certificate", broken)];
    let Err(OpenError::Misconfigured(faults)) = open(&bad) else {
        panic!("a broken certificate is taken");
    };
    assert_eq!(
        faults.to_string(),
        "saml.idp_certificate: (a certificate) is not an X.509 certificate"
    );
}
