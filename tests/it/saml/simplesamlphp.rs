//! SimpleSAMLphp as the identity provider, driven through its own login page.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use super::program::{Program, free_port};
use super::signer::Key;
use super::surfer::{Page, Surfer, plain};
use crate::support::{Fixture, Setup};

const WWW: &str = "/usr/share/simplesamlphp/www";
const SIGN_BOTH: &str = "'saml20.sign.response' => true, 'saml20.sign.assertion' => true,";
const ADMIN: &str = "'role' => ['user', 'admin'],";

/// The identity provider with the gateway that trusts it.
struct Pair {
    php: Program,
    fixture: Fixture,
    directory: TempDir,
    sp: Key,
}

impl Pair {
    fn start() -> Self {
        let (directory, port, sp) = (tempfile::tempdir().unwrap(), free_port(), Key::rsa());
        let at = directory.path();
        for name in [
            "config", "metadata", "cert", "log", "data", "tmp", "sessions",
        ] {
            std::fs::create_dir(at.join(name)).unwrap();
        }
        let idp = Key::rsa();
        std::fs::write(
            at.join("cert/idp.pem"),
            idp.key.private_key_to_pem_pkcs8().unwrap(),
        )
        .unwrap();
        std::fs::write(at.join("cert/idp.crt"), idp.pem()).unwrap();
        std::fs::write(at.join("sp.crt"), sp.pem()).unwrap();
        let config = include_str!("idp/simplesamlphp.php").replace("PORT", &port.to_string());
        let config = config.replace("DIRECTORY", &at.display().to_string());
        std::fs::write(at.join("config/config.php"), config).unwrap();
        people(at, ADMIN);
        hosted(at, port, SIGN_BOTH);
        std::fs::write(at.join("metadata/saml20-sp-remote.php"), "<?php\n").unwrap();
        let address = format!("127.0.0.1:{port}");
        let mut php = Command::new("php");
        // Without its cache, which does not see for two seconds that a file was written.
        php.args(["-d", "opcache.enable=0", "-S", &address, "-t", WWW])
            .env("SIMPLESAMLPHP_CONFIG_DIR", at.join("config"));
        let php = Program::start(
            &mut php,
            port,
            "/saml2/idp/metadata.php",
            &at.join("php.log"),
        );
        let metadata = format!("{}/saml2/idp/metadata.php", php.base);
        let sp_key = String::from_utf8(sp.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let fixture = Fixture::with(Setup {
            settings: vec![
                ("login.method", "saml"),
                ("saml.idp_metadata", metadata.leak()),
                ("outbound.allow", "127.0.0.1"),
                ("saml.name", "the university"),
                ("saml.email_attribute", "mail"),
                ("saml.admin_attribute", "role"),
                ("saml.admin_value", "admin"),
                ("saml.sp_key", sp_key.leak()),
                ("saml.sp_cert", sp.pem().leak()),
            ],
            ..Setup::default()
        });
        let pair = Self {
            php,
            fixture,
            directory,
            sp,
        };
        pair.trust("");
        pair
    }

    /// Tells the identity provider of us; `more` is further PHP.
    fn trust(&self, more: &str) {
        let us = self.us();
        let text = format!(
            "<?php\n$metadata['{us}/saml/metadata'] = ['AssertionConsumerService' => '{us}/saml/acs', 'SingleLogoutService' => '{us}/saml/slo',\n\
             'certData' => '{}', 'validate.authnrequest' => true, 'redirect.validate' => true, 'sign.logout' => true, {more}];\n",
            self.sp.base64()
        );
        self.write("metadata/saml20-sp-remote.php", &text);
    }

    fn sign(&self, how: &str) {
        let port = self.php.base.rsplit_once(':').unwrap().1.parse().unwrap();
        hosted(self.directory.path(), port, how);
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).unwrap();
    }

    fn us(&self) -> String {
        format!("http://{}", self.fixture.address)
    }

    /// From our button over its login page back to us.
    #[track_caller]
    fn log_in(&self, surfer: &mut Surfer, name: &str) -> Page {
        let page = surfer.get(&format!("{}/saml/login", self.us()));
        assert!(
            page.url.starts_with(&self.php.base),
            "{}: {}",
            page.url,
            page.reply.text()
        );
        let page = surfer.post(
            &page
                .form()
                .with("username", name)
                .with("password", "secret"),
        );
        let form = page.form();
        assert_eq!(
            form.action,
            format!("{}/saml/acs", self.us()),
            "{}",
            page.reply.text()
        );
        surfer.post(&form)
    }

    /// The session of a browser.
    fn session(&self, surfer: &mut Surfer) -> Option<serde_json::Value> {
        let reply = surfer.get(&format!("{}/auth/session", self.us())).reply;
        (reply.status == 200).then(|| reply.json())
    }

    /// Logs in, and gives the SCIM id and the roles.
    #[track_caller]
    fn enter(&self, name: &str) -> (String, serde_json::Value) {
        let mut surfer = Surfer::new();
        let page = self.log_in(&mut surfer, name);
        assert_eq!(page.reply.status, 200, "{}", page.reply.text());
        let session = self.session(&mut surfer).expect("a session");
        (
            session["user"]["id"].as_str().unwrap().to_owned(),
            session["roles"].clone(),
        )
    }
}

fn people(at: &Path, more: &str) {
    let text = format!(
        "<?php\n$config = ['admin' => ['core:AdminPassword'], 'people' => ['exampleauth:UserPass',\n\
         'ada:secret' => ['uid' => ['ada'], 'mail' => ['ada@example.org'], 'givenName' => ['Ada'], 'sn' => ['Lovelace'], {more}],\n\
         'bob:secret' => ['uid' => ['bob'], 'mail' => ['bob@example.org'], {ADMIN}],\n\
         'eve:secret' => ['uid' => ['eve'], 'mail' => ['eve@example.org']],\n]];\n"
    );
    std::fs::write(at.join("config/authsources.php"), text).unwrap();
}

fn hosted(at: &Path, port: u16, sign: &str) {
    let persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    let text = format!(
        "<?php\n$metadata['http://127.0.0.1:{port}/idp'] = ['host' => '__DEFAULT__', 'privatekey' => 'idp.pem', 'certificate' => 'idp.crt',\n\
         'auth' => 'people', 'NameIDFormat' => '{persistent}', 'sign.logout' => true, 'redirect.sign' => true, {sign}\n\
         'authproc' => [3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => '{persistent}']],\n];\n"
    );
    std::fs::write(at.join("metadata/saml20-idp-hosted.php"), text).unwrap();
}

#[test]
fn the_life_of_an_account_with_simplesamlphp() {
    let pair = Pair::start();
    let scim = pair.fixture.client();
    // The first login makes the account, the second finds it, however the response is signed.
    let (ada, roles) = pair.enter("ada");
    assert_eq!(roles, json!(["admin"]));
    let made = scim.get(&format!("/Users/{ada}")).expect(200).json();
    assert_eq!(
        (&made["userName"], &made["name"]["familyName"]),
        (&json!("ada@example.org"), &json!("Lovelace"))
    );
    for sign in [
        "'saml20.sign.response' => false, 'saml20.sign.assertion' => true,",
        "'saml20.sign.response' => true, 'saml20.sign.assertion' => false,",
    ] {
        pair.sign(sign);
        assert_eq!(pair.enter("ada").0, ada, "{sign}");
    }
    pair.sign(SIGN_BOTH);
    // Who was provisioned before logs into that record.
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "eve@example.org"});
    let eve = scim.post("/Users", &body).expect(201).id();
    assert_eq!(pair.enter("eve"), (eve, json!([])));
    // The attribute gives the role, and its absence at the next login takes it; but not from the last one.
    pair.enter("bob");
    people(pair.directory.path(), "");
    assert_eq!(pair.enter("ada").1, json!([]));
    // Deactivation ends the session before the next request, and no login opens it or makes another.
    let mut surfer = Surfer::new();
    pair.log_in(&mut surfer, "ada");
    assert!(pair.session(&mut surfer).is_some());
    let users = scim.get("/Users?count=0").json()["totalResults"].clone();
    let active = |value: bool| {
        let operations = json!([{"op": "replace", "path": "active", "value": value}]);
        scim.operations(&format!("/Users/{ada}"), &operations)
            .expect(200);
    };
    active(false);
    assert!(pair.session(&mut surfer).is_none());
    let refused = pair.log_in(&mut Surfer::new(), "ada").reply;
    assert_eq!(refused.status, 403);
    assert!(
        refused.text().contains("Your account is deactivated"),
        "{}",
        refused.text()
    );
    assert_eq!(scim.get("/Users?count=0").json()["totalResults"], users);
    // Restored, the same person is in with the same id, and with the attribute has the role again.
    active(true);
    assert_eq!(pair.enter("ada").0, ada);
    people(pair.directory.path(), ADMIN);
    assert_eq!(pair.enter("ada").1, json!(["admin"]));
}

#[test]
fn an_encrypted_assertion_is_refused_with_what_to_change() {
    let pair = Pair::start();
    pair.trust("'assertion.encryption' => true,");
    let refused = pair.log_in(&mut Surfer::new(), "ada").reply;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let failed = pair
        .fixture
        .block_on(pair.fixture.gateway.failed_logins(None))
        .unwrap();
    assert_eq!(failed[0].code, "saml.encrypted_unsupported");
    assert!(
        failed[0]
            .steps
            .to_string()
            .contains("switch encryption of assertions off"),
        "{}",
        failed[0].steps
    );
}

#[test]
fn a_logout_here_ends_the_session_there() {
    let pair = Pair::start();
    let mut surfer = Surfer::new();
    let page = pair.log_in(&mut surfer, "ada");
    // Still known there: no password is asked for.
    let again = surfer.get(&format!("{}/saml/login", pair.us()));
    assert!(
        again.form().action.ends_with("/saml/acs"),
        "{}",
        again.reply.text()
    );
    let logout = page.form();
    assert!(logout.action.ends_with("/logout"), "{}", logout.action);
    let page = surfer.post(&logout);
    assert_eq!(page.reply.status, 200);
    assert!(pair.session(&mut surfer).is_none());
    let text = page.reply.text();
    assert!(text.contains("the university"), "{text}");
    let url = plain(
        text.split_once("content=\"0; url=")
            .unwrap()
            .1
            .split_once('"')
            .unwrap()
            .0,
    );
    assert!(url.starts_with(&pair.php.base), "{url}");
    let back = surfer.get(&url);
    assert_eq!(
        back.url,
        format!("{}/login?done=logout", pair.us()),
        "{}",
        back.reply.text()
    );
    let asks = surfer.get(&format!("{}/saml/login", pair.us()));
    assert!(
        asks.reply.text().contains("name=\"password\""),
        "{}",
        asks.reply.text()
    );
}

#[test]
fn a_logout_there_ends_the_session_here() {
    let pair = Pair::start();
    let (mut surfer, mut elsewhere) = (Surfer::new(), Surfer::new());
    pair.log_in(&mut surfer, "ada");
    pair.log_in(&mut elsewhere, "ada");
    let start = format!("{0}/saml2/idp/initSLO.php?RelayState={0}/", pair.php.base);
    let end = surfer.get(&start);
    assert!(
        end.url.starts_with(&pair.php.base),
        "{}: {}",
        end.url,
        end.reply.text()
    );
    assert!(pair.session(&mut surfer).is_none());
    // The request names one session of hers; the other one stays.
    assert!(pair.session(&mut elsewhere).is_some());
}
