/// Declares a struct: its fields in the order in which they are written, each with the function
/// that reads it where an older format needs one.
macro_rules! record {
    (@take $from:ident) => { crate::wire::Wire::take($from)? };
    (@take $from:ident $take:path) => { $take($from)? };
    ($type:ty { $($field:ident $(as $take:path)?),+ $(,)? }) => {
        impl crate::wire::Wire for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let Self { $($field),+ } = self;
                $(crate::wire::Wire::put($field, out);)+
            }

            fn take(from: &mut crate::wire::Reader<'_>) -> Result<Self, crate::wire::Malformed> {
                $(let $field = record!(@take from $($take)?);)+
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

/// Declares an enum: its variants, each with the number that is written for it, and a field with
/// the function that reads it where an older format needs one.
macro_rules! choice {
    (@take $from:ident) => { crate::wire::Wire::take($from)? };
    (@take $from:ident $take:path) => { $take($from)? };
    ($type:ty { $($number:literal $variant:ident $({ $($field:ident $(as $take:path)?),+ })? $(($inner:ident))?),+ $(,)? }) => {
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
                Ok(match from.byte()? {
                    $($number => {
                        $($(let $field = choice!(@take from $($take)?);)+)?
                        $(let $inner = crate::wire::Wire::take(from)?;)?
                        Self::$variant $({ $($field),+ })? $(($inner))?
                    })+
                    _ => return Err(crate::wire::Malformed),
                })
            }
        }
    };
}

pub(crate) use choice;
pub(super) use {record, wrapper};
