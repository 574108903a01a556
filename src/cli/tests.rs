//! The grammar of the command line.

use clap::CommandFactory;

use super::*;

fn cli(line: &str) -> Result<Cli, String> {
    Cli::try_parse_from(line.split(' ')).map_err(|e| e.to_string())
}

#[test]
fn the_grammar_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn a_token_lives_a_year_unless_told_otherwise() {
    let Command::Token(TokenCommand::Create {
        name,
        profile,
        scope,
        expires,
    }) = cli("muster token create okta").unwrap().command
    else {
        panic!()
    };
    assert_eq!(
        (name.as_str(), profile, scope, expires.to_string()),
        ("okta", None, None, "365d".into())
    );
    let line = "muster token create okta --profile okta --expires 12h --config x.toml --set scim.page_size=5";
    let cli = cli(line).unwrap();
    assert_eq!(
        (cli.config, cli.set),
        (
            Some("x.toml".into()),
            vec![("scim.page_size".into(), "5".into())]
        )
    );
}

#[test]
fn a_person_is_named_in_exactly_one_way() {
    assert!(cli("muster user show --id 1").is_ok());
    assert!(cli("muster user show").is_err());
    assert!(cli("muster user show --id 1 --user a").is_err());
}

#[test]
fn wrong_usage_says_what_is_right() {
    insta::assert_snapshot!(cli("muster token create a --profile azure").unwrap_err(), @r#"
    error: invalid value 'azure' for '--profile <PROFILE>'
      [possible values: auto, rfc, entra, okta, lenient]

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(cli("muster token create a --expires soon").unwrap_err(), @r#"
    error: invalid value 'soon' for '--expires <PERIOD>': "soon" is not a length of time: write a whole number and s, m, h or d, such as 12h

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(cli("muster check --set listen").unwrap_err(), @r#"
    error: invalid value 'listen' for '--set <KEY=VALUE>': must be KEY=VALUE, such as server.listen=0.0.0.0:8080

    For more information, try '--help'.
    "#);
}
