use super::Fault;

/// An enum that a column holds by name.
pub(super) trait Named: Copy + 'static {
    /// All that there are.
    const ALL: &'static [Self];

    /// The name in the column.
    fn name(self) -> &'static str;

    /// Reads the name.
    fn read(name: &str) -> Result<Self, Fault> {
        let found = Self::ALL.iter().find(|one| one.name() == name);
        found.copied().ok_or(Fault::Damaged("a name that is none"))
    }
}

/// Makes an enum that a column holds by name.
macro_rules! named {
    ($(#[$doc:meta])* $enum:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $enum {
            $($(#[$variant_doc])* $variant,)+
        }

        impl Named for $enum {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

pub(super) use named;
