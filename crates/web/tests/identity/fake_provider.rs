//! A provider that does whatever a test says, wrong things above all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};
use web::identity::provider::{Address, ClientSecret, ProviderSettings};

use crate::fixture::{Answer, Browser, START};

pub(crate) const CLIENT: &str = "linka: the line";
pub(crate) const SECRET: &str = "s:e&c%ret";
pub(crate) const SITE: &str = "https://linka.example.org";

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// By the key that is told.
    Right,
    /// By another one.
    ByAnother,
    /// By the public key, as if that were a secret.
    WithPublicKey,
    /// Not at all, and it says so.
    Not,
    /// By the right key, over something else.
    Changed,
}

/// What a document is answered with, when it is not itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Status(u16),
    /// It is as long as that.
    Bytes(usize),
    /// The same is somewhere else.
    Redirect,
    /// It never ends.
    Never,
    NoJson,
}

/// What it does and says.
pub(crate) struct Script {
    /// Whom it vouches for: what stands in the ID token besides what has to.
    pub(crate) claims: Map<String, Value>,
    /// What it tells of her when asked.
    pub(crate) person: Map<String, Value>,
    pub(crate) header: Map<String, Value>,
    pub(crate) description: Map<String, Value>,
    pub(crate) key: Map<String, Value>,
    pub(crate) signed: Signed,
    pub(crate) now: i64,
    /// Faults by path.
    pub(crate) faults: BTreeMap<&'static str, Fault>,
    /// Which paths were asked for, and with which header of authorization.
    pub(crate) asked: Vec<(String, String)>,
    /// The forms that came for tokens.
    pub(crate) forms: Vec<BTreeMap<String, String>>,
    pair: EcdsaKeyPair,
    nonce: String,
    challenge: String,
}

/// A running provider.
#[derive(Clone)]
pub(crate) struct FakeProvider {
    pub(crate) address: String,
    script: Arc<Mutex<Script>>,
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn pair() -> EcdsaKeyPair {
    let (how, chance) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(how, &chance).unwrap();
    EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &chance).unwrap()
}

impl FakeProvider {
    /// Starts one that vouches for jana.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let script = Script {
            claims: map(json!({"sub": "1", "preferred_username": "jana"})),
            person: Map::new(),
            header: map(json!({"alg": "ES256", "kid": "a"})),
            description: Map::new(),
            key: map(json!({"kid": "a", "use": "sig", "alg": "ES256"})),
            signed: Signed::Right,
            now: START,
            faults: BTreeMap::new(),
            asked: Vec::new(),
            forms: Vec::new(),
            pair: pair(),
            nonce: String::new(),
            challenge: String::new(),
        };
        let provider = Self {
            address,
            script: Arc::new(Mutex::new(script)),
        };
        let router = axum::Router::new().fallback(answer);
        let service = router.with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        provider
    }

    /// Does something to what it does and says.
    pub(crate) fn does<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.script.lock().unwrap())
    }

    /// Vouches for somebody from now on.
    pub(crate) fn vouches_for(&self, sub: &str, login: &str, amr: Value) {
        let claims = json!({"sub": sub, "preferred_username": login, "amr": amr});
        self.does(|script| script.claims = map(claims));
    }

    /// Signs with another key from now on, which has this name.
    pub(crate) fn changes_its_key(&self, kid: &str) {
        self.does(|script| {
            script.pair = pair();
            script.header.insert("kid".to_owned(), json!(kid));
            script.key.insert("kid".to_owned(), json!(kid));
        });
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.does(|script| script.asked.iter().filter(|(one, _)| one == path).count())
    }

    pub(crate) fn settings(&self) -> ProviderSettings {
        ProviderSettings {
            issuer: Address::issuer(&self.address).unwrap(),
            client_id: CLIENT.to_owned(),
            secret: Some(ClientSecret::new(SECRET.to_owned())),
            name: "Spolek".to_owned(),
            claim: "preferred_username".to_owned(),
            site: Address::site(SITE).unwrap(),
            second_factor: ["mfa", "otp", "hwk"].map(str::to_owned).to_vec(),
        }
    }

    /// Somebody is sent to it, and says who she is: what it sends her back with.
    pub(crate) fn visited(&self, way: &str) -> Vec<(String, String)> {
        let way = Url::parse(way).unwrap();
        let sent: BTreeMap<_, _> = way.query_pairs().into_owned().collect();
        self.does(|script| {
            script.nonce.clone_from(&sent["nonce"]);
            script.challenge.clone_from(&sent["code_challenge"]);
        });
        vec![
            ("code".to_owned(), "the code".to_owned()),
            ("state".to_owned(), sent["state"].clone()),
        ]
    }
}

impl Browser<'_> {
    /// Begins a sign-in through the provider, and is back from there.
    pub(crate) async fn visit(&mut self, provider: &FakeProvider) -> Vec<(String, String)> {
        let begun = self.ask("POST", "/session/provider", None).await;
        assert_eq!(begun.status, StatusCode::OK, "{begun:?}");
        provider.visited(begun.body["address"].as_str().unwrap())
    }

    /// Comes back with these parameters.
    pub(crate) async fn come_back(&mut self, with: &[(String, String)]) -> Answer {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(with);
        let path = format!("/session/provider/callback?{}", query.finish());
        self.get(&path).await
    }

    /// Signs in through the provider; tells where it is led.
    pub(crate) async fn sign_in_through(&mut self, provider: &FakeProvider) -> String {
        let back = self.visit(provider).await;
        led_to(&self.come_back(&back).await)
    }
}

/// Where an answer leads.
pub(crate) fn led_to(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let place = answer.headers[header::LOCATION].to_str().unwrap();
    place.to_owned()
}

async fn answer(
    State(provider): State<FakeProvider>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION);
    let authorization = authorization.map_or("", |value| value.to_str().unwrap());
    let asked = (uri.path().to_owned(), authorization.to_owned());
    let fault = provider.does(|script| {
        script.asked.push(asked);
        script.faults.get(uri.path()).cloned()
    });
    let document = provider.does(|script| document(script, &provider.address, uri.path(), &body));
    match (fault, document) {
        (None, Some(document)) => axum::Json(document).into_response(),
        (None, None) => StatusCode::BAD_REQUEST.into_response(),
        (Some(Fault::Status(status)), _) => StatusCode::from_u16(status).unwrap().into_response(),
        (Some(Fault::Bytes(bytes)), document) => {
            let document = document.unwrap().to_string();
            format!("{document}{}", " ".repeat(bytes - document.len())).into_response()
        }
        (Some(Fault::Redirect), _) => {
            let place = format!("{}/elsewhere{}", provider.address, uri.path());
            (StatusCode::FOUND, [(header::LOCATION, place)]).into_response()
        }
        (Some(Fault::Never), _) => std::future::pending().await,
        (Some(Fault::NoJson), _) => "<html>".into_response(),
    }
}

fn document(script: &mut Script, address: &str, path: &str, body: &[u8]) -> Option<Value> {
    let path = path.strip_prefix("/elsewhere").unwrap_or(path);
    let mut document = match path {
        "/.well-known/openid-configuration" => {
            let mut document = map(json!({
                "issuer": address,
                "authorization_endpoint": format!("{address}/authorize?tenant=1"),
                "token_endpoint": format!("{address}/token"),
                "jwks_uri": format!("{address}/keys"),
                "userinfo_endpoint": format!("{address}/person"),
            }));
            document.extend(script.description.clone());
            document
        }
        "/keys" => map(json!({"keys": [{"kty": "unheard of"}, script.public_key()]})),
        "/person" => script.person.clone(),
        "/token" => return script.tokens(address, body),
        _ => return None,
    };
    document.retain(|_, value| !value.is_null());
    Some(Value::Object(document))
}

impl Script {
    fn public_key(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let mut key = map(json!({
            "kty": "EC",
            "crv": "P-256",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]),
            "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        }));
        key.extend(self.key.clone());
        Value::Object(key)
    }

    /// Tokens for the code, when whoever asks has the verifier of the challenge.
    fn tokens(&mut self, address: &str, body: &[u8]) -> Option<Value> {
        let form: BTreeMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
        self.forms.push(form.clone());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        if form["code"] != "the code" || challenge != self.challenge {
            return None;
        }
        Some(json!({
            "access_token": "for the person",
            "token_type": "Bearer",
            "id_token": self.id_token(address),
        }))
    }

    fn id_token(&self, address: &str) -> String {
        let mut claims = map(json!({
            "iss": address,
            "aud": CLIENT,
            "exp": self.now + 300,
            "iat": self.now,
            "nonce": self.nonce,
        }));
        claims.extend(self.claims.clone());
        claims.retain(|_, value| !value.is_null());
        let mut header = self.header.clone();
        match self.signed {
            Signed::Not => drop(header.insert("alg".to_owned(), json!("none"))),
            Signed::WithPublicKey => drop(header.insert("alg".to_owned(), json!("HS256"))),
            Signed::Right | Signed::ByAnother | Signed::Changed => {}
        }
        let part = |part: &Map<String, Value>| {
            URL_SAFE_NO_PAD.encode(Value::Object(part.clone()).to_string())
        };
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.signature(&message));
        format!("{message}.{signature}")
    }

    fn signature(&self, message: &str) -> Vec<u8> {
        let by = |pair: &EcdsaKeyPair, message: &str| {
            let signature = pair.sign(&SystemRandom::new(), message.as_bytes());
            signature.unwrap().as_ref().to_vec()
        };
        match self.signed {
            Signed::Right => by(&self.pair, message),
            Signed::ByAnother => by(&pair(), message),
            Signed::Changed => by(&self.pair, "something else"),
            Signed::Not => Vec::new(),
            Signed::WithPublicKey => {
                let point = self.pair.public_key().as_ref();
                let mut mac = Hmac::<Sha256>::new_from_slice(point).unwrap();
                mac.update(message.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
        }
    }
}
