//! What is read from the torture messages that are accepted.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use sip::header::{CSeq, Contacts, HeaderError};
use sip::message::ResponseWriter;
use sip::sdp::{Description, SdpError};
use sip::uri::{Scheme, UriRef};
use sip::{Message, Method, Name, Status};
use std::net::IpAddr;
use std::path::PathBuf;

fn fixture(file: &str) -> Message {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../sip-test-fixtures")
        .join(file);
    Message::parse(Bytes::from(std::fs::read(path).unwrap())).unwrap()
}

#[test]
fn white_space_is_allowed_nearly_everywhere() {
    let wsinv = fixture("rfc4475/wsinv.sip");

    let vias: Vec<_> = wsinv.vias().map(Result::unwrap).collect();
    assert_eq!(vias.len(), 3);
    assert_eq!(vias[0].branch(), Some(&b"390skdjuw"[..]));
    assert!(!vias[0].has_cookie());
    assert_eq!(vias[1].transport.bytes(), b"TCP");
    assert_eq!(vias[2].branch(), Some(&b"z9hG4bK30239"[..]));
    assert_eq!(wsinv.to().unwrap().tag(), Some(&b"1918181833n"[..]));
    assert_eq!(wsinv.from().unwrap().tag(), Some(&b"98asjd8"[..]));
    assert_eq!(
        wsinv.from().unwrap().display().bytes(),
        br#"J Rosenberg \\\""#
    );
    assert_eq!(
        wsinv.cseq(),
        Ok(CSeq {
            number: 9,
            method: Method::Invite
        })
    );
    assert_eq!(wsinv.max_forwards(), Ok(Some(68)));
    assert_eq!(wsinv.value(Name::Subject).unwrap().bytes(), b"");
    let strange = Name::parse(b"newfangledheader").unwrap();
    assert_eq!(
        &*wsinv.value(strange).unwrap().unfolded(),
        b"newfangled value continued newfangled value"
    );
    assert_eq!(
        wsinv.contact().unwrap().params.value(b"newparam"),
        Some(&b"newvalue"[..])
    );
    assert_eq!(
        wsinv.contact().unwrap().params.value(b"q"),
        Some(&b"0.33"[..])
    );
    assert_eq!(wsinv.body().len(), 150);
    assert_eq!(Description::parse(&wsinv.body()).unwrap().media.len(), 2);
}

#[test]
fn every_character_that_may_stand_somewhere_stands_there() {
    let intmeth = fixture("rfc4475/intmeth.sip");

    assert_eq!(
        intmeth.method().unwrap().text(),
        "!interesting-Method0123456789_*+`.%indeed'~"
    );
    let uri = intmeth.uri().unwrap();
    assert_eq!(
        uri.user(),
        Some(&b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"[..])
    );
    assert_eq!(
        uri.password(),
        Some(&b"&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"[..])
    );
    assert_eq!(
        intmeth.to().unwrap().display().bytes(),
        b"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f"
    );
    assert_eq!(
        intmeth.from().unwrap().tag(),
        Some(&b"_token~1'+`*%!-."[..])
    );
    assert_eq!(
        intmeth.call_id().unwrap(),
        br#"intmeth.word%ZK-!.*_+'@word`~)(><:\/"][?}{"#
    );

    let answer = ResponseWriter::to(&intmeth, Status::METHOD_NOT_ALLOWED, None, None).finish();
    assert!(!answer.contains(&0));
    let answer = Message::parse(answer).unwrap();
    assert_eq!(answer.from().unwrap().tag(), intmeth.from().unwrap().tag());
}

#[test]
fn escapes_are_kept_and_compared() {
    let esc01 = fixture("rfc4475/esc01.sip");
    assert_eq!(
        esc01.uri().unwrap().user_unescaped().unwrap(),
        b"sips:user@example.com"
    );
    assert!(
        esc01
            .to()
            .unwrap()
            .uri
            .equivalent(&UriRef::parse(b"sip:user@EXAMPLE.com").unwrap())
    );
    let written_plainly = UriRef::parse(b"sip:caller@host5.example.net;lr;name=value%25A").unwrap();
    assert_eq!(
        esc01.contact().unwrap().uri.params().iter().count(),
        written_plainly.params().iter().count()
    );

    let escnull = fixture("rfc4475/escnull.sip");
    let Contacts::List(contacts) = escnull.contacts().unwrap() else {
        panic!("no list")
    };
    assert_eq!(contacts.len(), 2);
    assert!(!contacts[0].uri.equivalent(&contacts[1].uri));
    assert_eq!(contacts[1].uri.user_unescaped().unwrap(), [0, 0]);

    let esc02 = fixture("rfc4475/esc02.sip");
    assert!(matches!(esc02.method(), Some(Method::Other(_))));
    assert_eq!(esc02.values(Name::Contact).count(), 2);
}

#[test]
fn a_datagram_holds_one_message() {
    let dblreq = fixture("rfc4475/dblreq.sip");
    assert_eq!(dblreq.method(), Some(Method::Register));
    assert!(dblreq.body().is_empty());

    assert_eq!(fixture("rfc4475/mpart01.sip").body().len(), 553);
    assert_eq!(fixture("rfc4475/longreq.sip").vias().flatten().count(), 34);
}

#[test]
fn parameters_belong_to_the_header_or_to_the_uri() {
    let bare = fixture("rfc4475/cparam01.sip");
    assert!(bare.contact().unwrap().params.contains(b"unknownparam"));
    assert!(
        !bare
            .contact()
            .unwrap()
            .uri
            .params()
            .contains(b"unknownparam")
    );

    let bracketed = fixture("rfc4475/cparam02.sip");
    assert!(
        bracketed
            .contact()
            .unwrap()
            .uri
            .params()
            .contains(b"unknownparam")
    );

    assert_eq!(
        fixture("rfc4475/semiuri.sip")
            .uri()
            .unwrap()
            .user_unescaped()
            .unwrap(),
        b"user;par=u@example.net"
    );
    assert_eq!(
        fixture("rfc4475/regescrt.sip")
            .contact()
            .unwrap()
            .uri
            .headers(),
        b"Route=%3Csip:sip.example.com%3E"
    );
    assert_eq!(
        fixture("rfc4475/regbadct.sip").contact().unwrap_err(),
        HeaderError::Malformed("Contact")
    );
}

#[test]
fn reasons_may_be_empty_or_strange() {
    assert_eq!(
        fixture("rfc4475/noreason.sip").status(),
        Some(Status::TRYING)
    );
    assert_eq!(fixture("rfc4475/unreason.sip").status(), Some(Status::OK));
}

#[test]
fn schemes_are_told() {
    for (file, scheme) in [
        ("rfc4475/unkscm.sip", Scheme::Other),
        ("rfc4475/novelsc.sip", Scheme::Other),
        ("own/tel-uri.sip", Scheme::Tel),
        ("own/urn-uri.sip", Scheme::Urn),
    ] {
        assert_eq!(fixture(file).uri().unwrap().scheme(), scheme, "{file}");
    }
    assert_eq!(
        fixture("rfc4475/unksm2.sip").to().unwrap().uri.scheme(),
        Scheme::Other
    );
}

#[test]
fn an_inviter_of_rfc_2543_is_understood() {
    let inv2543 = fixture("rfc4475/inv2543.sip");

    assert_eq!(inv2543.via().unwrap().branch(), None);
    assert_eq!(inv2543.from().unwrap().tag(), None);
    assert_eq!(inv2543.max_forwards(), Ok(None));
    assert_eq!(
        inv2543.to().unwrap().params.value(b"user"),
        Some(&b"phone"[..])
    );
    assert!(Description::parse(&inv2543.body()).is_ok());
}

#[test]
fn ipv6_is_read_in_uris_via_and_sdp() {
    let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());

    let ambiguous = fixture("rfc5118/port-ambiguous.sip");
    assert_eq!(
        ambiguous.uri().unwrap().host().unwrap().address(),
        address("2001:db8::10:5070")
    );
    assert_eq!(ambiguous.uri().unwrap().port(), None);
    let clear = fixture("rfc5118/port-unambiguous.sip");
    assert_eq!(
        clear.uri().unwrap().host().unwrap().address(),
        address("2001:db8::10")
    );
    assert_eq!(clear.uri().unwrap().port(), Some(5070));
    for file in [
        "rfc5118/via-received-param-no-delim.sip",
        "rfc5118/via-received-param-with-delim.sip",
    ] {
        assert_eq!(
            fixture(file).via().unwrap().received(),
            address("2001:db8::9:255"),
            "{file}"
        );
    }
    let mapped = Description::parse(&fixture("rfc5118/ipv4-mapped-ipv6.sip").body()).unwrap();
    assert_eq!(mapped.media.len(), 2);
    let two = fixture("rfc5118/ipv6-correct-abnf-2-colons.sip");
    let three = fixture("rfc5118/ipv6-bug-abnf-3-colons.sip");
    assert!(two.uri().unwrap().equivalent(&three.uri().unwrap()));
}

#[test]
fn a_body_is_never_lost() {
    let body = b"<mrq><ref>A1B2C3D4E5F60718</ref><cid>420800605080001</cid><dty>0006</dty><stc>0010</stc></mrq>";
    for file in [
        "scaip",
        "no-content-length",
        "latin-1-subject",
        "nul-in-value",
        "content-length-twice-same",
    ] {
        let message = fixture(&format!("own/{file}.sip"));
        assert_eq!(&message.body()[..], body, "{file}");
        assert!(
            message
                .content_type()
                .unwrap()
                .unwrap()
                .is("application", "scaip+xml"),
            "{file}"
        );
    }
    assert_eq!(fixture("own/latin-1-subject.sip").headers().count(), 9);
    assert_eq!(
        fixture("own/latin-1-subject.sip")
            .value(Name::Subject)
            .unwrap()
            .bytes(),
        b"\xe9tat d\xe9tresse \xff"
    );
    assert_eq!(fixture("own/content-length-smaller.sip").body().len(), 10);
}

#[test]
fn a_broken_media_line_is_no_description() {
    let body = Bytes::from_static(b"v=0\r\nm=video 322x RTP/AVP 31\r\n");
    assert_eq!(Description::parse(&body), Err(SdpError::Malformed));
}
