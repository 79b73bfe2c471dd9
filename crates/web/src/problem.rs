//! Errors as RFC 9457 problems: `application/problem+json` with a type of our own, a title that
//! never changes and a sentence for this case.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not carried out. Nothing was changed by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: Kind,
    detail: String,
    retry_after_seconds: Option<u64>,
}

/// Declares the kinds of problems, each with its status, the last part of its type and its title.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $status:ident $name:literal $title:literal),+ $(,)?) => {
        /// A kind of problem. Its name is the last part of the problem's type and never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            const fn told(self) -> (StatusCode, &'static str, &'static str) {
                match self {
                    $(Self::$kind => (StatusCode::$status, $name, $title),)+
                }
            }
        }
    };
}

kinds! {
    /// The request cannot be understood.
    Malformed BAD_REQUEST "malformed" "The request cannot be understood",
    /// The request is understood and says something that cannot be.
    Invalid UNPROCESSABLE_ENTITY "invalid" "The request says something that cannot be",
    /// Nobody is signed in.
    NotSignedIn UNAUTHORIZED "not-signed-in" "Nobody is signed in",
    /// Login, password or code are not right.
    WrongCredentials UNAUTHORIZED "wrong-credentials" "Login, password or code are not right",
    /// The password is right, and a code is needed too.
    CodeNeeded UNAUTHORIZED "code-needed" "A one-time code is needed too",
    /// Something has to be done first: a new password, or one-time passwords.
    SetUpFirst FORBIDDEN "set-up-first" "Something has to be set up first",
    /// This is not for that role.
    Forbidden FORBIDDEN "forbidden" "Not for this role",
    /// The request came from another site.
    CrossSite FORBIDDEN "cross-site" "The request came from another site",
    /// There is no such thing.
    NotFound NOT_FOUND "not-found" "There is no such thing",
    /// There is such a thing, and it takes no such request.
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed" "It takes no such request",
    /// It does not go together with what is so.
    Conflict CONFLICT "conflict" "It does not go together with what is so",
    /// It is longer than a limit.
    TooLarge PAYLOAD_TOO_LARGE "too-large" "It is longer than a limit",
    /// The body is of another type.
    UnsupportedType UNSUPPORTED_MEDIA_TYPE "unsupported-type" "The body is of another type",
    /// Too many requests, or too many failed ones.
    TooMany TOO_MANY_REQUESTS "too-many" "Too many requests",
    /// The provider through which somebody wants to sign in does not answer.
    ProviderUnreachable BAD_GATEWAY "provider-unreachable" "The sign-in provider does not answer",
    /// Linka is busy or ending.
    Unavailable SERVICE_UNAVAILABLE "unavailable" "Linka is busy or ending",
    /// The dashboards are not in this binary.
    WebNotBuilt SERVICE_UNAVAILABLE "web-not-built" "The dashboards are not in this binary",
    /// A fault of ours.
    Internal INTERNAL_SERVER_ERROR "internal" "A fault of Linka",
}

impl Problem {
    /// A problem of a kind, with a sentence for this case. The sentence repeats nothing that was sent as a secret.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            retry_after_seconds: None,
        }
    }

    /// The same, with the time after which it may go.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// What kind of problem: a relative URI that never changes.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This case in a sentence.
    pub detail: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, name, title) = self.kind.told();
        let body = ProblemBody {
            type_uri: format!("/problems/{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What the store will not do is told; a store that fails is busy, to whoever asks: what failed is for the log alone.
impl From<store::sql::StoreError> for Problem {
    fn from(error: store::sql::StoreError) -> Self {
        use store::sql::Fault;
        let fault = error.fault();
        match fault {
            Fault::Taken | Fault::LastAdministrator | Fault::Full(_) => {
                Self::new(Kind::Conflict, fault.to_string())
            }
            Fault::Unknown => Self::new(Kind::NotFound, fault.to_string()),
            Fault::Invalid(_) | Fault::TooLarge | Fault::TooMany(_) => {
                Self::new(Kind::Invalid, fault.to_string())
            }
            Fault::Database(_)
            | Fault::NotOpen
            | Fault::Late
            | Fault::Damaged(_)
            | Fault::DamagedEntry { .. }
            | Fault::Lingers => {
                tracing::warn!(%error, %fault, "the records database did not answer");
                Self::new(Kind::Unavailable, "the records database does not answer").retry_after(5)
            }
        }
    }
}
