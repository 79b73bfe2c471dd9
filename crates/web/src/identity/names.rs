//! Names of the API for what accounts and keys may be. They are never changed.

use serde::{Deserialize, Serialize};
use store::sql::{AccountStanding, DeviceKind, Role, Scope, UnixSeconds};
use utoipa::ToSchema;

use super::Due;
use crate::board::Millis;

/// Makes an enum of the API and its way from and to another one.
macro_rules! names {
    ($(#[$doc:meta])* $enum:ident of $inner:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub(super) enum $enum {
            $($(#[$variant_doc])* $variant,)+
        }

        impl From<$inner> for $enum {
            fn from(inner: $inner) -> Self {
                match inner {
                    $($inner::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$enum> for $inner {
            fn from(name: $enum) -> Self {
                match name {
                    $($enum::$variant => Self::$variant,)+
                }
            }
        }
    };
}

names! {
    /// What an account may do.
    RoleName of Role {
        /// Answers contacts.
        Operator,
        /// Watches over the line.
        Supervisor,
        /// Changes configuration and roster.
        Administrator,
        /// Reads reports and the audit, and changes nothing.
        Auditor,
        /// A screen for all to see: numbers and no names.
        Wall,
    }
}

names! {
    /// Whether an account may sign in.
    StandingName of AccountStanding {
        /// It may.
        Active,
        /// It may not.
        Disabled,
    }
}

names! {
    /// What a key opens.
    ScopeName of Scope {
        /// The board: numbers and no names.
        ReadBoard,
        /// Reports of closed periods.
        ReadReports,
        /// The audit.
        ReadAudit,
        /// The directory of operators.
        ManageOperators,
    }
}

names! {
    /// What a session was opened on.
    DeviceName of DeviceKind {
        /// A device that the account had signed in on before.
        Known,
        /// Any other.
        New,
    }
}

names! {
    /// What an account has to do before it may do anything else.
    DueName of Due {
        /// Nothing.
        Nothing,
        /// Choose a password.
        Password,
        /// Set up one-time passwords.
        Totp,
    }
}

/// A moment as the API tells it.
pub(super) fn millis(at: UnixSeconds) -> Millis {
    Millis::try_from(at.0).unwrap_or(0).saturating_mul(1_000)
}
