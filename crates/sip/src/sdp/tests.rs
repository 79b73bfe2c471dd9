use super::*;
use crate::Status;
use crate::limits::{SDP_ATTRIBUTES_MAX, SDP_BYTES_MAX, SDP_CODECS_MAX, SDP_MEDIA_MAX};
use bytes::Bytes;
use std::net::SocketAddr;

const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n";

fn parse(text: &str) -> Result<Description, SdpError> {
    Description::parse(&Bytes::copy_from_slice(text.as_bytes()))
}

fn offer(media: &str) -> Description {
    parse(&format!("{HEAD}{media}")).unwrap()
}

fn taken(media: &str) -> Result<Negotiated, Refusal> {
    negotiate(&offer(media), &Capabilities::default())
}

fn local() -> LocalSession {
    LocalSession::new(u64::MAX, "198.51.100.1:10000".parse().unwrap())
}

fn text(bytes: Bytes) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_offer_is_answered_with_its_first_common_codec() {
    let offer = offer(
        "m=audio 4000 RTP/AVP 18 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\na=ptime:30\r\n",
    );
    let agreed = negotiate(&offer, &Capabilities::default()).unwrap();

    assert_eq!(
        (agreed.codec, agreed.payload_type.number()),
        (Codec::Pcma, 8)
    );
    let events = agreed.telephone_event.unwrap();
    assert_eq!((events.send.number(), events.receive.number()), (96, 96));
    assert_eq!(agreed.rtp, "192.0.2.9:4000".parse::<SocketAddr>().unwrap());
    assert_eq!(agreed.rtcp.port(), 4001);
    assert_eq!(agreed.ptime_ms, 20);
    assert_eq!(
        text(local().answer(&offer, &agreed)),
        "v=0\r\no=- 4611686018427387903 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n\
         m=audio 10000 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n\
         a=ptime:20\r\na=sendrecv\r\n"
    );
}

#[test]
fn the_order_that_decides_is_a_setting() {
    let offer = offer("m=audio 4000 RTP/AVP 0 8\r\n");
    let ours = Capabilities {
        order: Order::Ours,
        ..Capabilities::default()
    };

    assert_eq!(
        negotiate(&offer, &Capabilities::default()).unwrap().codec,
        Codec::Pcmu
    );
    assert_eq!(negotiate(&offer, &ours).unwrap().codec, Codec::Pcma);
}

#[test]
fn rtpmap_decides_what_a_payload_type_means() {
    let agreed = taken(
        "m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:8 opus/48000/2\r\na=rtpmap:97 pcmu/8000/1\r\n",
    )
    .unwrap();

    assert_eq!(
        (agreed.codec, agreed.payload_type.number()),
        (Codec::Pcmu, 97)
    );
    assert_eq!(
        taken("m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 PCMU/16000\r\n"),
        Err(Refusal::NoCodec)
    );
    assert_eq!(
        taken("m=audio 4000 RTP/AVP 200 128 x\r\n"),
        Err(Refusal::NoCodec)
    );
}

#[test]
fn what_we_cannot_do_is_refused_with_488() {
    for (media, refusal) in [
        ("m=audio 4000 RTP/AVP 18\r\n", Refusal::NoCodec),
        ("m=audio 0 RTP/AVP 8\r\n", Refusal::NoAudio),
        ("m=audio 4000 RTP/SAVP 8\r\n", Refusal::NoAudio),
        ("m=video 4000 RTP/AVP 8\r\n", Refusal::NoAudio),
        ("", Refusal::NoAudio),
        (
            "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 pbx.example\r\n",
            Refusal::NoAddress,
        ),
    ] {
        assert_eq!(taken(media), Err(refusal), "{media}");
        assert_eq!(refusal.status(), Status::NOT_ACCEPTABLE_HERE);
    }
}

#[test]
fn other_streams_are_refused_in_their_place_and_stay_there() {
    let offer =
        offer("m=video 5000 RTP/AVP 31 34\r\nm=audio 4000 RTP/AVP 8\r\nm=image 6000 udptl t38\r\n");
    let agreed = negotiate(&offer, &Capabilities::default()).unwrap();
    let mut local = local();

    let answer = parse(&text(local.answer(&offer, &agreed))).unwrap();
    let ports: Vec<_> = answer.media.iter().map(|media| media.port).collect();
    assert_eq!(ports, [0, 10000, 0]);
    assert_eq!(answer.media[2].formats[0], "t38");

    let again = parse(&text(local.offer(&Capabilities::default()))).unwrap();
    let ports: Vec<_> = again.media.iter().map(|media| media.port).collect();
    assert_eq!(ports, [0, 10000, 0]);
}

#[test]
fn hold_is_understood_in_every_way_it_is_said() {
    for (attributes, expected) in [
        ("", Direction::SendRecv),
        ("a=sendonly\r\n", Direction::RecvOnly),
        ("a=recvonly\r\n", Direction::SendOnly),
        ("a=inactive\r\n", Direction::Inactive),
        ("c=IN IP4 0.0.0.0\r\n", Direction::RecvOnly),
        ("c=IN IP4 0.0.0.0\r\na=inactive\r\n", Direction::Inactive),
        ("c=IN IP6 ::\r\n", Direction::RecvOnly),
    ] {
        let agreed = taken(&format!("m=audio 4000 RTP/AVP 8\r\n{attributes}")).unwrap();
        assert_eq!(agreed.direction, expected, "{attributes}");
    }

    let session_wide = parse(&format!("{HEAD}a=sendonly\r\nm=audio 4000 RTP/AVP 8\r\n")).unwrap();
    assert_eq!(
        negotiate(&session_wide, &Capabilities::default())
            .unwrap()
            .direction,
        Direction::RecvOnly
    );
}

#[test]
fn we_hold_by_our_own_direction() {
    let hold = Capabilities {
        direction: Direction::SendOnly,
        ..Capabilities::default()
    };
    let offer = offer("m=audio 4000 RTP/AVP 8\r\n");

    assert_eq!(
        negotiate(&offer, &hold).unwrap().direction,
        Direction::SendOnly
    );
    assert!(text(local().offer(&hold)).contains("a=sendonly\r\n"));
}

#[test]
fn the_version_rises_only_with_a_change() {
    let version = |bytes: Bytes| {
        text(bytes)
            .lines()
            .nth(1)
            .unwrap()
            .split(' ')
            .nth(2)
            .unwrap()
            .to_owned()
    };
    let mut local = local();
    let hold = Capabilities {
        direction: Direction::SendOnly,
        ..Capabilities::default()
    };

    assert_eq!(version(local.offer(&Capabilities::default())), "1");
    assert_eq!(version(local.offer(&Capabilities::default())), "1");
    assert_eq!(version(local.offer(&hold)), "2");
    assert_eq!(version(local.offer(&Capabilities::default())), "3");
}

#[test]
fn an_answer_to_our_offer_is_read_in_its_place() {
    let answer =
        offer("m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=recvonly\r\n");
    let ours = Capabilities::default();
    let agreed = local().accept(&answer, &ours).unwrap();

    assert_eq!(agreed.codec, Codec::Pcmu);
    assert_eq!(agreed.direction, Direction::SendOnly);
    let elsewhere = offer("m=video 4000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 8\r\n");
    assert_eq!(local().accept(&elsewhere, &ours), Err(Refusal::NoAudio));
}

#[test]
fn each_side_sends_by_the_number_of_the_others_description() {
    let answer = offer(
        "m=audio 4000 RTP/AVP 97 96\r\na=rtpmap:97 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\n",
    );
    let ours = Capabilities::default();
    let mut local = local();
    local.offer(&ours);

    let agreed = local.accept(&answer, &ours).unwrap();

    let events = agreed.telephone_event.unwrap();
    assert_eq!((events.send.number(), events.receive.number()), (96, 101));
    assert_eq!(agreed.payload_type.number(), 97);
    assert!(
        text(local.offer(&ours)).contains(" RTP/AVP 8 0 101\r\n"),
        "our numbers stay ours"
    );
}

#[test]
fn keys_that_were_not_agreed_on_are_expected_by_our_number_if_it_is_free() {
    let stray = |audio: &str| {
        let ours = Capabilities::default();
        let mut local = local();
        local.offer(&ours);
        let answered = local.accept(&offer(audio), &ours).unwrap();
        let offered = taken(audio).unwrap();
        [answered, offered].map(|agreed| {
            assert_eq!(agreed.telephone_event, None);
            agreed.stray_event.map(PayloadType::number)
        })
    };

    assert_eq!(stray("m=audio 4000 RTP/AVP 8\r\n"), [Some(101); 2]);
    assert_eq!(
        stray("m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 opus/48000/2\r\n"),
        [None; 2]
    );
    let agreed = taken("m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n");
    assert_eq!(agreed.unwrap().stray_event, None);
}

#[test]
fn of_two_mappings_of_one_number_the_one_that_is_ours_counts() {
    let agreed = taken(
        "m=audio 4000 RTP/AVP 8 101 102\r\na=rtpmap:101 telephone-event/48000\r\n\
         a=rtpmap:102 telephone-event/16000\r\na=rtpmap:102\ttelephone-event\r\n",
    )
    .unwrap();

    let events = agreed.telephone_event.unwrap();
    assert_eq!((events.send.number(), events.receive.number()), (102, 102));
}

#[test]
fn packets_are_as_short_as_the_other_side_takes_them() {
    for (attributes, expected) in [
        ("a=maxptime:10\r\n", 10),
        ("a=maxptime:19\r\na=ptime:20\r\n", 10),
        ("a=maxptime: 20\r\n", 20),
        ("a=maxptime:300\r\na=ptime:60\r\n", 20),
        ("a=ptime:10\r\n", 20),
        ("a=maxptime:short\r\n", 20),
    ] {
        let agreed = taken(&format!("m=audio 4000 RTP/AVP 8\r\n{attributes}")).unwrap();
        assert_eq!(agreed.ptime_ms, expected, "{attributes}");
    }
    let session_wide = parse(&format!(
        "{HEAD}a=maxptime:10\r\nm=audio 4000 RTP/AVP 8\r\n"
    ));
    let agreed = negotiate(&session_wide.unwrap(), &Capabilities::default());
    assert_eq!(agreed.unwrap().ptime_ms, 10);
}

#[test]
fn rtcp_goes_where_it_is_asked_for() {
    let elsewhere =
        taken("m=audio 4000 RTP/AVP 8\r\na=rtcp:5000 IN IP4 192.0.2.10\r\na=rtcp-mux\r\n").unwrap();
    assert_eq!(
        elsewhere.rtcp,
        "192.0.2.10:5000".parse::<SocketAddr>().unwrap()
    );
    let port = taken("m=audio 65535 RTP/AVP 8\r\na=rtcp:5000\r\n").unwrap();
    assert_eq!(port.rtcp, "192.0.2.9:5000".parse::<SocketAddr>().unwrap());
    assert_eq!(
        taken("m=audio 65535 RTP/AVP 8\r\n").unwrap().rtcp.port(),
        65535
    );
}

#[test]
fn a_sloppy_description_is_read() {
    let sloppy = "v=0\nb=AS:64\nc=IN IP6 2001:db8::1\nm=audio 4000/2 RTP/AVP  0\nk=clear:x\nb=TIAS:64000\n\n";
    let agreed = negotiate(&parse(sloppy).unwrap(), &Capabilities::default()).unwrap();

    assert_eq!(
        agreed.rtp,
        "[2001:db8::1]:4000".parse::<SocketAddr>().unwrap()
    );
    assert!(
        text(
            LocalSession::new(1, "[2001:db8::2]:9".parse().unwrap())
                .offer(&Capabilities::default())
        )
        .contains("IN IP6 2001:db8::2")
    );
}

#[test]
fn what_a_human_would_understand_is_understood() {
    let media = "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n";
    let tidy = format!("{HEAD}{media}");
    let agreed = negotiate(&parse(&tidy).unwrap(), &Capabilities::default()).unwrap();
    assert_eq!(agreed.direction, Direction::RecvOnly);

    for (meant, text) in [
        ("blanks at line ends", tidy.replace("\r\n", " \t\r\n")),
        ("a NUL behind it", format!("{tidy}\0\0")),
        (
            "NULs instead of its last line end",
            format!("{}\0", tidy.trim_end()),
        ),
        ("empty lines before it", format!("\r\n\n{tidy}")),
        ("CR alone", tidy.replace("\r\n", "\r")),
        ("CR twice", tidy.replace("\r\n", "\r\r\n")),
        (
            "attributes in another case",
            tidy.replace("rtpmap", "RTPmap")
                .replace("sendonly", "SendOnly"),
        ),
        (
            "a stream in another case",
            tidy.replace("audio 4000 RTP/AVP", "Audio 4000 rtp/avp"),
        ),
        (
            "blanks in attributes",
            tidy.replace("a=rtpmap:101 ", "a= rtpmap: 101\t")
                .replace("a=sendonly", "a= sendonly"),
        ),
        ("blanks around the equals sign", tidy.replace("m=", "m = ")),
        ("times that are none", tidy.replace("t=0 0", "t=now")),
        (
            "a line that is none",
            tidy.replace("t=0 0", "hello\r\nX-Vendor=1\r\n=\r\nt=0 0"),
        ),
        (
            "a session without an address",
            tidy.replace("c=IN IP4 192.0.2.9", "c=IN IP4\r\n")
                .replace("a=send", "c=in ip4 192.0.2.9\r\na=send"),
        ),
    ] {
        let read = parse(&text).unwrap_or_else(|error| panic!("{meant}: {error}"));
        assert_eq!(
            negotiate(&read, &Capabilities::default()),
            Ok(agreed),
            "{meant}"
        );
    }
}

#[test]
fn an_address_that_cannot_be_read_is_not_that_of_the_session() {
    assert_eq!(
        taken("m=audio 4000 RTP/AVP 8\r\nc=IN IP4\r\n"),
        Err(Refusal::NoAddress)
    );
}

#[test]
fn a_host_that_is_named_or_missing_is_the_one_that_signals() {
    let peer = Capabilities {
        host_of_peer: Some("203.0.113.7".parse().unwrap()),
        ..Capabilities::default()
    };
    let named = offer("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 pbx.example\r\n");
    let without = parse("v=0\r\nm=audio 4000 RTP/AVP 8\r\n").unwrap();

    for description in [named, without] {
        let agreed = negotiate(&description, &peer).unwrap();
        assert_eq!(agreed.rtp, "203.0.113.7:4000".parse().unwrap());
        assert_eq!(agreed.direction, Direction::SendRecv);
    }
}

#[test]
fn a_stream_with_feedback_is_taken_and_answered_under_its_profile() {
    let offer = offer("m=audio 4000 RTP/AVPF 96 8\r\na=rtcp-fb:* trr-int 5000\r\n");
    let agreed = negotiate(&offer, &Capabilities::default()).unwrap();
    let mut ours = local();

    let answer = text(ours.answer(&offer, &agreed));
    let again = text(ours.offer(&Capabilities::default()));

    assert!(answer.contains("m=audio 10000 RTP/AVPF 8\r\n"), "{answer}");
    assert!(!answer.contains("rtcp-fb"), "{answer}");
    assert!(again.contains(" RTP/AVPF 8 0 101\r\n"), "{again}");
}

#[test]
fn formats_behind_the_limit_are_not_read_and_refuse_nobody() {
    let many: String = (35..35 + SDP_CODECS_MAX)
        .map(|kind| format!(" {kind}"))
        .collect();

    let read = parse(&format!("{HEAD}m=audio 4000 RTP/AVP 8{many}\r\n")).unwrap();

    assert_eq!(read.media[0].formats.len(), SDP_CODECS_MAX);
    assert!(negotiate(&read, &Capabilities::default()).is_ok());
}

#[test]
fn limits_and_grammar_hold() {
    let media = "m=audio 4000 RTP/AVP 8\r\n";
    for (text, error) in [
        (String::new(), SdpError::Malformed),
        ("v=1\r\n".to_owned(), SdpError::Malformed),
        ("\0\0".to_owned(), SdpError::Malformed),
        (
            format!("{HEAD}m=audio 65536 RTP/AVP 8\r\n"),
            SdpError::Malformed,
        ),
        (format!("{HEAD}m=audio 1 RTP/AVP\r\n"), SdpError::Malformed),
        (
            format!("{HEAD}m=audio 1 RTP/AVP 8\0\r\n"),
            SdpError::Malformed,
        ),
        (
            format!("{HEAD}{}", media.repeat(SDP_MEDIA_MAX + 1)),
            SdpError::TooMany,
        ),
        (
            format!("{HEAD}{media}{}", "a=x\r\n".repeat(SDP_ATTRIBUTES_MAX + 1)),
            SdpError::TooMany,
        ),
        (
            format!("v=0\r\ns={}\r\n", "x".repeat(SDP_BYTES_MAX)),
            SdpError::TooLarge,
        ),
    ] {
        assert_eq!(parse(&text), Err(error));
    }
    assert!(parse(&format!("{HEAD}{}", media.repeat(SDP_MEDIA_MAX))).is_ok());
}
