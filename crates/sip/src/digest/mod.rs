//! Digest authentication (RFC 7616, RFC 8760), MD5 and SHA-256 with `qop=auth`, as server and as client.

mod client;
mod hash;
mod params;
mod server;
mod window;

pub use client::{Client, ClientError};
pub use hash::{Algorithm, Ha1};
pub use params::{AuthError, AuthParams};
pub use server::{Credentials, Server, Verdict};
pub(crate) use window::Issue;

/// How long a nonce may be used, in seconds.
pub const NONCE_SECONDS: u64 = 300;
/// How many nonces in use a server remembers.
pub const NONCES_MAX: usize = 4_096;

#[cfg(test)]
mod tests;
