//! Placeholder.
/// Algorithm.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// MD5.
    Md5,
    /// SHA-256.
    Sha256,
}
/// HA1.
#[derive(Clone, Debug)]
pub struct Ha1(pub String);
