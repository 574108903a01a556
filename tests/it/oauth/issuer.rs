//! An identity provider of this machine: it signs assertions and publishes its keys over http.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The provider. Its thread ends with it.
pub struct Issuer {
    address: SocketAddr,
    key: EcdsaKeyPair,
    id: String,
    published: Arc<Mutex<Vec<Value>>>,
    up: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Issuer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let issuer = Self {
            address,
            key: new_key(),
            id: "key-1".to_owned(),
            published: Arc::default(),
            up: Arc::new(true.into()),
            asked: Arc::default(),
            over: Arc::default(),
        };
        issuer.publish();
        let (published, up) = (Arc::clone(&issuer.published), Arc::clone(&issuer.up));
        let (asked, over) = (Arc::clone(&issuer.asked), Arc::clone(&issuer.over));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                asked.fetch_add(1, Ordering::SeqCst);
                let body = json!({ "keys": *published.lock().unwrap() }).to_string();
                let status = if up.load(Ordering::SeqCst) {
                    "200 OK"
                } else {
                    "500 Down"
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all((head + &body).as_bytes());
            }
        });
        issuer
    }

    /// Where the keys are.
    pub fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// How often it was asked for them.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Whether it answers.
    pub fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::SeqCst);
    }

    /// Signs with a new key from now on, and publishes it beside the old one.
    pub fn rotate(&mut self) {
        self.key = new_key();
        self.id = format!("key-{}", self.published.lock().unwrap().len() + 1);
        self.publish();
    }

    fn publish(&self) {
        let point = self.key.public_key().as_ref();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id,
                          "x": text(&point[1..33]), "y": text(&point[33..]) });
        self.published.lock().unwrap().push(key);
    }

    /// A JWT with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let head = json!({ "alg": "ES256", "typ": "JWT", "kid": self.id });
        let [head, claims] =
            [head.to_string(), claims.to_string()].map(|text| URL_SAFE_NO_PAD.encode(text));
        let signed = format!("{head}.{claims}");
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = std::net::TcpStream::connect(self.address);
    }
}

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}
