//! What becomes of real sets of variables.

use super::*;

const SAML: &str = r#"
# variables.env of the toolkit
EXTERNAL_AUTH=saml
OVERLEAF_SITE_URL="https://latex.example.org"
OVERLEAF_APP_NAME=Our LaTeX
export OVERLEAF_SAML_ENTRYPOINT='https://idp.example.org/sso'   # the login page
OVERLEAF_SAML_CALLBACK_URL=https://latex.example.org/saml/callback
OVERLEAF_SAML_ISSUER=our-latex
OVERLEAF_SAML_CERT=["MIIC=first","MIIC=second"]
OVERLEAF_SAML_IDENTITY_SERVICE_NAME=Log in with our IdP
OVERLEAF_SAML_EMAIL_FIELD=mail
OVERLEAF_SAML_UPDATE_USER_DETAILS_ON_LOGIN=true
OVERLEAF_SAML_ACCEPTED_CLOCK_SKEW_MS=-1
OVERLEAF_SAML_IS_ADMIN_FIELD=groups
OVERLEAF_SAML_IS_ADMIN_FIELD_VALUE=latex "admins"
OVERLEAF_SAML_SIGNATURE_ALGORITHM=sha1
OVERLEAF_LDAP_URL=ldap://old.example.org
ENABLE_CRON_RESOURCE_DELETION=true
OVERLEAF_USER_HARD_DELETION_DELAY=2592000000
OVERLEAF_COOKIE_SESSION_LENGTH=864000000
"#;

const LDAP: &str = r#"
services:
  sharelatex:
    environment:
      SHARELATEX_LDAP_URL: 'ldap://a.example.org,ldap://b.example.org'
      SHARELATEX_LDAP_BIND_DN: cn=reader,dc=example,dc=org
      SHARELATEX_LDAP_BIND_CREDENTIALS: "sw#rd\fish"
      SHARELATEX_LDAP_SEARCH_BASE: ou=people,dc=example,dc=org
      SHARELATEX_LDAP_SEARCH_FILTER: '(uid={{username}})'
      SHARELATEX_LDAP_GROUP_SEARCH_BASE: ou=groups,dc=example,dc=org
      SHARELATEX_LDAP_GROUP_SEARCH_FILTER: '(member={{dn}})'
      SHARELATEX_LDAP_CACHE: 'true'
      SHARELATEX_LDAP_TLS_OPTS_CA_PATH: '["/etc/ca1.pem", "/etc/ca2.pem"]'
      SHARELATEX_LDAP_TLS_OPTS_REJECT_UNAUTH: 'false'
      - OVERLEAF_LDAP_STARTTLS=true
      SHARELATEX_EMAIL_SMTP_HOST: mail.example.org
"#;

#[test]
fn saml_is_translated_and_every_weak_default_is_named() {
    let imported = import_overleaf(SAML).unwrap();
    insta::assert_snapshot!(imported.text, @r##"
    # Made from the variables of Overleaf Server Pro. Read every WARNING; then `muster check` says what is missing.
    # The file may hold secrets: chmod 600.

    [server]
    public_url = "https://latex.example.org"
    # public_url is the address of the gateway itself: mend it if that is not the one of Overleaf.

    [login]
    method = "saml"
    session_idle = "864000s"
    session_lifetime = "864000s"
    update_details = true
    # OVERLEAF_LDAP_… is set and not in use: left out.

    [saml]
    idp_certificate = ["MIIC=first","MIIC=second"]
    entity_id = "our-latex"
    # WARNING: OVERLEAF_SAML_CALLBACK_URL=https://latex.example.org/saml/callback: the gateway is answered at <public_url>/saml/acs; change it at the identity provider
    # WARNING: OVERLEAF_SAML_ACCEPTED_CLOCK_SKEW_MS=-1: times cannot be left unchecked; clocks may differ by saml.clock_skew = 60s
    # WARNING: an answer must be to a request of the same browser (Overleaf did not check): logins that begin at the identity provider need saml.allow_unsolicited = true
    name = "Log in with our IdP"
    idp_sso_url = "https://idp.example.org/sso"
    email_attribute = "mail"
    admin_attribute = "groups"
    admin_value = "latex \"admins\""
    # WARNING: OVERLEAF_SAML_SIGNATURE_ALGORITHM=sha1: messages are signed with RSA and SHA-256, and SHA-1 is accepted from nobody
    # WARNING: saml.idp_entity_id is missing (Overleaf does not check who answers): take it from the identity provider, or set saml.idp_metadata instead of the three idp_ settings

    [retention]
    purge = true
    days = 30

    # Not about accounts, or not known: OVERLEAF_APP_NAME
    "##);
}

#[test]
fn ldap_of_a_compose_file_before_5_0_is_translated() {
    let imported = import_overleaf(LDAP).unwrap();
    insta::assert_snapshot!(imported.text, @r##"
    # Made from the variables of Overleaf Server Pro. Read every WARNING; then `muster check` says what is missing.
    # The file may hold secrets: chmod 600.

    [server]
    # public_url is the address of the gateway itself: mend it if that is not the one of Overleaf.

    [login]
    method = "ldap"
    # WARNING: sessions end after 12 h without use (Overleaf: 5 days): set login.session_idle if that is too soon
    # WARNING: mail is not sent: set-password URLs are shown to whoever asks for them, to be passed on

    [ldap]
    url = ["ldap://a.example.org","ldap://b.example.org"]
    start_tls = true
    bind_dn = "cn=reader,dc=example,dc=org"
    bind_password = "sw#rd\\fish"
    search_base = "ou=people,dc=example,dc=org"
    search_filter = "(uid={{username}})"
    # WARNING: OVERLEAF_LDAP_CACHE=true: passwords are not cached: whoever is shut out of the directory is shut out at once
    # WARNING: OVERLEAF_LDAP_TLS_OPTS_REJECT_UNAUTH=false: the certificate of the directory is always verified: name its authority in ldap.ca_file
    groups = "search"
    group_search_base = "ou=groups,dc=example,dc=org"
    group_search_filter = "(member={{dn}})"
    # WARNING: a login waits for the directory for 5 s in all (Overleaf: for ever); ldap.timeout changes it
    ca_file = "/etc/ca1.pem"
    # WARNING: OVERLEAF_LDAP_TLS_OPTS_CA_PATH names 2 files: put their certificates into one

    [retention]
    # Deleted users are kept until `muster user purge`, as without ENABLE_CRON_RESOURCE_DELETION.
    "##);
}

#[test]
fn without_external_auth_people_have_passwords() {
    let imported = import_overleaf("OVERLEAF_SITE_URL=https://latex.example.org\n").unwrap();
    assert!(
        imported.text.contains("method = \"local\""),
        "{}",
        imported.text
    );
}

#[test]
fn what_is_printed_is_toml() {
    for text in [SAML, LDAP] {
        let imported = import_overleaf(text).unwrap();
        let table: serde_json::Value = toml::from_str(&imported.text).unwrap();
        assert!(table["login"]["method"].is_string());
    }
}

#[test]
fn what_is_no_file_of_overleaf_is_refused() {
    assert!(
        import_overleaf("A=b\nOVERLEAF\n")
            .unwrap_err()
            .contains("variables.env")
    );
    let why = import_overleaf("EXTERNAL_AUTH=oidc\n").unwrap_err();
    assert!(why.contains("EXTERNAL_AUTH=oidc"), "{why}");
}

#[test]
fn the_readme_tells_of_every_variable() {
    let readme = include_str!("../../../README.md");
    let tables = [saml::names(), ldap::names()].concat();
    assert!(tables.len() > 50);
    let missing: Vec<&str> = tables
        .into_iter()
        .filter(|name| !readme.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
