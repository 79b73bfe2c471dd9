//! What people do with contacts and operators.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use dispatch::{
    Act, ActingRole, Cause, Class, ContactId, Fact, HandBack, Intent, IntentCause, Key, OperatorId,
    QueueId, Seq, WrapUpChange,
};
use records::{ContactAct, Deed};
use serde_json::json;
use std::time::Duration;
use store::sql::Role;
use web::acts_entry;
use web::board::{self, Change, ContactState, Name, Setup, Standing};
use web::line::Refusal;

use crate::fixture::{Fixture, NOW};

fn contact(id: u64, state: ContactState, with: &[&str]) -> Change {
    Change::Contact(board::Contact {
        id: id.to_string(),
        line: "help".to_owned(),
        queue: "help".to_owned(),
        class: board::Class::Danger,
        speech: board::Speech::Expected,
        standing: Standing::Arrival,
        state,
        arrived_ms: NOW,
        talking_since_ms: None,
        with: with.iter().map(|name| Name((*name).to_owned())).collect(),
        partner: None,
        resting: Vec::new(),
        steps_taken: 0,
    })
}

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

#[tokio::test]
async fn acts_on_a_contact_say_by_which_role_and_are_in_no_audit_on_their_day() {
    let fixture = Fixture::open().await;
    let id = ContactId(Seq(4711));
    let roles = [
        (Role::Supervisor, ActingRole::Supervisor),
        (Role::Administrator, ActingRole::Administrator),
    ];

    for (role, _) in roles {
        for (act, body) in [
            ("class", json!({"class": "danger"})),
            ("queue", json!({"queue": "help"})),
            ("operator", json!({"operator": "dana"})),
        ] {
            let path = format!("/api/v1/contacts/4711/{act}");
            let (status, _) = fixture.ask(role, "PUT", &path, Some(body)).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
    }

    let expected = roles.map(|(_, by)| {
        let acts = [
            Act::Class(Class::Danger),
            Act::Move(QueueId(key("help"))),
            Act::Give(OperatorId(key("dana"))),
        ];
        acts.map(|act| {
            let (contact, by) = (id, Some(by));
            Fact::Acted { contact, act, by }
        })
    });
    assert_eq!(fixture.acts(), expected.as_flattened());
    fixture.audit.flush().await;
    assert_eq!(fixture.store.audit_chain(0..10).await.unwrap(), []);
}

#[test]
fn entry_of_acts_names_the_role_and_what_was_done_and_how_often() {
    let text = |by, deed, times| {
        let entry = acts_entry(&ContactAct { by, deed }, times).unwrap();
        String::from_utf8(entry.bytes).unwrap()
    };
    let (supervisor, administrator) = (ActingRole::Supervisor, ActingRole::Administrator);
    let class = Class::Danger;
    let queue = QueueId(key("help"));

    let told = [
        text(supervisor, Deed::Classed { class }, 1),
        text(administrator, Deed::Moved { queue }, 1),
        text(supervisor, Deed::Given, 3),
        text(administrator, Deed::Other, 17),
    ];

    assert_eq!(
        told,
        [
            r#"{"by":"a supervisor on shift","what":"class_changed","class":"danger"}"#,
            r#"{"by":"an administrator on shift","what":"moved","queue":"help"}"#,
            r#"{"by":"a supervisor on shift","what":"given","times":3}"#,
            r#"{"by":"an administrator on shift","what":"acted","times":17}"#,
        ]
    );
}

#[tokio::test]
async fn what_an_operator_does_with_her_own_call_is_in_no_audit() {
    let fixture = Fixture::open().await;
    let hers = contact(1, ContactState::Talking, &["jana"]);
    fixture.feed.change(NOW, vec![hers]);

    let (status, _) = fixture
        .ask(
            Role::Operator,
            "PUT",
            "/api/v1/contacts/1/class",
            Some(json!({"class": "crisis"})),
        )
        .await;

    assert_eq!(status, StatusCode::NO_CONTENT);
    fixture.audit.flush().await;
    assert!(fixture.store.audit_chain(0..10).await.unwrap().is_empty());
}

#[tokio::test]
async fn operator_changes_the_class_of_her_own_contact_alone() {
    let fixture = Fixture::open().await;
    fixture.feed.change(
        NOW,
        vec![
            contact(1, ContactState::Talking, &["jana"]),
            contact(2, ContactState::Talking, &["dana"]),
            contact(3, ContactState::Waiting, &[]),
        ],
    );
    let mut told = Vec::new();

    for id in 1..=4 {
        let path = format!("/api/v1/contacts/{id}/class");
        let body = Some(json!({"class": "crisis"}));
        told.push(fixture.ask(Role::Operator, "PUT", &path, body).await.0);
    }

    assert_eq!(told[0], StatusCode::NO_CONTENT);
    assert!(
        told[1..]
            .iter()
            .all(|status| *status == StatusCode::FORBIDDEN)
    );
    let hers = Fact::Classed {
        contact: ContactId(Seq(1)),
        class: Class::Crisis,
        cause: Cause::Operator(OperatorId(key("jana"))),
    };
    assert_eq!(fixture.acts(), [hers]);
}

#[tokio::test]
async fn operator_hands_back_her_own_contact_alone() {
    let fixture = Fixture::open().await;
    fixture.feed.change(
        NOW,
        vec![
            contact(1, ContactState::Talking, &["jana"]),
            contact(2, ContactState::Talking, &["dana"]),
            contact(3, ContactState::Waiting, &[]),
        ],
    );
    let mut told = Vec::new();

    for id in 1..=4 {
        let path = format!("/api/v1/contacts/{id}/hand-back");
        let (status, _) = fixture.ask(Role::Operator, "POST", &path, None).await;
        told.push(status.as_u16());
    }

    assert_eq!(told, [204, 409, 409, 409]);
    let contact = ContactId(Seq(1));
    let cause = HandBack::Operator;
    let hers = Fact::HandedBack { contact, cause };
    assert_eq!(fixture.acts(), [hers]);
}

#[tokio::test]
async fn nobody_makes_an_alarm_by_hand() {
    let fixture = Fixture::open().await;

    let (status, _) = fixture
        .ask(
            Role::Supervisor,
            "PUT",
            "/api/v1/contacts/1/class",
            Some(json!({"class": "alarm"})),
        )
        .await;

    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(fixture.acts().is_empty());
}

/// A site whose operators may pause for a meal.
async fn with_meals() -> Fixture {
    let fixture = Fixture::open().await;
    let setup = Setup {
        pause_reasons: vec!["meal".to_owned()],
        ..Setup::default()
    };
    fixture.feed.change(NOW, vec![Change::Setup(setup)]);
    fixture
}

fn pause(reason: &str) -> serde_json::Value {
    json!({"wants": "paused", "reason": reason, "back_at_ms": NOW})
}

#[tokio::test]
async fn operator_pauses_for_a_reason_of_the_configuration() {
    let fixture = with_meals().await;

    let (taken, _) = fixture
        .ask(
            Role::Operator,
            "PUT",
            "/api/v1/me/intent",
            Some(pause("meal")),
        )
        .await;
    let (refused, _) = fixture
        .ask(
            Role::Operator,
            "PUT",
            "/api/v1/me/intent",
            Some(pause("none")),
        )
        .await;

    assert_eq!(taken, StatusCode::NO_CONTENT);
    assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY);
    let acts = fixture.acts();
    assert!(matches!(
        &acts[..],
        [Fact::Intends { operator, intent: Intent::Paused { reason, back_at: Some(_) }, cause: IntentCause::Page }]
            if *operator == OperatorId(key("jana")) && *reason == key("meal")
    ));
}

#[tokio::test]
async fn intent_that_a_supervisor_sets_says_so() {
    let fixture = with_meals().await;
    let path = "/api/v1/operators/jana/intent";

    let (taken, _) = fixture
        .ask(Role::Supervisor, "PUT", path, Some(pause("meal")))
        .await;

    assert_eq!(taken, StatusCode::NO_CONTENT);
    let acts = fixture.acts();
    assert!(matches!(
        &acts[..],
        [Fact::Intends { operator, intent: Intent::Paused { .. }, cause: IntentCause::Supervisor }]
            if *operator == OperatorId(key("jana"))
    ));
}

#[tokio::test]
async fn wrap_up_grows_by_an_hour_at_most() {
    let fixture = Fixture::open().await;
    let mut told = Vec::new();

    for seconds in [60, 3_600, 3_601, 0] {
        let body = Some(json!({"change": "longer", "seconds": seconds}));
        let (status, _) = fixture
            .ask(Role::Operator, "PUT", "/api/v1/me/wrap-up", body)
            .await;
        told.push(status.as_u16());
    }

    assert_eq!(told, [204, 204, 422, 422]);
    let longer = |seconds| Fact::WrapUp {
        operator: OperatorId(key("jana")),
        change: WrapUpChange::Longer(Duration::from_secs(seconds)),
    };
    assert_eq!(fixture.acts(), [longer(60), longer(3_600)]);
}

#[tokio::test]
async fn content_is_entered_by_field_and_value() {
    let fixture = Fixture::open().await;
    let path = "/api/v1/contacts/5/content";
    let enter = |fields: serde_json::Value| Some(json!({"fields": fields}));

    let (taken, _) = fixture
        .ask(
            Role::Operator,
            "PUT",
            path,
            enter(json!({"language": "ukrainian", "ages": "below_1+7-9"})),
        )
        .await;
    let (no_field, _) = fixture
        .ask(Role::Operator, "PUT", path, enter(json!({"name": "Marie"})))
        .await;
    let (no_value, problem) = fixture
        .ask(
            Role::Operator,
            "PUT",
            path,
            enter(json!({"language": "Marie"})),
        )
        .await;

    assert_eq!(
        (taken.as_u16(), no_field.as_u16(), no_value.as_u16()),
        (204, 422, 422)
    );
    assert!(!problem.to_string().contains("Marie"), "{problem}");
    assert_eq!(fixture.exchange.recorded.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_the_exchange_refuses_is_a_problem() {
    let fixture = Fixture::open().await;
    let mut told = Vec::new();

    for refusal in [
        Refusal::Conflict("she talks with somebody".to_owned()),
        Refusal::Unknown("there is no contact 1".to_owned()),
        Refusal::NoAnswer,
    ] {
        *fixture.exchange.refusal.lock().unwrap() = Some(refusal);
        let body = Some(json!({"operator": "jana"}));
        let path = "/api/v1/contacts/1/operator";
        let (status, _) = fixture.ask(Role::Supervisor, "PUT", path, body).await;
        told.push(status.as_u16());
    }

    assert_eq!(told, [409, 404, 503]);
    fixture.audit.flush().await;
    assert!(fixture.store.audit_chain(0..10).await.unwrap().is_empty());
}

#[tokio::test]
async fn operator_is_told_what_she_entered_so_far_and_nobody_else_is() {
    let fixture = Fixture::open().await;
    let path = "/api/v1/contacts/5/content";
    let fields = json!({"fields": {"language": "ukrainian", "ages": "below_1+7-9"}});
    fixture
        .ask(Role::Operator, "PUT", path, Some(fields.clone()))
        .await;
    let of_dana = Request::get(path)
        .header("role", "Operator")
        .header("login", "dana");

    let (told, content) = fixture.ask(Role::Operator, "GET", path, None).await;
    let (_, finished) = fixture
        .ask(Role::Operator, "GET", "/api/v1/me/finished", None)
        .await;
    let other = crate::fixture::told(fixture.send(of_dana.body(Body::empty()).unwrap()).await);
    let (auditor, _) = fixture.ask(Role::Auditor, "GET", path, None).await;

    assert_eq!((told, content), (StatusCode::OK, fields));
    assert_eq!(finished, json!(["5"]));
    assert_eq!(other.await.0, StatusCode::NOT_FOUND);
    assert_eq!(auditor, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn fields_entered_one_by_one_leave_the_others_as_they_are() {
    let fixture = Fixture::open().await;
    let path = "/api/v1/contacts/5/content";
    let enter = async |method: &str, fields: serde_json::Value| {
        fixture
            .ask(
                Role::Operator,
                method,
                path,
                Some(json!({"fields": fields})),
            )
            .await
    };
    enter("PUT", json!({"outcome": "advised"})).await;

    let both = tokio::join!(
        enter("PATCH", json!({"language": "ukrainian"})),
        enter("PATCH", json!({"ages": "below_1+7-9"})),
    );
    let (taken, all) = enter("PATCH", json!({"outcome": "not_asked"})).await;
    let (no_value, _) = enter("PATCH", json!({"language": "Marie"})).await;

    assert_eq!([both.0.0, both.1.0, taken], [StatusCode::OK; 3]);
    let fields = json!({"language": "ukrainian", "ages": "below_1+7-9"});
    assert_eq!(all, json!({"fields": fields}));
    assert_eq!(no_value, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn reading_and_entering_content_leaves_nothing_in_the_audit() {
    let fixture = Fixture::open().await;
    let path = "/api/v1/contacts/5/content";

    for (method, body) in [("PUT", Some(json!({"fields": {}}))), ("GET", None)] {
        let (status, _) = fixture.ask(Role::Operator, method, path, body).await;
        assert!(status.is_success());
    }

    fixture.audit.flush().await;
    assert!(fixture.store.audit_chain(0..10).await.unwrap().is_empty());
}

#[tokio::test]
async fn content_is_not_taken_for_empty_while_the_exchange_does_not_answer() {
    let fixture = Fixture::open().await;
    *fixture.exchange.refusal.lock().unwrap() = Some(Refusal::NoAnswer);

    let (status, _) = fixture
        .ask(Role::Operator, "GET", "/api/v1/contacts/5/content", None)
        .await;

    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}
