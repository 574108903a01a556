//! Good responses with something broken in them: none panics, none speaks of somebody else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::battery::field;
use super::document::Signed;
use super::pure::{Gate, login, now};
use super::signer::Key;

/// How many are tried; `MUSTER_FUZZ` says another number. 8,000 take half a minute in a debug build.
const TRIES: u64 = 400;

/// What is put in: the words of the language, and what parsers trip over.
const WORDS: [&str; 16] = [
    "<!---->",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "&#0;",
    "<?x?>",
    "xmlns=\"\"",
    "<saml:Assertion>",
    "</saml:Assertion>",
    "\0",
    "\u{feff}",
    "<ds:Signature>",
    " ID=\"_a1\"",
    "\"",
    "<",
    "admin@example.org",
];

/// SplitMix64: the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    }
}

#[test]
fn a_mutated_response_neither_panics_nor_speaks_of_somebody_else() {
    let tries = std::env::var("MUSTER_FUZZ").map_or(TRIES, |text| text.parse().unwrap());
    let key = Key::rsa();
    let (gate, login) = (Gate::new(&[&key]), login(now()));
    let good: Vec<String> = [Signed::Assertion, Signed::Response, Signed::Both]
        .into_iter()
        .map(|signed| login.pieces("1").sign(signed, &key))
        .collect();
    let expected = gate.check(&field(&good[0]), &login).unwrap();
    let mut accepted = 0;
    for seed in 0..tries {
        let mut dice = Dice(seed);
        let mut bytes = good[dice.next(good.len())].clone().into_bytes();
        for _ in 0..=dice.next(3) {
            mutate(&mut bytes, &mut dice);
        }
        let text = String::from_utf8_lossy(&bytes);
        let answer = catch_unwind(AssertUnwindSafe(|| gate.check(&field(&text), &login)));
        match answer {
            Ok(Ok(asserted)) => {
                accepted += 1;
                assert_eq!(asserted, expected, "seed {seed}: {text}");
            }
            Ok(Err(_)) => {}
            Err(panic) => panic!("seed {seed} panics: {panic:?}: {text}"),
        }
    }
    println!(
        "{tries} mutated, {accepted} still good, as the change was in nothing that is signed or read"
    );
    // What is not signed, such as the text of KeyInfo, may change; most of it is signed.
    assert!(accepted < tries / 2);
}

fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.next(bytes.len());
    let length = dice.next(40).min(bytes.len() - at);
    match dice.next(6) {
        0 => bytes[at] = b' ' + u8::try_from(dice.next(95)).unwrap(),
        1 => drop(bytes.drain(at..at + length)),
        2 => {
            let copy = bytes[at..at + length].to_vec();
            let to = dice.next(bytes.len());
            bytes.splice(to..to, copy);
        }
        3 => {
            let to = dice.next(bytes.len());
            bytes.swap(at, to);
        }
        _ => {
            let word = WORDS[dice.next(WORDS.len())];
            bytes.splice(at..at, word.bytes());
        }
    }
}
