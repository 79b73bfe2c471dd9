use dispatch::Key;

use super::*;
use crate::board::{
    Class, ContactState, Intent, IntentCause, Name, Occupancy, Place, Presence, Reachability,
    Speech, Standing, Status,
};

const AT: Millis = 1_800_000_000_000;

fn one() -> Asker {
    Asker::Key("one".to_owned())
}

fn contact(id: u64, with: &[&str]) -> Change {
    Change::Contact(Contact {
        id: id.to_string(),
        line: "help".to_owned(),
        queue: "help".to_owned(),
        class: Class::Crisis,
        speech: Speech::Expected,
        standing: Standing::Arrival,
        state: ContactState::Waiting,
        arrived_ms: AT,
        talking_since_ms: None,
        with: with.iter().map(|name| Name((*name).to_owned())).collect(),
        partner: None,
        resting: Vec::new(),
        steps_taken: 0,
    })
}

fn operator(name: &str) -> Change {
    Change::Operator(Operator {
        key: name.to_owned(),
        name: Some(Name(name.to_owned())),
        status: Status::Paused {
            reason: format!("{name}-reason"),
            since_ms: AT,
            back_at_ms: None,
        },
        presence: Presence::Away,
        place: Place::Desk,
        intent: Intent::Paused {
            reason: format!("{name}-reason"),
            back_at_ms: None,
        },
        intent_cause: Some(IntentCause::Supervisor),
        paused_after_misses: None,
        reachability: Reachability::Reachable,
        occupancy: Occupancy::Free,
        claim: None,
        wrap_up_until_ms: None,
        misses_in_row: 0,
        queues: vec!["help".to_owned()],
        phones: 1,
        phone_seen_ms: None,
    })
}

fn jana() -> OperatorId {
    OperatorId(Key::parse("jana").unwrap())
}

async fn next(subscription: &mut Subscription) -> String {
    let bytes = subscription.next(|| AT).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn screen_hears_a_snapshot_and_then_each_change_once() {
    let feed = Feed::new(7);
    feed.change(AT, vec![contact(1, &[])]);
    let mut screen = feed
        .subscribe(one(), Listener::Person(None), None, AT)
        .unwrap();

    feed.change(AT, vec![contact(2, &[])]);

    let snapshot = next(&mut screen).await;
    let change = next(&mut screen).await;
    assert!(
        snapshot.starts_with("event: snapshot\nid: 7-1\n"),
        "{snapshot}"
    );
    assert!(snapshot.contains(r#""id":"1""#), "{snapshot}");
    assert!(change.starts_with("event: change\nid: 7-2\n"), "{change}");
    assert!(change.contains(r#""id":"2""#) && !change.contains(r#""id":"1""#));
}

#[tokio::test]
async fn screen_that_comes_back_hears_what_it_missed() {
    let feed = Feed::new(7);
    for id in 1..=4 {
        feed.change(AT, vec![contact(id, &[])]);
    }

    let mut screen = feed
        .subscribe(one(), Listener::Person(None), Some("7-2"), AT)
        .unwrap();

    assert!(next(&mut screen).await.contains("id: 7-3\n"));
    assert!(next(&mut screen).await.contains("id: 7-4\n"));
}

#[tokio::test]
async fn screen_of_another_start_or_of_long_ago_gets_a_snapshot() {
    let feed = Feed::new(7);
    for id in 1..=CHANGES_KEPT as u64 + 2 {
        feed.change(AT, vec![contact(id, &[])]);
    }

    for last_event in ["6-3", "7-1", "7-999999", "", "x", "7-", "-3"] {
        let mut screen = feed
            .subscribe(one(), Listener::Person(None), Some(last_event), AT)
            .unwrap();
        let first = next(&mut screen).await;
        assert!(first.starts_with("event: snapshot\n"), "{last_event}");
    }
}

#[tokio::test]
async fn screen_that_does_not_keep_up_gets_a_snapshot_and_goes_on() {
    let feed = Feed::new(7);
    let mut screen = feed
        .subscribe(one(), Listener::Person(None), None, AT)
        .unwrap();
    next(&mut screen).await;

    for id in 1..=2 * CHANGES_KEPT as u64 {
        feed.change(AT, vec![contact(id, &[])]);
    }

    let snapshot = next(&mut screen).await;
    assert!(snapshot.starts_with("event: snapshot\n"));
    assert!(snapshot.contains(&format!(r#""id":"{}""#, 2 * CHANGES_KEPT)));
    feed.change(AT, vec![Change::ContactGone("1".to_owned())]);
    assert!(next(&mut screen).await.contains(r#""contacts_gone":["1"]"#));
}

#[tokio::test]
async fn wall_hears_no_name() {
    let feed = Feed::new(7);
    let changes = || vec![contact(1, &["jana"]), operator("dana"), operator("jana")];
    feed.change(AT, changes());
    let mut wall = feed.subscribe(one(), Listener::Wall, None, AT).unwrap();

    feed.change(AT, changes());
    feed.change(AT, vec![Change::OperatorGone("jana".to_owned())]);

    for _ in 0..3 {
        let told = next(&mut wall).await;
        assert!(!told.contains("jana") && !told.contains("dana"), "{told}");
        assert!(!told.contains("supervisor"), "{told}");
    }
}

#[tokio::test]
async fn taps_are_told_to_the_operator_who_has_the_caller() {
    let feed = Feed::new(7);
    let mut hers = feed
        .subscribe(one(), Listener::Person(Some(jana())), None, AT)
        .unwrap();
    let mut others = feed
        .subscribe(one(), Listener::Person(None), None, AT)
        .unwrap();
    let mut wall = feed.subscribe(one(), Listener::Wall, None, AT).unwrap();
    for screen in [&mut hers, &mut others, &mut wall] {
        next(screen).await;
    }

    feed.tap(
        jana(),
        &Tap {
            contact: "1".to_owned(),
            key: '5',
        },
    );
    feed.tick(AT);

    assert!(next(&mut hers).await.starts_with("event: tap\n"));
    for screen in [&mut others, &mut wall] {
        assert!(next(screen).await.starts_with("event: change\n"));
    }
}

#[test]
fn feeds_are_limited() {
    let feed = Feed::new(7);
    let subscribe = |asker| feed.subscribe(asker, Listener::Wall, None, AT);
    let hers: Vec<_> = (0..FEEDS_OF_ONE_MAX).map(|_| subscribe(one())).collect();
    let others: Vec<_> = (FEEDS_OF_ONE_MAX..FEEDS_MAX)
        .map(|n| subscribe(Asker::Account(n as u128)))
        .collect();

    let refused = [subscribe(one()), subscribe(Asker::Account(0))];
    assert_eq!(feed.open(), FEEDS_MAX);
    drop((hers, others));

    assert_eq!(
        refused.map(Result::err),
        [Some(Full::OfOne), Some(Full::All)]
    );
    assert!(feed.subscribe(one(), Listener::Wall, None, AT).is_ok());
}

#[test]
fn changes_folded_together_are_what_the_board_says() {
    let mut fold = Fold::default();

    let parts = fold.apply(
        AT,
        vec![
            contact(1, &[]),
            contact(2, &[]),
            contact(1, &["jana"]),
            Change::ContactGone("2".to_owned()),
        ],
    );

    assert_eq!(parts.contacts.len(), 1);
    assert_eq!(parts.contacts[0].with.len(), 1);
    assert_eq!(parts.contacts_gone, ["2"]);
    assert_eq!(fold.parts(AT).contacts, parts.contacts);
}
