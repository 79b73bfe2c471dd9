/// Reads a field: by the function that an older format needs, as its default in formats before the
/// one that added it, or as it is.
macro_rules! field {
    ($from:ident) => {
        crate::wire::Wire::take($from)?
    };
    ($from:ident since $format:literal) => {
        crate::wire::since($format, $from)?
    };
    ($from:ident as $take:path) => {
        $take($from)?
    };
}

/// Declares a struct: its fields in the order in which they are written.
macro_rules! record {
    ($type:ty { $($field:ident $(since $format:literal)? $(as $take:path)?),+ $(,)? }) => {
        impl crate::wire::Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let Self { $($field),+ } = self;
                $(crate::wire::Wire::put($field, out);)+
            }

            fn take(from: &mut crate::wire::Reader<'_>) -> Result<Self, crate::wire::Malformed> {
                $(let $field = crate::wire::field!(from $(since $format)? $(as $take)?);)+
                Ok(Self { $($field),+ })
            }
        }
    };
}

/// Declares a struct with one unnamed field.
macro_rules! wrapper {
    ($($type:path)+) => {$(
        impl crate::wire::Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                crate::wire::Wire::put(&self.0, out);
            }

            fn take(from: &mut crate::wire::Reader<'_>) -> Result<Self, crate::wire::Malformed> {
                crate::wire::Wire::take(from).map($type)
            }
        }
    )+};
}

/// Declares an enum: its variants, each with the number that is written for it.
macro_rules! choice {
    ($type:ty { $(
        $number:literal $variant:ident
        $({ $($field:ident $(since $format:literal)? $(as $take:path)?),+ })?
        $(($inner:ident))?
    ),+ $(,)? }) => {
        impl crate::wire::Numbered for $type {
            fn take_numbered(
                number: u8,
                from: &mut crate::wire::Reader<'_>,
            ) -> Result<Option<Self>, crate::wire::Malformed> {
                // A type whose variants have no fields reads nothing more.
                let _from = &from;
                Ok(Some(match number {
                    $($number => {
                        $($(let $field = crate::wire::field!(from $(since $format)? $(as $take)?);)+)?
                        $(let $inner = crate::wire::Wire::take(from)?;)?
                        Self::$variant $({ $($field),+ })? $(($inner))?
                    })+
                    _ => return Ok(None),
                }))
            }
        }

        impl crate::wire::Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $({ $($field),+ })? $(($inner))? => {
                        out.push($number);
                        $($(crate::wire::Wire::put($field, out);)+)?
                        $(crate::wire::Wire::put($inner, out);)?
                    })+
                }
            }

            fn take(from: &mut crate::wire::Reader<'_>) -> Result<Self, crate::wire::Malformed> {
                let number = from.byte()?;
                <Self as crate::wire::Numbered>::take_numbered(number, from)?
                    .ok_or(crate::wire::Malformed)
            }
        }
    };
}

pub(crate) use {choice, field};
pub(super) use {record, wrapper};
