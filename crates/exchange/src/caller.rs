//! What is known of a caller's number, and how little is done with it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use dispatch::{LegId, Standing};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sip::header::Name;
use sip::message::Message;
use sip::{PhoneNumber, UriRef};

/// A caller's number. It has no `Display`, no serialisation, and leaves this crate nowhere.
pub(crate) struct CallerNumber(Vec<u8>);

impl fmt::Debug for CallerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerNumber(redacted)")
    }
}

impl CallerNumber {
    /// The number that a trunk asserts, as one of a SIP and a `tel:` URI (RFC 3325 §9.1), or else
    /// the one in From, unless the caller asks that it says nothing (RFC 3323 §4.2); `None` for a
    /// withheld number. Trunks write very different words and zeros for that, or one of our own
    /// numbers, in whatever form: whatever is no number of somebody's is none.
    pub(crate) fn in_invite(
        request: &Message,
        is_ours: impl Fn(&PhoneNumber) -> bool,
    ) -> Option<Self> {
        let mut asserted = request
            .addresses(Name::PAssertedIdentity)
            .filter_map(Result::ok)
            .peekable();
        if asserted.peek().is_some() {
            return asserted.find_map(|address| Self::of(&address.uri, &is_ours));
        }
        if hides_from(request) {
            return None;
        }
        Self::of(&request.from().ok()?.uri, is_ours)
    }

    /// Networks write one number now with and now without "+", so that the digits alone count,
    /// behind those of its context.
    fn of(uri: &UriRef<'_>, is_ours: impl Fn(&PhoneNumber) -> bool) -> Option<Self> {
        let number = PhoneNumber::in_uri(uri).last()?;
        let digits = number.reveal().trim_start_matches('+').as_bytes();
        let is_somebodys = digits.iter().any(|digit| matches!(digit, b'1'..=b'9'));
        (is_somebodys && !is_ours(&number)).then(|| Self(digits.to_vec()))
    }
}

/// Whether From shall not tell who calls.
fn hides_from(request: &Message) -> bool {
    let words = request.values(Name::Privacy).flat_map(|value| {
        let words = value.bytes().split(|byte| matches!(byte, b';' | b','));
        words.map(<[u8]>::trim_ascii)
    });
    let hiding: [&[u8]; 3] = [b"id", b"user", b"header"];
    words
        .into_iter()
        .any(|word| hiding.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

/// How long one key of the keyed hash lives: a hash is gone within 24 h.
const KEY_LIFE: Duration = Duration::from_secs(12 * 3600);

type Hash = [u8; 16];

/// Which live calls came from one number, by a keyed hash in memory.
///
/// Calls that met stay together when the key is replaced, and nothing tells any more from which
/// number they came: a new call from it no longer meets them. Forgetting wins over fairness.
pub(crate) struct Repeats {
    key: [u8; 32],
    renewed: Instant,
    /// The group that the next call of a number joins; no older than the key.
    by_number: BTreeMap<Hash, GroupId>,
    groups: BTreeMap<GroupId, Group>,
    by_leg: BTreeMap<LegId, GroupId>,
}

/// A group has the id of the call that began it.
type GroupId = LegId;

/// Live calls of one number, in the order in which they came.
struct Group {
    /// Their number, until the key is replaced.
    hash: Option<Hash>,
    legs: Vec<LegId>,
}

impl Repeats {
    pub(crate) fn new(now: Instant, key: [u8; 32]) -> Self {
        Self {
            key,
            renewed: now,
            by_number: BTreeMap::new(),
            groups: BTreeMap::new(),
            by_leg: BTreeMap::new(),
        }
    }

    /// Notes a new call and says where it stands: behind its band while another call from the number is live.
    pub(crate) fn came(
        &mut self,
        now: Instant,
        leg: LegId,
        number: Option<&CallerNumber>,
    ) -> Standing {
        let Some(number) = number else {
            return Standing::Arrival;
        };
        self.renew(now);
        let hash = keyed(&self.key, &number.0);
        let id = *self.by_number.entry(hash).or_insert(leg);
        let group = self.groups.entry(id).or_insert_with(|| Group {
            hash: Some(hash),
            legs: Vec::new(),
        });
        group.legs.push(leg);
        self.by_leg.insert(leg, id);
        if group.legs.len() > 1 {
            Standing::BehindBand
        } else {
            Standing::Arrival
        }
    }

    /// Notes that a call is over; returns the leg that now is the first from that number, if it stood behind.
    pub(crate) fn went(&mut self, leg: LegId) -> Option<LegId> {
        let id = self.by_leg.remove(&leg)?;
        let group = self.groups.get_mut(&id)?;
        let was_first = group.legs.first() == Some(&leg);
        group.legs.retain(|other| *other != leg);
        let first = group.legs.first().copied();
        if first.is_none()
            && let Some(group) = self.groups.remove(&id)
            && let Some(hash) = group.hash
        {
            self.by_number.remove(&hash);
        }
        first.filter(|_| was_first)
    }

    /// Replaces the key once it is old. The new key is derived one way from the old one, which is then gone.
    pub(crate) fn renew(&mut self, now: Instant) {
        if now.saturating_duration_since(self.renewed) < KEY_LIFE {
            return;
        }
        let mut next = [0; 32];
        next[..16].copy_from_slice(&keyed(&self.key, b"next key, first half"));
        next[16..].copy_from_slice(&keyed(&self.key, b"next key, second half"));
        self.key = next;
        self.renewed = now;
        self.by_number.clear();
        for group in self.groups.values_mut() {
            group.hash = None;
        }
    }
}

fn keyed(key: &[u8; 32], input: &[u8]) -> Hash {
    let mut hash = [0; 16];
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(input);
        hash.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    }
    hash
}

#[cfg(test)]
mod tests {
    use dispatch::NodeId;

    use super::*;

    const A: LegId = LegId::new(NodeId::ONLY, 1, 1);
    const B: LegId = LegId::new(NodeId::ONLY, 1, 2);
    const C: LegId = LegId::new(NodeId::ONLY, 1, 3);

    #[allow(
        clippy::disallowed_methods,
        reason = "any instant will do as the start of virtual time"
    )]
    fn now() -> Instant {
        Instant::now()
    }

    fn number(user: &str) -> Option<CallerNumber> {
        asserted(&format!("sip:{user}@carrier.example"))
    }

    fn asserted(uri: &str) -> Option<CallerNumber> {
        CallerNumber::of(&UriRef::parse(uri.as_bytes()).unwrap(), is_ours)
    }

    /// A line is called by +420800000116.
    fn is_ours(number: &PhoneNumber) -> bool {
        number.may_be(&PhoneNumber::parse("+420800000116").unwrap())
    }

    /// Whether a number is read from an INVITE with that From and these header lines.
    fn is_known(from: &str, headers: &str) -> bool {
        let text = format!(
            "INVITE sip:+420800000116@a SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\r\nFrom: {from};tag=1\r\n\
             To: <sip:+420800000116@a>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n{headers}\
             Content-Length: 0\r\n\r\n"
        );
        let request = Message::parse(text.into()).unwrap();
        CallerNumber::in_invite(&request, is_ours).is_some()
    }

    #[test]
    fn whatever_is_no_number_of_somebodys_is_withheld() {
        for user in [
            "x7k2@anonymous.invalid",
            "hidden@anonymous.invalid",
            "0@a",
            "00000000@a",
            "+anonymous@a",
            "anonymous;phone-context=x@a",
            "withheld@a",
            "asterisk@a",
            "Unknown%20Number@a",
            "+420800000116@a",
            "420800000116@a",
            "00420800000116@a",
            "800000116@a",
        ] {
            assert!(
                !is_known(&format!("\"Anonymous\" <sip:{user}>"), ""),
                "{user}"
            );
        }
        assert!(is_known("\"Anonymous\" <sip:+420777000001@a>", ""));
    }

    #[test]
    fn caller_who_asks_for_privacy_is_known_by_what_her_network_asserts_alone() {
        let from = "<sip:+420777000001@a>";
        let asserted = "P-Asserted-Identity: <tel:+420777000001>\r\n";

        for privacy in ["id", "user;critical", "header; id", "session, ID"] {
            let privacy = format!("Privacy: {privacy}\r\n");
            assert!(!is_known(from, &privacy), "{privacy}");
            assert!(is_known(from, &format!("{privacy}{asserted}")), "{privacy}");
        }
        for privacy in ["none", "session"] {
            assert!(
                is_known(from, &format!("Privacy: {privacy}\r\n")),
                "{privacy}"
            );
        }
    }

    #[test]
    fn the_second_live_call_of_one_number_waits_behind() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);

        let first = repeats.came(now, A, number("+420-777-000-001").as_ref());
        let second = repeats.came(now, B, number("+420777000001").as_ref());
        let other = repeats.came(now, C, number("+420777000002").as_ref());

        assert_eq!(
            (first, second, other),
            (Standing::Arrival, Standing::BehindBand, Standing::Arrival)
        );
    }

    #[test]
    fn the_next_call_moves_up_when_the_first_ends() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);
        repeats.came(now, A, number("777000001").as_ref());
        repeats.came(now, B, number("777000001").as_ref());

        assert_eq!(repeats.went(B), None);
        repeats.came(now, C, number("777000001").as_ref());
        assert_eq!(repeats.went(A), Some(C));
        assert_eq!(repeats.went(C), None);
    }

    #[test]
    fn withheld_numbers_are_exempt() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);

        for leg in [A, B, C] {
            assert_eq!(
                repeats.came(now, leg, number("Anonymous").as_ref()),
                Standing::Arrival
            );
        }
    }

    #[test]
    fn a_number_is_forgotten_with_its_key() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);
        repeats.came(now, A, number("777000001").as_ref());

        let later = repeats.came(now + KEY_LIFE, B, number("777000001").as_ref());

        assert_eq!(later, Standing::Arrival);
    }

    #[test]
    fn the_next_call_moves_up_also_when_the_key_was_renewed_meanwhile() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);
        repeats.came(now, A, number("777000001").as_ref());
        repeats.came(now, B, number("777000001").as_ref());

        repeats.came(now + KEY_LIFE, C, number("777000001").as_ref());

        assert_eq!(repeats.went(A), Some(B));
        assert_eq!((repeats.went(B), repeats.went(C)), (None, None));
    }

    #[test]
    fn of_a_renewed_key_no_hash_is_left() {
        let now = now();
        let mut repeats = Repeats::new(now, [1; 32]);
        repeats.came(now, A, number("777000001").as_ref());

        repeats.renew(now + KEY_LIFE);

        assert!(repeats.by_number.is_empty());
        assert!(repeats.groups.values().all(|group| group.hash.is_none()));
        repeats.went(A);
        assert!(repeats.groups.is_empty() && repeats.by_leg.is_empty());
    }

    #[test]
    fn one_number_is_one_caller_however_it_is_written() {
        for uris in [
            ["sip:+420777000001@a", "tel:+420777000001"],
            ["tel:+420-777-000-001", "sip:420777000001@b;user=phone"],
            [
                "sip:+420777000001;npdi@a",
                "sip:777000001;phone-context=+420@a",
            ],
        ] {
            let [one, other] = uris.map(|uri| asserted(uri).unwrap().0);
            assert_eq!(one, other, "{uris:?}");
        }
        for uri in [
            "sip:Anonymous@anonymous.invalid",
            "sip:anonymous.invalid",
            "tel:anonymous",
        ] {
            assert!(asserted(uri).is_none(), "{uri}");
        }
    }

    #[test]
    fn a_number_is_never_printed() {
        let printed = format!("{:?}", number("777000001").unwrap());

        assert!(!printed.contains("777"));
    }
}
