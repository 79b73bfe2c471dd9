use std::collections::BTreeSet;

/// Separates the values of a field that may have several.
pub const SEVERAL_SEPARATOR: char = '+';
/// The text of a field that was not asked. It is not "no".
pub const NOT_ASKED: &str = "not_asked";

/// A value that an operator chooses; there is no free text.
pub trait Choice: Copy + Default + Ord + 'static {
    /// Every value, *not asked* first.
    const ALL: &'static [Self];

    /// The value in SQL and in the API. It is never changed.
    fn as_str(self) -> &'static str;

    /// Reads the value; nothing when there is no such one.
    #[must_use]
    fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == text)
    }
}

/// Several values of a field at once; none of them means that it was not asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Several<T: Ord>(pub BTreeSet<T>);

impl<T: Ord> Default for Several<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

/// How many values a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// One.
    One,
    /// Several may be ticked.
    Several,
}

/// What a field of the content holds.
pub(crate) trait Value: Sized {
    const HOLDS: Holds;
    fn texts(&self) -> Vec<&'static str>;
    fn parse(text: &str) -> Option<Self>;
    fn domain() -> Vec<&'static str>;
}

impl<T: Choice> Value for T {
    const HOLDS: Holds = Holds::One;

    fn texts(&self) -> Vec<&'static str> {
        vec![self.as_str()]
    }

    fn parse(text: &str) -> Option<Self> {
        <Self as Choice>::parse(text)
    }

    fn domain() -> Vec<&'static str> {
        Self::ALL.iter().map(|value| value.as_str()).collect()
    }
}

impl<T: Choice> Value for Several<T> {
    const HOLDS: Holds = Holds::Several;

    fn texts(&self) -> Vec<&'static str> {
        if self.0.is_empty() {
            return vec![NOT_ASKED];
        }
        self.0.iter().map(|value| value.as_str()).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        if text == NOT_ASKED {
            return Some(Self::default());
        }
        // *Not asked* beside a value says nothing.
        let value = |text| T::parse(text).filter(|value| *value != T::default());
        text.split(SEVERAL_SEPARATOR)
            .map(value)
            .collect::<Option<_>>()
            .map(Self)
    }

    fn domain() -> Vec<&'static str> {
        T::domain()
    }
}

/// Declares values that an operator chooses, each with its text; *not asked* is the first one of each.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            /// It was not asked, which is not "no".
            #[default]
            NotAsked,
            $($(#[$about])* $variant,)+
        }

        impl crate::choice::Choice for $name {
            const ALL: &'static [Self] = &[Self::NotAsked, $(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self {
                    Self::NotAsked => crate::choice::NOT_ASKED,
                    $(Self::$variant => $text,)+
                }
            }
        }
    )+};
}

pub(crate) use choices;
