//! The caller's number reaches nobody but her own trunk: every message, entry and board of every
//! test is searched for it; here it is looked for where it would be most at home.

use dispatch::{Action, Step};
use media::Digit;
use simulation::{Caller, Centre, Manner, Sent};

use super::{open, seconds};

/// The headers that could carry an identity.
const IDENTITIES: [&str; 5] = [
    "P-Asserted-Identity",
    "Diversion",
    "History-Info",
    "Remote-Party-ID",
    "Identity",
];

fn tells_nobody(sent: &Sent) {
    let text = &sent.text;
    assert!(!text.contains("777000001"), "{text}");
    assert!(!text.contains("Caller"), "{text}");
    for header in IDENTITIES {
        assert!(!text.contains(&format!("\r\n{header}:")), "{text}");
    }
}

#[test]
fn an_operators_phone_sees_nobody() {
    let mut world = open(Centre::default());
    world.peer("eva").set_manner(Manner::Answers(seconds(8)));

    let caller = world.call(Caller {
        talks: Some(seconds(20)),
        ..Caller::from_number(1)
    });
    world.run(seconds(9));
    world.board();
    world.run(seconds(60));

    let invites: Vec<&Sent> = world
        .sent_to("eva")
        .filter(|sent| sent.text.starts_with("INVITE"))
        .collect();
    assert_eq!(invites.len(), 1);
    assert!(
        invites[0]
            .text
            .contains("From: \"Anonymous\" <sip:anonymous@anonymous.invalid>"),
        "{}",
        invites[0].text
    );
    world.sent_to("eva").for_each(tells_nobody);
    assert!(super::is_over(&world, caller));
}

#[test]
fn on_call_people_and_partners_see_the_outgoing_number() {
    let steps = [
        (10, Action::OnCall(vec![Centre::operator("olga")])),
        (30, Action::Overflow(Centre::partner("sister"))),
    ];
    let mut world = open(Centre {
        operators: vec![],
        on_call: vec![("olga", "602000001")],
        partners: vec![("sister", "602000009")],
        steps: steps
            .map(|(after, action)| Step {
                after: seconds(after),
                action,
            })
            .to_vec(),
        ..Centre::default()
    });
    let one = Digit::from_char('1').unwrap();
    let home = Manner::AnswersAndPresses(seconds(90), seconds(2), one);
    world
        .peer("trunk")
        .manners
        .insert("602000001".to_owned(), home);
    world
        .peer("trunk")
        .manners
        .insert("602000009".to_owned(), Manner::Answers(seconds(9)));

    world.call(Caller::from_number(1));
    world.run(seconds(120));

    let outward: Vec<&Sent> = world
        .sent_to("trunk")
        .filter(|sent| sent.text.contains("sip:602000001@") || sent.text.contains("sip:602000009@"))
        .collect();
    assert!(outward.len() >= 4, "{}", outward.len());
    outward.into_iter().for_each(tells_nobody);
}
