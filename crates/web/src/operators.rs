//! What operators want, said by themselves or by a supervisor.

use axum::extract::State;
use axum::http::StatusCode;
use dispatch::{Fact, IntentCause, Key, Moment, OperatorId, WrapUpChange};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Json, Path};
use crate::audit::Event;
use crate::board::Millis;
use crate::contacts::{carry_out, no_such, operator_of};
use crate::identity::{SignedIn, Who};
use crate::problem::{Kind, Problem, ProblemBody};

/// By how much a wrap-up may be made longer at once.
const LONGER_MAX: Duration = Duration::from_secs(60 * 60);

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(my_intent))
        .routes(routes!(my_wrap_up))
        .routes(routes!(intent))
}

/// What an operator wants.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(tag = "wants", rename_all = "snake_case")]
enum Wish {
    /// Contacts.
    Ready,
    /// A pause.
    Paused {
        /// One of the reasons of the configuration.
        reason: String,
        /// When she means to be back.
        #[serde(default)]
        back_at_ms: Option<Millis>,
    },
    /// Nothing: not on shift.
    Off,
}

/// Says what you want as an operator.
#[utoipa::path(
    put,
    path = "/api/v1/me/intent",
    tag = "operators",
    request_body = Wish,
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn my_intent(
    State(app): State<App>,
    who: SignedIn,
    Json(wish): Json<Wish>,
) -> Result<StatusCode, Problem> {
    let fact = Fact::Intends {
        operator: operator_of(&who)?,
        intent: read(&app, wish)?,
        cause: IntentCause::Page,
    };
    carry_out(&app, fact).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pauses an operator, has her ready again, or off. She sees it, and can undo it.
#[utoipa::path(
    put,
    path = "/api/v1/operators/{operator}/intent",
    tag = "operators",
    params(("operator" = String, Path, description = "The name of the operator.")),
    request_body = Wish,
    responses(
        (status = 204, description = "Done."),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn intent(
    State(app): State<App>,
    who: Who,
    Path(operator): Path<String>,
    Json(wish): Json<Wish>,
) -> Result<StatusCode, Problem> {
    let key = Key::parse(&operator).map_err(|_| no_such("operator"))?;
    let event = Event::OperatorSet {
        operator,
        wants: wish.name(),
    };
    let fact = Fact::Intends {
        operator: OperatorId(key),
        intent: read(&app, wish)?,
        cause: IntentCause::Supervisor,
    };
    carry_out(&app, fact).await?;
    app.audit.note(&who.name(), event);
    Ok(StatusCode::NO_CONTENT)
}

/// How your wrap-up changes.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
enum ToWrapUp {
    /// It takes longer.
    Longer {
        /// By so many seconds, at most an hour.
        seconds: u32,
    },
    /// It is over.
    Over,
}

/// Makes your wrap-up longer, or ends it.
#[utoipa::path(
    put,
    path = "/api/v1/me/wrap-up",
    tag = "operators",
    request_body = ToWrapUp,
    responses(
        (status = 204, description = "Done."),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn my_wrap_up(
    State(app): State<App>,
    who: SignedIn,
    Json(to): Json<ToWrapUp>,
) -> Result<StatusCode, Problem> {
    let change = match to {
        ToWrapUp::Over => WrapUpChange::Over,
        ToWrapUp::Longer { seconds } => {
            let longer = Duration::from_secs(seconds.into());
            if longer > LONGER_MAX || longer.is_zero() {
                return Err(Problem::new(Kind::Invalid, "1 to 3600 seconds at once"));
            }
            WrapUpChange::Longer(longer)
        }
    };
    let fact = Fact::WrapUp {
        operator: operator_of(&who)?,
        change,
    };
    carry_out(&app, fact).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Wish {
    const fn name(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Paused { .. } => "paused",
            Self::Off => "off",
        }
    }
}

fn read(app: &App, wish: Wish) -> Result<dispatch::Intent, Problem> {
    match wish {
        Wish::Ready => Ok(dispatch::Intent::Ready),
        Wish::Off => Ok(dispatch::Intent::Off),
        Wish::Paused { reason, back_at_ms } => {
            let is_one = app.feed.setup().pause_reasons.contains(&reason);
            let reason = Key::parse(&reason).ok().filter(|_| is_one);
            let reason = reason.ok_or_else(|| {
                Problem::new(Kind::Invalid, "the configuration has no such reason")
            })?;
            Ok(dispatch::Intent::Paused {
                reason,
                back_at: back_at_ms.map(|at| Moment::from_micros(at.saturating_mul(1_000))),
            })
        }
    }
}
