//! Contacts: their story, and what people do with them.

use axum::extract::State;
use axum::http::StatusCode;
use dispatch::{Act, ActingRole, Cause, ContactId, Fact, HandBack, Key, OperatorId, QueueId, Seq};
use records::content::{Content, Field};
use records::{Holds, NOT_ASKED};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::sql::Role;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Json, Path};
use crate::board::{Class, ContactState};
use crate::identity::SignedIn;
use crate::line::{Refusal, Story};
use crate::problem::{Kind, Problem, ProblemBody};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(story))
        .routes(routes!(class))
        .routes(routes!(queue))
        .routes(routes!(operator))
        .routes(routes!(hand_back))
        .routes(routes!(content_so_far, content, some_content))
        .routes(routes!(finished))
        .routes(routes!(fields))
}

/// What happened to a contact and what holds it back now: every decision with its rule, until half an hour after its end. Kept in memory alone.
#[utoipa::path(
    get,
    path = "/api/v1/contacts/{contact}",
    tag = "contacts",
    params(("contact" = String, Path, description = "The number of the contact.")),
    responses(
        (status = 200, body = Story),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn story(State(app): State<App>, Path(contact): Path<u64>) -> Result<Json<Story>, Problem> {
    let story = app.line.story(ContactId(Seq(contact))).await;
    story.map(Json).ok_or_else(|| unknown(contact))
}

/// A class.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct ToClass {
    /// The class from now on. `alarm` is for SOS buttons alone.
    class: Class,
}

/// Gives a contact another class. An operator may do so with the contact that she has or is offered, and by that undoes *cannot speak*.
#[utoipa::path(
    put,
    path = "/api/v1/contacts/{contact}/class",
    tag = "contacts",
    params(("contact" = String, Path, description = "The number of the contact.")),
    request_body = ToClass,
    responses(
        (status = 204, description = "Done."),
        (status = 403, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn class(
    State(app): State<App>,
    who: SignedIn,
    Path(contact): Path<u64>,
    Json(to): Json<ToClass>,
) -> Result<StatusCode, Problem> {
    if to.class == Class::Alarm {
        return Err(Problem::new(
            Kind::Invalid,
            "only an SOS button makes an alarm",
        ));
    }
    let id = ContactId(Seq(contact));
    let class = to.class.into();
    let fact = if who.role == Role::Operator || has(&app, &who, id) {
        if !has(&app, &who, id) {
            return Err(Problem::new(Kind::Forbidden, "it is not your contact"));
        }
        Fact::Classed {
            contact: id,
            class,
            cause: Cause::Operator(operator_of(&who)?),
        }
    } else {
        acted(&who, id, Act::Class(class))?
    };
    carry_out(&app, fact).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives back the contact that you talk with: your leg is hung up, and its caller waits again at her rank.
#[utoipa::path(
    post,
    path = "/api/v1/contacts/{contact}/hand-back",
    tag = "contacts",
    params(("contact" = String, Path, description = "The number of the contact.")),
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn hand_back(
    State(app): State<App>,
    who: SignedIn,
    Path(contact): Path<u64>,
) -> Result<StatusCode, Problem> {
    let contact = ContactId(Seq(contact));
    if !has(&app, &who, contact) {
        return Err(Problem::new(Kind::Conflict, "it is not your contact"));
    }
    let cause = HandBack::Operator;
    carry_out(&app, Fact::HandedBack { contact, cause }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A queue.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct ToQueue {
    /// The name of the queue.
    queue: String,
}

/// Has a contact wait in another queue, at its rank there.
#[utoipa::path(
    put,
    path = "/api/v1/contacts/{contact}/queue",
    tag = "contacts",
    params(("contact" = String, Path, description = "The number of the contact.")),
    request_body = ToQueue,
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn queue(
    State(app): State<App>,
    who: SignedIn,
    Path(contact): Path<u64>,
    Json(to): Json<ToQueue>,
) -> Result<StatusCode, Problem> {
    let queue = Key::parse(&to.queue).map_err(|_| no_such("queue"))?;
    let fact = acted(&who, ContactId(Seq(contact)), Act::Move(QueueId(queue)))?;
    carry_out(&app, fact).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An operator.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct ToOperator {
    /// The name of the operator.
    operator: String,
}

/// Offers a contact to one operator before anybody else. She has to be free, and nobody more urgent may wait for her.
#[utoipa::path(
    put,
    path = "/api/v1/contacts/{contact}/operator",
    tag = "contacts",
    params(("contact" = String, Path, description = "The number of the contact.")),
    request_body = ToOperator,
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn operator(
    State(app): State<App>,
    who: SignedIn,
    Path(contact): Path<u64>,
    Json(to): Json<ToOperator>,
) -> Result<StatusCode, Problem> {
    let operator = Key::parse(&to.operator).map_err(|_| no_such("operator"))?;
    let operator = OperatorId(operator);
    let fact = acted(&who, ContactId(Seq(contact)), Act::Give(operator))?;
    carry_out(&app, fact).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is entered after a call: fields by name, each with one value, or with several joined by `+`. What is missing was not asked.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
struct Entered {
    /// Values by field.
    fields: BTreeMap<String, String>,
}

impl Entered {
    /// What was chosen; *not asked* is what is not there.
    fn of(content: &Content) -> Self {
        let chosen = |field: &&Field| content.texts(**field) != [NOT_ASKED];
        let fields = Field::ALL.iter().filter(chosen);
        Self {
            fields: fields
                .map(|field| (field.as_str().to_owned(), content.text(*field)))
                .collect(),
        }
    }
}

/// What you have entered of a call so far, as long as you may change it. Nobody else is told.
#[utoipa::path(
    get,
    path = "/api/v1/contacts/{contact}/content",
    tag = "contacts",
    params(("contact" = String, Path, description = "The number of the contact.")),
    responses(
        (status = 200, body = Entered),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn content_so_far(
    State(app): State<App>,
    who: SignedIn,
    Path(contact): Path<u64>,
) -> Result<Json<Entered>, Problem> {
    let operator = operator_of(&who).map_err(|_| no_such("contact"))?;
    let content = app.line.content(ContactId(Seq(contact)), operator).await;
    content
        .map(|content| Json(Entered::of(&content)))
        .map_err(refused)
}

/// The numbers of your calls that are over and whose content you may still enter, the one that ended last first; at most 20.
#[utoipa::path(
    get,
    path = "/api/v1/me/finished",
    tag = "contacts",
    responses(
        (status = 200, body = Vec<String>),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn finished(State(app): State<App>, who: SignedIn) -> Result<Json<Vec<String>>, Problem> {
    // Whose account is no operator's has finished nothing.
    let Ok(operator) = operator_of(&who) else {
        return Ok(Json(Vec::new()));
    };
    let finished = app.line.finished(operator).await.map_err(refused)?;
    let number = |contact: ContactId| contact.0.0.to_string();
    Ok(Json(finished.into_iter().map(number).collect()))
}

/// Enters the content of a call. Its operator may do so during the call and for two hours after it, and anew until then. The same content again changes nothing.
#[utoipa::path(
    put,
    path = "/api/v1/contacts/{contact}/content",
    tag = "contacts",
    params(("contact" = String, Path, description = "The number of the contact.")),
    request_body = Entered,
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn content(
    State(app): State<App>,
    who: SignedIn,
    Path(contact): Path<u64>,
    Json(entered): Json<Entered>,
) -> Result<StatusCode, Problem> {
    let fact = records::Fact::Entered {
        contact: ContactId(Seq(contact)),
        operator: operator_of(&who)?,
        content: Box::new(read(&entered)?),
    };
    let _one_at_a_time = app.entering.lock().await;
    app.line.record(fact).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enters some fields of the content of a call and leaves the others as they are; `not_asked` takes one back. Tells the content that came of it.
#[utoipa::path(
    patch,
    path = "/api/v1/contacts/{contact}/content",
    tag = "contacts",
    params(("contact" = String, Path, description = "The number of the contact.")),
    request_body = Entered,
    responses(
        (status = 200, body = Entered),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn some_content(
    State(app): State<App>,
    who: SignedIn,
    Path(contact): Path<u64>,
    Json(entered): Json<Entered>,
) -> Result<Json<Entered>, Problem> {
    let operator = operator_of(&who)?;
    let contact = ContactId(Seq(contact));
    let _one_at_a_time = app.entering.lock().await;
    let mut content = app.line.content(contact, operator).await.map_err(refused)?;
    take_in(&mut content, &entered)?;
    let told = Entered::of(&content);
    let content = Box::new(content);
    let fact = records::Fact::Entered {
        contact,
        operator,
        content,
    };
    app.line.record(fact).await.map_err(refused)?;
    Ok(Json(told))
}

fn read(entered: &Entered) -> Result<Content, Problem> {
    let mut content = Content::default();
    take_in(&mut content, entered)?;
    Ok(content)
}

fn take_in(content: &mut Content, entered: &Entered) -> Result<(), Problem> {
    for (name, value) in &entered.fields {
        let field = Field::parse(name)
            .ok_or_else(|| Problem::new(Kind::Invalid, "there is no field of that name"))?;
        content
            .set(field, value)
            .map_err(|_| Problem::new(Kind::Invalid, format!("{name} has no such value")))?;
    }
    Ok(())
}

/// A field of the content, and the values that it may have.
#[derive(Debug, Serialize, ToSchema)]
struct FieldTold {
    /// Its name.
    name: &'static str,
    /// Its values, *not asked* first.
    values: Vec<&'static str>,
    /// Whether several values may be ticked.
    several: bool,
}

/// The fields that may be entered after a call.
#[utoipa::path(
    get,
    path = "/api/v1/content-fields",
    tag = "contacts",
    responses((status = 200, body = Vec<FieldTold>))
)]
async fn fields() -> Json<Vec<FieldTold>> {
    let told = Field::ALL.iter().map(|field| FieldTold {
        name: field.as_str(),
        values: field.domain(),
        several: field.holds() == Holds::Several,
    });
    Json(told.collect())
}

/// Whether somebody is the operator who has a contact, or is offered it.
fn has(app: &App, who: &SignedIn, contact: ContactId) -> bool {
    let contact = app.feed.contact(contact);
    contact.is_some_and(|contact| match contact.state {
        ContactState::Offered | ContactState::Talking => {
            contact.with.iter().any(|name| name.0 == who.login)
        }
        ContactState::Waiting | ContactState::Adrift => false,
    })
}

/// What somebody does with a contact that is no call of hers.
fn acted(who: &SignedIn, contact: ContactId, act: Act) -> Result<Fact, Problem> {
    let by = Some(acting_role(who)?);
    Ok(Fact::Acted { contact, act, by })
}

/// As whom somebody acts on a contact that is no call of hers.
fn acting_role(who: &SignedIn) -> Result<ActingRole, Problem> {
    match who.role {
        Role::Supervisor => Ok(ActingRole::Supervisor),
        Role::Administrator => Ok(ActingRole::Administrator),
        Role::Operator | Role::Auditor | Role::Wall => {
            Err(Problem::new(Kind::Forbidden, "it is not your contact"))
        }
    }
}

pub(crate) fn operator_of(who: &SignedIn) -> Result<OperatorId, Problem> {
    let not_one = || Problem::new(Kind::Conflict, "your account is no operator's");
    Key::parse(&who.login)
        .map(OperatorId)
        .map_err(|_| not_one())
}

/// Has an act done, and says as a problem why it was not.
pub(crate) async fn carry_out(app: &App, fact: Fact) -> Result<(), Problem> {
    app.line.act(fact).await.map_err(refused)
}

/// A refusal of the exchange as a problem.
fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Conflict(why) => Problem::new(Kind::Conflict, why),
        Refusal::Unknown(what) => Problem::new(Kind::NotFound, what),
        Refusal::NoAnswer => {
            Problem::new(Kind::Unavailable, Refusal::NoAnswer.to_string()).retry_after(5)
        }
    }
}

fn unknown(contact: u64) -> Problem {
    Problem::new(
        Kind::NotFound,
        format!("contact {contact} is not known, or over for longer than half an hour"),
    )
}

pub(crate) fn no_such(what: &str) -> Problem {
    Problem::new(Kind::NotFound, format!("there is no such {what}"))
}
