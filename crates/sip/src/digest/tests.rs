use super::*;
use crate::message::{HeaderValue, RequestWriter, ResponseWriter, Value};
use crate::{Message, Method, Name, Status, Uri};
use std::net::IpAddr;

const SOURCE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const REALM: &str = "linka";

fn server(algorithm: Algorithm) -> Server {
    Server::new([7; 32], REALM, algorithm)
}

fn stored() -> Ha1 {
    Ha1::new(b"anna", REALM.as_bytes(), b"secret")
}

fn request(headers: &[(Name<'_>, HeaderValue)]) -> Message {
    let uri = Uri::parse("sip:linka.example").unwrap();
    let mut writer = RequestWriter::new(Method::Register, &uri);
    let basic = [
        (Name::Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
        (Name::From, "<sip:anna@linka.example>;tag=1"),
        (Name::To, "<sip:anna@linka.example>"),
        (Name::CallId, "1"),
        (Name::CSeq, "1 REGISTER"),
    ];
    for (name, text) in basic {
        writer = writer.header(name, HeaderValue::literal(text));
    }
    for (name, value) in headers {
        writer = writer.header(*name, value.clone());
    }
    Message::parse(writer.finish()).unwrap()
}

fn response(status: Status, name: Name<'_>, challenge: HeaderValue) -> Message {
    let bytes = ResponseWriter::to(&request(&[]), status, None, None)
        .header(name, challenge)
        .finish();
    Message::parse(bytes).unwrap()
}

fn unauthorized(challenge: HeaderValue) -> Message {
    response(Status::UNAUTHORIZED, Name::WwwAuthenticate, challenge)
}

fn client(server: &mut Server, second: u64, password: &str) -> Client {
    let mut client = Client::new("anna", password);
    client
        .challenged(&unauthorized(server.challenge(second, SOURCE, None)))
        .unwrap();
    client
}

fn authorized(client: &mut Client) -> Message {
    request(&[client
        .authorize(Method::Register, b"sip:linka.example", 5)
        .unwrap()])
}

fn verify(
    server: &mut Server,
    second: u64,
    source: IpAddr,
    request: &Message,
    stored: Option<&Ha1>,
) -> Verdict {
    let credentials = server.credentials(request).unwrap();
    assert_eq!(credentials.username(), b"anna");
    server.verify(second, source, Method::Register, &credentials, stored)
}

#[test]
fn the_examples_of_rfc_7616_come_out() {
    let work = |algorithm| {
        let ha1 = Ha1::new(b"Mufasa", b"http-auth@example.org", b"Circle of Life");
        let work = hash::Work {
            algorithm,
            ha1: ha1.hex(algorithm),
            method: b"GET",
            uri: b"/dir/index.html",
            nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            count: Some((b"00000001", b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")),
        };
        work.response().text().to_owned()
    };

    assert_eq!(work(Algorithm::Md5), "8ca523f5e9506fed4657c9700eebdbec");
    assert_eq!(
        work(Algorithm::Sha256),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    );
}

#[test]
fn the_example_of_rfc_2069_comes_out() {
    let ha1 = Ha1::new(b"Mufasa", b"testrealm@host.com", b"CircleOfLife");
    let work = hash::Work {
        algorithm: Algorithm::Md5,
        ha1: ha1.hex(Algorithm::Md5),
        method: b"GET",
        uri: b"/dir/index.html",
        nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
        count: None,
    };

    // The erratum of RFC 2069 (1997) gives this value for the example of §2.4.
    assert_eq!(work.response().text(), "1949323746fe6a43ef61f9606e7febea");
}

#[test]
fn a_client_that_knows_the_password_is_accepted_again_and_again() {
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        let mut server = server(algorithm);
        let mut client = client(&mut server, 10, "secret");

        // Counts beyond 9 and beyond 255 are where others fail.
        for _ in 0..300 {
            let request = authorized(&mut client);
            assert_eq!(
                verify(&mut server, 20, SOURCE, &request, Some(&stored())),
                Verdict::Accepted
            );
        }
    }
}

#[test]
fn credentials_are_for_one_request_uri_in_whatever_form() {
    let server_and_client = || {
        let mut server = server(Algorithm::Md5);
        let client = client(&mut server, 10, "secret");
        (server, client)
    };
    let made_for = |uri: &[u8]| {
        let (mut server, mut client) = server_and_client();
        let request = request(&[client.authorize(Method::Register, uri, 5).unwrap()]);
        let credentials = server.credentials(&request)?;
        Some(server.verify(20, SOURCE, Method::Register, &credentials, Some(&stored())))
    };

    assert_eq!(made_for(b"sip:linka.example"), Some(Verdict::Accepted));
    assert_eq!(made_for(b"SIP:LINKA.example"), Some(Verdict::Accepted));
    for other in [
        "sip:*40@linka.example",
        "sip:linka.example:5060",
        "sips:linka.example",
        "linka.example",
        "",
    ] {
        assert_eq!(made_for(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let mut server = server(Algorithm::Md5);
    let wrong = authorized(&mut client(&mut server, 10, "guess"));
    let right = authorized(&mut client(&mut server, 10, "secret"));

    assert_eq!(
        verify(&mut server, 10, SOURCE, &wrong, Some(&stored())),
        Verdict::Refused
    );
    assert_eq!(
        verify(&mut server, 10, SOURCE, &right, None),
        Verdict::Refused
    );
}

#[test]
fn a_replay_an_old_nonce_and_another_source_are_stale() {
    let mut server = server(Algorithm::Sha256);
    let request = authorized(&mut client(&mut server, 10, "secret"));
    let elsewhere = "198.51.100.1".parse().unwrap();

    assert_eq!(
        verify(&mut server, 10, elsewhere, &request, Some(&stored())),
        Verdict::Stale
    );
    assert_eq!(
        verify(&mut server, 9, SOURCE, &request, Some(&stored())),
        Verdict::Stale
    );
    assert_eq!(
        verify(
            &mut server,
            11 + NONCE_SECONDS,
            SOURCE,
            &request,
            Some(&stored())
        ),
        Verdict::Stale
    );
    assert_eq!(
        verify(
            &mut server,
            10 + NONCE_SECONDS,
            SOURCE,
            &request,
            Some(&stored())
        ),
        Verdict::Accepted
    );
    assert_eq!(
        verify(
            &mut server,
            10 + NONCE_SECONDS,
            SOURCE,
            &request,
            Some(&stored())
        ),
        Verdict::Stale
    );
}

#[test]
fn an_evicted_nonce_is_stale_and_the_client_goes_on() {
    let mut server = server(Algorithm::Md5);
    let mut first = client(&mut server, 10, "secret");
    let used = authorized(&mut first);
    assert_eq!(
        verify(&mut server, 10, SOURCE, &used, Some(&stored())),
        Verdict::Accepted
    );
    for _ in 0..NONCES_MAX {
        let request = authorized(&mut client(&mut server, 10, "secret"));
        assert_eq!(
            verify(&mut server, 10, SOURCE, &request, Some(&stored())),
            Verdict::Accepted
        );
    }

    let verdict = verify(
        &mut server,
        10,
        SOURCE,
        &authorized(&mut first),
        Some(&stored()),
    );
    assert_eq!(verdict, Verdict::Stale);
    first
        .challenged(&unauthorized(server.challenge(10, SOURCE, Some(verdict))))
        .unwrap();
    assert_eq!(
        verify(
            &mut server,
            10,
            SOURCE,
            &authorized(&mut first),
            Some(&stored())
        ),
        Verdict::Accepted
    );
}

#[test]
fn a_server_takes_only_what_it_asked_for() {
    let mut server = server(Algorithm::Sha256);
    let (name, value) = client(&mut server, 1, "secret")
        .authorize(Method::Register, b"sip:linka.example", 1)
        .unwrap();
    let text = String::from_utf8(value.bytes().to_vec()).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        request(&[(name, HeaderValue::new(text.replace(from, to)).unwrap())])
    };

    for (from, to) in [
        ("SHA-256", "MD5"),
        ("SHA-256", "SHA-256-sess"),
        ("nc=00000001", "nc=1"),
    ] {
        let request = changed(from, to);
        assert_eq!(
            verify(&mut server, 1, SOURCE, &request, Some(&stored())),
            Verdict::Refused,
            "{from} -> {to}"
        );
    }
    for (from, to) in [
        ("qop=auth", "qop=auth-int"),
        ("realm=\"linka\"", "realm=\"other\""),
        (", nc=00000001", ""),
    ] {
        assert!(
            server.credentials(&changed(from, to)).is_none(),
            "{from} -> {to}"
        );
    }
}

#[test]
fn a_client_gives_up_after_a_refusal() {
    let mut server = server(Algorithm::Md5);
    let mut client = client(&mut server, 1, "guess");
    authorized(&mut client);

    let again = unauthorized(server.challenge(1, SOURCE, None));
    assert_eq!(client.challenged(&again), Err(ClientError::Refused));
}

#[test]
fn a_client_takes_the_topmost_challenge_it_can_answer() {
    let challenge = |text| {
        response(
            Status::PROXY_AUTHENTICATION_REQUIRED,
            Name::ProxyAuthenticate,
            HeaderValue::literal(text),
        )
    };
    let mut client = Client::new("anna", "secret");

    let sess = challenge(r#"Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth""#);
    assert_eq!(client.challenged(&sess), Err(ClientError::Unsupported));
    let int = challenge(r#"Digest realm="r", nonce="n", qop="auth-int""#);
    assert_eq!(client.challenged(&int), Err(ClientError::Unsupported));

    client
        .challenged(&challenge(
            r#"Digest realm="a, \"b\"", nonce="n", opaque="o""#,
        ))
        .unwrap();
    let (name, value) = client.authorize(Method::Invite, b"sip:x", 1).unwrap();
    let params = AuthParams::parse(Value::new(value.bytes())).unwrap();
    assert_eq!(name, Name::ProxyAuthorization);
    assert_eq!(params.value("realm"), Some(&br#"a, "b""#[..]));
    assert_eq!(params.value("opaque"), Some(&b"o"[..]));
    assert_eq!(params.value("qop"), None);
    assert_eq!(params.value("algorithm"), None);
}

#[test]
fn malformed_credentials_are_no_credentials() {
    for bad in [
        "Digest",
        "Digest ",
        "Digest x",
        "Digest x=",
        "Digest x=\"",
        "Digest x=\"\\\"",
        "Digest x=1 y=2",
        "Digest =1",
        "Digest x=1, X=2",
        "D(gest x=1",
    ] {
        assert!(
            AuthParams::parse(Value::new(bad.as_bytes())).is_err(),
            "{bad}"
        );
    }
    assert!(AuthParams::parse(Value::new(b"NoOneKnowsThisScheme opaque-data=here")).is_ok());
}
