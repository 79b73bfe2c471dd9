use std::fmt;

/// The number of an entry in the journal, counted from 1, without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

/// One unit of work in the queue: the number of the entry that first named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactId(pub Seq);

/// What the protection desk does about an alarm: the number of the entry that first named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(pub Seq);

/// One process that takes calls. There is one, until several share a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// One SIP dialog with its media: the node that made it, the how-manieth start of that node, and a
/// number within that start. It is never made twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId {
    /// Which node made it.
    pub node: NodeId,
    /// How often the node had been started when the leg was made.
    pub start: u32,
    /// Counted from 1 within that start.
    pub n: u32,
}

impl NodeId {
    /// The only node of a site, until several share a journal.
    pub const ONLY: Self = Self(0);
}

impl LegId {
    /// The leg of this node, start and number.
    #[must_use]
    pub const fn new(node: NodeId, start: u32, n: u32) -> Self {
        Self { node, start, n }
    }
}

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.fmt(f)
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.fmt(f)
    }
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.node.0, self.start, self.n)
    }
}

/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 23;

/// The short name that an administrator gave to an operator, a queue, a line, a skill or a partner
/// in the configuration.
///
/// One to 23 bytes of `a-z`, `0-9`, `-` and `_`; it is a name of the house, never of a caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    bytes: [u8; KEY_BYTES_MAX],
    length: u8,
}

/// Why a text is no [`Key`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {KEY_BYTES_MAX} characters of a-z, 0-9, - and _, and {0:?} is none")]
pub struct InvalidKey(pub String);

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// [`InvalidKey`] when the text is empty, too long or has another character.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if text.is_empty() || text.len() > KEY_BYTES_MAX || !text.bytes().all(allowed) {
            return Err(InvalidKey(text.to_owned()));
        }
        let mut bytes = [0; KEY_BYTES_MAX];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self {
            bytes,
            length: u8::try_from(text.len()).unwrap_or_default(),
        })
    }

    /// The key as the administrator wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! keyed {
    ($(#[$doc:meta] $name:ident)+) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Key);

        impl $name {
            /// Reads the id from the configuration's text.
            ///
            /// # Errors
            /// [`InvalidKey`] when the text is no key.
            pub fn parse(text: &str) -> Result<Self, InvalidKey> {
                Key::parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

keyed! {
    /// Who answers contacts.
    OperatorId
    /// A queue of contacts with its strategy and timeline.
    QueueId
    /// A dialled number with its greeting, languages and queue.
    LineId
    /// Something an operator can do: a language, a kind of help.
    SkillId
    /// Another organisation's line that takes overflow.
    PartnerId
}
