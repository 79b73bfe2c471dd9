use super::Fault;

/// How many characters a login name, a display name and a key's name may have.
pub const NAME_CHARACTERS_MAX: usize = 64;

/// Refuses what is no name, before any database sees it: they do not agree about NUL.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() || name.trim() != name {
        return Err(Fault::Invalid(
            "a name is neither empty nor begins or ends with white space",
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(Fault::Invalid("a name has no control characters"));
    }
    if name.chars().count() > NAME_CHARACTERS_MAX {
        return Err(Fault::Invalid("a name has at most 64 characters"));
    }
    Ok(())
}
