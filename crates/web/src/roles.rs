//! Who may do what: every route of the API with its access. A route that is not in the table does not exist.

use axum::http::Method;
use store::sql::{Role, Scope};

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, signed in or not.
    Anybody,
    /// Anybody with a session, even one that still has to set something up.
    AnySession,
    /// These roles; and API keys with this scope, where there is one.
    Only(&'static [Role], Option<Scope>),
}

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, as it is matched.
    pub path: &'static str,
    /// What it needs.
    pub access: Access,
}

const ALL: &[Role] = &[
    Role::Operator,
    Role::Supervisor,
    Role::Administrator,
    Role::Auditor,
    Role::Wall,
];
const ADMINISTRATORS: &[Role] = &[Role::Administrator];
const SUPERVISORS: &[Role] = &[Role::Supervisor, Role::Administrator];
const OPERATORS: &[Role] = &[Role::Operator, Role::Supervisor, Role::Administrator];
const READERS: &[Role] = &[Role::Supervisor, Role::Administrator, Role::Auditor];
const AUDITORS: &[Role] = &[Role::Auditor, Role::Administrator];
const SCREENS: &[Role] = &[
    Role::Operator,
    Role::Supervisor,
    Role::Administrator,
    Role::Wall,
];

const fn route(method: &'static str, path: &'static str, access: Access) -> Route {
    Route {
        method,
        path,
        access,
    }
}

const fn only(roles: &'static [Role]) -> Access {
    Access::Only(roles, None)
}

const fn or_key(roles: &'static [Role], scope: Scope) -> Access {
    Access::Only(roles, Some(scope))
}

/// Every route of the API.
pub const ROUTES: &[Route] = &[
    route("GET", "/api/openapi.json", Access::Anybody),
    route("POST", "/api/v1/session", Access::Anybody),
    route("GET", "/api/v1/session", Access::AnySession),
    route("DELETE", "/api/v1/session", Access::AnySession),
    route("GET", "/api/v1/session/provider", Access::Anybody),
    route("POST", "/api/v1/session/provider", Access::Anybody),
    route("GET", "/api/v1/session/provider/callback", Access::Anybody),
    route("POST", "/api/v1/session/password", Access::AnySession),
    route("POST", "/api/v1/session/totp", Access::AnySession),
    route("PUT", "/api/v1/session/totp", Access::AnySession),
    route("GET", "/api/v1/sessions", only(ALL)),
    route("DELETE", "/api/v1/sessions", only(ALL)),
    route("DELETE", "/api/v1/sessions/{id}", only(ALL)),
    route("GET", "/api/v1/accounts", only(ADMINISTRATORS)),
    route("POST", "/api/v1/accounts", only(ADMINISTRATORS)),
    route("PATCH", "/api/v1/accounts/{id}", only(ADMINISTRATORS)),
    route("DELETE", "/api/v1/accounts/{id}", only(ADMINISTRATORS)),
    route(
        "POST",
        "/api/v1/accounts/{id}/password",
        only(ADMINISTRATORS),
    ),
    route("GET", "/api/v1/api-keys", only(ADMINISTRATORS)),
    route("POST", "/api/v1/api-keys", only(ADMINISTRATORS)),
    route("DELETE", "/api/v1/api-keys/{id}", only(ADMINISTRATORS)),
    route("GET", "/api/v1/lockouts", only(SUPERVISORS)),
    route("DELETE", "/api/v1/lockouts/{id}", only(SUPERVISORS)),
    route("GET", "/api/v1/feed", or_key(SCREENS, Scope::ReadBoard)),
    route("GET", "/api/v1/contacts/{contact}", only(SUPERVISORS)),
    route("PUT", "/api/v1/contacts/{contact}/class", only(OPERATORS)),
    route("PUT", "/api/v1/contacts/{contact}/queue", only(SUPERVISORS)),
    route(
        "PUT",
        "/api/v1/contacts/{contact}/operator",
        only(SUPERVISORS),
    ),
    route(
        "POST",
        "/api/v1/contacts/{contact}/hand-back",
        only(OPERATORS),
    ),
    route("GET", "/api/v1/contacts/{contact}/content", only(OPERATORS)),
    route("PUT", "/api/v1/contacts/{contact}/content", only(OPERATORS)),
    route(
        "PATCH",
        "/api/v1/contacts/{contact}/content",
        only(OPERATORS),
    ),
    route("GET", "/api/v1/content-fields", only(OPERATORS)),
    route(
        "PUT",
        "/api/v1/operators/{operator}/intent",
        or_key(SUPERVISORS, Scope::ManageOperators),
    ),
    route("GET", "/api/v1/me/finished", only(OPERATORS)),
    route("PUT", "/api/v1/me/intent", only(OPERATORS)),
    route("PUT", "/api/v1/me/wrap-up", only(OPERATORS)),
    route(
        "GET",
        "/api/v1/reports/counts",
        or_key(READERS, Scope::ReadReports),
    ),
    route(
        "GET",
        "/api/v1/reports/counts.csv",
        or_key(READERS, Scope::ReadReports),
    ),
    route(
        "GET",
        "/api/v1/reports/arrived",
        or_key(READERS, Scope::ReadReports),
    ),
    route(
        "GET",
        "/api/v1/reports/hours",
        or_key(READERS, Scope::ReadReports),
    ),
    route(
        "GET",
        "/api/v1/reports/records",
        or_key(READERS, Scope::ReadReports),
    ),
    route(
        "GET",
        "/api/v1/reports/records.csv",
        or_key(READERS, Scope::ReadReports),
    ),
    route(
        "GET",
        "/api/v1/reports/tables",
        or_key(READERS, Scope::ReadReports),
    ),
    route("GET", "/api/v1/audit", or_key(AUDITORS, Scope::ReadAudit)),
];

/// What a route needs; nothing when there is none.
#[must_use]
pub fn access(method: &Method, path: &str) -> Option<Access> {
    let wanted = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    ROUTES
        .iter()
        .find(|route| route.path == path && route.method == wanted)
        .map(|route| route.access)
}
