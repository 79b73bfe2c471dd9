//! People who sign in at the pages: made through the API, as an administrator would.

use std::cell::Cell;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;

use super::eventually;
use super::linka::Site;

const SOON: Duration = Duration::from_secs(20);
/// How long a code holds still, at least: passwords are checked slowly.
const CODE_HOLDS: Duration = Duration::from_secs(10);
/// What everybody chooses.
pub(crate) const CHOSEN: &str = "correct horse battery";

/// A client of the API with its cookies.
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
    cookies: std::cell::RefCell<Vec<(String, String)>>,
}

/// Somebody with an account.
pub(crate) struct Person {
    pub(crate) login: String,
    pub(crate) password: String,
    /// The secret of her one-time codes, and the steps that she has used so far.
    telephone: Option<(Vec<u8>, Cell<u64>)>,
}

impl Person {
    /// A client with a new session of hers.
    #[track_caller]
    pub(crate) fn signed_in(&self, site: &Site) -> Client {
        let client = Client::new(site);
        let mut credentials = json!({"login": self.login, "password": self.password});
        if self.telephone.is_some() {
            credentials["code"] = json!(self.code());
        }
        client.done("POST", "/session", Some(credentials));
        client
    }

    /// Her next code. Each is good for one use; three of them hold at any moment, of which the
    /// oldest is not taken when it will soon hold no more.
    pub(crate) fn code(&self) -> String {
        let (secret, used) = self.telephone.as_ref().unwrap();
        let step = eventually("a code holds that she has not used", SOON, || {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let now = now.unwrap().as_secs();
            let oldest = (now + CODE_HOLDS.as_secs()) / 30 - 1;
            let step = oldest.max(used.get() + 1);
            (step <= now / 30 + 1).then_some(step)
        });
        used.set(step);
        code_of(secret, step)
    }
}

/// RFC 6238 with SHA-1, thirty seconds and six digits.
fn code_of(secret: &[u8], step: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 15);
    let word = u32::from_be_bytes(hash[offset..offset + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

fn from_base32(text: &str) -> Vec<u8> {
    let (mut bits, mut word, mut bytes) = (0, 0_u32, Vec::new());
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        };
        word = word << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(word >> bits & 0xff).unwrap());
        }
    }
    bytes
}

impl Client {
    pub(crate) fn new(site: &Site) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(SOON))
            .build()
            .new_agent();
        Self {
            agent,
            base: format!("http://localhost:{}/api/v1", site.web()),
            cookies: Vec::new().into(),
        }
    }

    /// Status and body of a GET, the body as it is.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> (u16, String) {
        self.send("GET", path, None)
    }

    /// Status and body of a request.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let (status, text) = self.send(method, path, body);
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Its cookies, as the header has them.
    pub(crate) fn cookies(&self) -> String {
        let cookies = self.cookies.borrow();
        let pairs = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("cookie", self.cookies())
            .header("content-type", "application/json");
        let body = body.map_or_else(String::new, |body| body.to_string());
        let mut response = self.agent.run(request.body(body).unwrap()).unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.borrow_mut();
            cookies.retain(|(known, _)| known != name);
            cookies.push((name.to_owned(), value.to_owned()));
        }
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap_or_default();
        (status, text)
    }

    /// What the live feed says first: everything as it is.
    pub(crate) fn feed(&self) -> String {
        let authority = self.base.strip_prefix("http://").unwrap();
        let (authority, _) = authority.split_once('/').unwrap();
        let mut stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let cookies = self.cookies();
        write!(
            stream,
            "GET /api/v1/feed HTTP/1.1\r\nHost: {authority}\r\nCookie: {cookies}\r\n\r\n"
        )
        .unwrap();
        let (mut text, mut part) = (String::new(), [0; 65_536]);
        while !text.contains("\ndata: ") || !text.ends_with("\n\n\r\n") {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0, "the feed ended: {text}");
            text.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        text
    }

    /// A request that has to succeed.
    #[track_caller]
    pub(crate) fn done(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method, path, body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// Signs in for the first time: chooses a password and, where it is due, sets up one-time codes.
    #[track_caller]
    fn begin(&self, login: &str, one_time: &str) -> Person {
        let credentials = json!({"login": login, "password": one_time});
        self.done("POST", "/session", Some(credentials));
        let chosen = json!({"old": one_time, "new": CHOSEN});
        self.done("POST", "/session/password", Some(chosen));
        let due = self.done("GET", "/session", None)["due"].clone();
        let mut person = Person {
            login: login.to_owned(),
            password: CHOSEN.to_owned(),
            telephone: None,
        };
        if due == "totp" {
            let begun = self.done("POST", "/session/totp", None);
            let secret = from_base32(begun["secret_base32"].as_str().unwrap());
            person.telephone = Some((secret, Cell::new(0)));
            let code = json!({"code": person.code()});
            self.done("PUT", "/session/totp", Some(code));
        }
        person
    }
}

/// Makes the first administrator, who stays signed in, and then these people with their roles.
#[track_caller]
pub(crate) fn people(site: &Site, wanted: &[(&str, &str)]) -> (Client, Vec<Person>) {
    let file = site.data().join("first-sign-in.txt");
    let first = eventually("the first password is written", SOON, || {
        fs::read_to_string(&file)
            .ok()
            .filter(|text| text.ends_with('\n'))
    });
    let password = first
        .lines()
        .find_map(|line| line.strip_prefix("Password: "))
        .unwrap();
    let administrator = Client::new(site);
    let mut all = vec![administrator.begin("admin", password)];
    for (login, role) in wanted {
        let account = json!({"login": login, "display_name": login, "role": role});
        let made = administrator.done("POST", "/accounts", Some(account));
        let one_time = made["one_time_password"].as_str().unwrap();
        all.push(Client::new(site).begin(login, one_time));
    }
    (administrator, all)
}
