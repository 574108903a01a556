//! Passwords that everybody tries first: common words however they are dressed up, rows of keys, dates, names.

/// Words and phrases that the well-known lists of cracked passwords are made of, in lower case. With the rules
/// below each stands for some thousand passwords: `Password1!`, `p4ssw0rd`, `password2024`, `passwordpassword`.
const WORDS: &str = include_str!("common.txt");
/// Rows of keys, to be read in both directions.
const ROWS: [&str; 13] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "147258369",
];
/// More characters than this around a word are a secret of their own: six digits are a million tries.
const DRESS: usize = 6;
/// What is left beside a name of the person must be this long to count as a password.
const LEFT: usize = 6;
/// Shorter names stand in too many words.
const NAME: usize = 3;

/// Whether a password is one that others try first.
pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let squeezed: String = lower.chars().filter(|c| !c.is_whitespace()).collect();
    let once = repeated(&squeezed);
    is_simple(once) || is_date(&squeezed) || is_dressed_word(once)
}

/// Whether a password is little more than what everybody knows of the person.
pub(super) fn is_personal(password: &str, personal: &[&str]) -> bool {
    let lower = password.to_lowercase();
    let mut names: Vec<String> = personal
        .iter()
        .map(|name| name.to_lowercase())
        .flat_map(|name| parts(&name))
        .chain(["muster".to_owned()])
        .filter(|name| name.chars().count() >= NAME)
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut left = lower.clone();
    for name in &names {
        left = left.replace(name.as_str(), "");
    }
    let letters = left.chars().filter(|c| !is_filler(*c)).count();
    left != lower && letters < LEFT
}

/// A name, and the pieces it is made of.
fn parts(name: &str) -> Vec<String> {
    let pieces = name
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_owned);
    [name.to_owned()].into_iter().chain(pieces).collect()
}

fn is_filler(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation()
}

/// What a text repeats, if it is nothing but that: `abcabc` is `abc`.
fn repeated(text: &str) -> &str {
    let ends = text.char_indices().map(|(at, _)| at).skip(1);
    ends.map(|end| text.split_at(end).0)
        .find(|piece| {
            text.len().is_multiple_of(piece.len()) && piece.repeat(text.len() / piece.len()) == text
        })
        .unwrap_or(text)
}

/// Few different characters, or runs along rows of keys and nothing much else.
fn is_simple(text: &str) -> bool {
    let mut different: Vec<char> = text.chars().collect();
    let all = different.len();
    different.sort_unstable();
    different.dedup();
    different.len() <= 3 || runs(text) * 4 >= all * 3
}

/// How many characters stand in runs of at least four along a row of keys.
fn runs(text: &str) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let follows = |pair: &[char]| {
        let (forth, back): (String, String) = (pair.iter().collect(), pair.iter().rev().collect());
        ROWS.iter()
            .any(|row| row.contains(&forth) || row.contains(&back))
    };
    let mut total = 0;
    let mut run = 1;
    for pair in chars.windows(2) {
        if follows(pair) {
            run += 1;
            continue;
        }
        total += counted(run);
        run = 1;
    }
    total + counted(run)
}

fn counted(run: usize) -> usize {
    if run >= 4 { run } else { 0 }
}

/// Eight digits that are a day of the last or this century: `19900131`, `31011990`, `01311990`, with or without separators.
fn is_date(text: &str) -> bool {
    let plain: String = text
        .chars()
        .filter(|c| !['-', '.', '/', '_'].contains(c))
        .collect();
    let number =
        |from: usize, to: usize| plain.get(from..to).and_then(|digits| digits.parse().ok());
    if plain.len() != 8 || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let fits = |year: Option<u32>, one: Option<u32>, other: Option<u32>| {
        let is_year = year.is_some_and(|year| (1900..2100).contains(&year));
        let are = |day: Option<u32>, month: Option<u32>| {
            day.is_some_and(|day| (1..=31).contains(&day))
                && month.is_some_and(|month| (1..=12).contains(&month))
        };
        is_year && (are(one, other) || are(other, one))
    };
    fits(number(0, 4), number(4, 6), number(6, 8)) || fits(number(4, 8), number(0, 2), number(2, 4))
}

/// A word of the list, with digits and signs before and behind it, and with digits for letters in it.
fn is_dressed_word(text: &str) -> bool {
    let plain = |text: &str| is_word(text) || is_word(&undressed(text));
    if plain(text) {
        return true;
    }
    let (start, end) = (|c: char| !c.is_alphabetic(), |c: char| !c.is_alphabetic());
    let word = text.trim_start_matches(start).trim_end_matches(end);
    // `pa$$word!1` begins and ends with letters of the word; `$unshine99` does not.
    let behind = text.trim_end_matches(end);
    [word, behind].into_iter().any(|core| {
        let dress = text.chars().count() - core.chars().count();
        !core.is_empty() && dress <= DRESS && plain(core)
    })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && WORDS.lines().any(|word| word == text)
}

/// Letters for the digits and signs that stand for them.
fn undressed(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "
        12345678 123456789 1234567890 87654321 11111111 00000000 password Password1 PASSWORD123!
        p@ssw0rd P4$$w0rd passw0rd1 qwertyuiop qwerty123 qwertz123 azerty123 1q2w3e4r 1q2w3e4r5t
        1qaz2wsx zaq12wsx qazwsxedc asdfghjkl zxcvbnm1 abcd1234 abc12345 iloveyou ILoveYou2 princess
        sunshine1 football baseball superman starwars trustno1 welcome1 Welcome2024! letmein1 monkey123
        dragon123 master123 admin123 administrator changeme ChangeMe123 whatever computer internet
        michelle jennifer liverpool chelsea1 arsenal1 summer2024 Winter2023! Sommer2024 passwort
        Passwort1! hallo123 motdepasse contraseña secret123 asdfasdf passwordpassword 19900101 31121999
        2001-09-11 147258369 aaaaaaaa1 test1234 testtest $unshine99 mustang1 corvette mercedes samsung1
        pokemon1 minecraft charlie1 shadow12 1234qwer qwer1234 q1w2e3r4 blink182 access14 guest123
        default1 temp1234
    ";

    #[test]
    fn what_the_lists_of_cracked_passwords_begin_with_is_common() {
        let missed: Vec<&str> = LISTED
            .split_whitespace()
            .filter(|one| !is_common(one))
            .collect();
        assert_eq!(missed, Vec::<&str>::new());
    }

    #[test]
    fn what_somebody_thought_of_is_not() {
        for fine in [
            "correct horse battery",
            "dragon eats green tea",
            "xk4-Qp9z",
            "Tr0ub4dor&3x",
            "sunshine over the hills",
            "vier blaue Enten",
            "9f86d081884c",
            "password manager made me",
            "7391 4408 2260 95",
            "ありがとう先生方",
        ] {
            assert!(!is_common(fine), "{fine}");
        }
    }

    #[test]
    fn a_name_of_the_person_makes_no_password() {
        let ada = ["ada.lovelace@example.org", "Ada", "Lovelace"];
        for personal in [
            "adalovelace",
            "Lovelace-1815",
            "ada@example.org",
            "muster-ada1",
        ] {
            assert!(is_personal(personal, &ada), "{personal}");
        }
        for fine in [
            "engine number nine",
            "lovelace likes engines",
            "canadian geese",
        ] {
            assert!(!is_personal(fine, &ada), "{fine}");
        }
    }
}
