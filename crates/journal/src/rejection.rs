use dispatch::InputError;
use records::NotOpen;

/// Why an entry changed nothing: its fact does not fit what is so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The dispatcher refused it.
    #[error(transparent)]
    Dispatch(#[from] InputError),
    /// The content is none that may be entered.
    #[error(transparent)]
    Records(#[from] NotOpen),
}
