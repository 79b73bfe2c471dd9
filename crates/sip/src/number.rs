//! Telephone numbers (RFC 3966), in one form wherever they come from: configuration, SIP users and
//! `tel:` URIs.

use std::fmt;

use thiserror::Error;

use crate::uri::{Scheme, UriRef, unescape};

/// Digits of the longest global number (E.164 §6.2.1).
const GLOBAL_DIGITS_MAX: usize = 15;
/// Signs of the longest local number: prefixes and codes of an exchange before a number.
const LOCAL_SIGNS_MAX: usize = 32;
/// Digits of the longest country code (E.164 §6.2.1).
const COUNTRY_DIGITS_MAX: usize = 3;

/// A telephone number without separators: `+` and digits, valid everywhere, or digits, `*` and `#`,
/// valid where they are dialled (RFC 3966 §5.1.4 and §5.1.5). Equal numbers are written alike; a
/// local number equals no global one.
///
/// The letters A to F, which RFC 3966 allows in local numbers, are no part of it: no telephone
/// dials them, and they would make numbers of names.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(Box<str>);

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhoneNumberError {
    /// There is no digit in it.
    #[error("holds no digit")]
    NoDigit,
    /// Something else stands in it.
    #[error(
        "holds, as character {0}, what no number holds: a number is digits, with \"+\" before its country code"
    )]
    NoSign(usize),
    /// A global number begins with its country, and none begins with 0.
    #[error("begins with +0, and no country code does")]
    NoCountry,
    /// Nobody has so long a number.
    #[error(
        "has too many digits: {GLOBAL_DIGITS_MAX} are the most behind \"+\", {LOCAL_SIGNS_MAX} without"
    )]
    TooLong,
}

impl PhoneNumber {
    /// Reads a number that fills the text. Separators are dropped: those of RFC 3966 §5.1.1, and
    /// the blanks of printed numbers (E.123).
    ///
    /// # Errors
    /// What keeps the text from being a number.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let mut signs = String::with_capacity(text.len());
        for (place, sign) in text.chars().enumerate() {
            match sign {
                '0'..='9' => signs.push(sign),
                '*' | '#' if !signs.starts_with('+') => signs.push(sign),
                '+' if signs.is_empty() => signs.push(sign),
                '-' | '.' | '(' | ')' | ' ' => {}
                _ => return Err(PhoneNumberError::NoSign(place + 1)),
            }
        }
        if !signs.contains(|sign: char| sign.is_ascii_digit()) {
            return Err(PhoneNumberError::NoDigit);
        }
        let longest = match signs.strip_prefix('+') {
            Some(global) if global.starts_with('0') => return Err(PhoneNumberError::NoCountry),
            Some(_) => GLOBAL_DIGITS_MAX + 1,
            None => LOCAL_SIGNS_MAX,
        };
        if signs.len() > longest {
            return Err(PhoneNumberError::TooLong);
        }
        Ok(Self(signs.into()))
    }

    /// What a `sip:` user or a `tel:` URI may mean, in the order in which it shall be looked for:
    /// the number as it stands, without parameters (RFC 3261 §19.1.6, RFC 3966 §3, RFC 4694), and a
    /// local one behind the digits of its `phone-context`. The latter is a guess (RFC 3966 §5.1.5):
    /// it holds only for who knows the number.
    pub fn in_uri(uri: &UriRef<'_>) -> impl Iterator<Item = Self> {
        let subscriber = match uri.scheme() {
            Scheme::Sip | Scheme::Sips => uri.user_unescaped(),
            Scheme::Tel => Some(unescape(uri.rest()).collect()),
            Scheme::Urn | Scheme::Other => None,
        };
        let text = subscriber.and_then(|bytes| String::from_utf8(bytes).ok());
        let (number, in_context) = text.map_or((None, None), |text| read_subscriber(&text));
        number.into_iter().chain(in_context)
    }

    /// The number in clear text. It reveals whom it reaches.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Tells whether both might reach the same telephone: equal, or one the other as it is dialled
    /// at home, without its country code, with `00` for the `+`, or without it. A guess: by it a
    /// number of our own is known in whatever form it comes, and settings are warned of.
    pub fn may_be(&self, other: &Self) -> bool {
        self == other || self.may_be_dialled_as(other) || other.may_be_dialled_as(self)
    }

    fn may_be_dialled_as(&self, local: &Self) -> bool {
        let Some(global) = self.0.strip_prefix('+') else {
            return false;
        };
        let abroad = local.0.strip_prefix("00").unwrap_or(&local.0);
        let national = local.0.strip_prefix('0').unwrap_or(&local.0);
        let country = global.strip_suffix(national);
        abroad == global
            || country.is_some_and(|country| (1..=COUNTRY_DIGITS_MAX).contains(&country.len()))
    }

    fn is_global(&self) -> bool {
        self.0.starts_with('+')
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(redacted)")
    }
}

/// The number of a telephone-subscriber (RFC 3966 §3), and the same behind the digits of its
/// context.
fn read_subscriber(text: &str) -> (Option<PhoneNumber>, Option<PhoneNumber>) {
    let mut parts = text.split(';');
    let number = PhoneNumber::parse(parts.next().unwrap_or_default()).ok();
    let context = parts.find_map(|param| {
        let (name, value) = param.split_once('=')?;
        name.eq_ignore_ascii_case("phone-context").then_some(value)
    });
    let in_context = number
        .as_ref()
        .filter(|number| !number.is_global())
        .zip(context.filter(|context| context.starts_with('+')))
        .and_then(|(number, context)| {
            PhoneNumber::parse(&format!("{context}{}", number.reveal())).ok()
        });
    (number, in_context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Uri;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    fn in_uri(uri: &str) -> Vec<String> {
        let uri = Uri::parse(uri).unwrap();
        PhoneNumber::in_uri(&uri.view())
            .map(|number| number.reveal().to_owned())
            .collect()
    }

    #[test]
    fn separators_are_dropped() {
        for text in [
            "+420800000116",
            "+420 800 000 116",
            "+420-800-000-116",
            "+420.800.000.116",
            "(+420) 800 000 116",
            "+(420)800000116",
        ] {
            assert_eq!(number(text), number("+420800000116"), "{text}");
        }
        assert_eq!(number("800 000 116").reveal(), "800000116");
        assert_eq!(number("*31#800 000 116").reveal(), "*31#800000116");
    }

    #[test]
    fn what_is_no_number_is_refused_and_told() {
        use PhoneNumberError::{NoCountry, NoDigit, NoSign, TooLong};
        for (text, error) in [
            ("", NoDigit),
            ("+", NoDigit),
            (" -.()", NoDigit),
            ("*#", NoDigit),
            ("+420000000011 (Eva)", NoSign(16)),
            ("８００", NoSign(1)),
            ("800\u{a0}000", NoSign(4)),
            ("+420+1", NoSign(5)),
            ("420+1", NoSign(4)),
            ("+420*1", NoSign(5)),
            ("800000116;isub=1", NoSign(10)),
            ("eva", NoSign(1)),
            ("fade", NoSign(1)),
            ("+0420800000116", NoCountry),
            ("+4208000001160000", TooLong),
            ("123456789012345678901234567890123", TooLong),
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(error), "{text}");
        }
        number("+420800000116000");
        number("12345678901234567890123456789012");
    }

    #[test]
    fn a_global_number_equals_no_local_one() {
        for local in ["800000116", "00420800000116", "420800000116"] {
            assert_ne!(number("+420800000116"), number(local));
        }
    }

    #[test]
    fn a_number_may_be_another_one_dialled_at_home() {
        let global = number("+420800000116");
        for local in [
            "800000116",
            "0800000116",
            "00420800000116",
            "420800000116",
            "+420800000116",
        ] {
            assert!(global.may_be(&number(local)), "{local}");
            assert!(number(local).may_be(&global), "{local}");
        }
        for other in [
            "116",
            "00421800000116",
            "+42080000011",
            "+421800000116",
            "80000011",
        ] {
            assert!(!global.may_be(&number(other)), "{other}");
            assert!(!number(other).may_be(&global), "{other}");
        }
    }

    #[test]
    fn a_uri_names_its_number_without_parameters() {
        for uri in [
            "sip:+420800000116@linka.example",
            "sip:+420-800-000-116@linka.example;user=phone",
            "sip:+420800000116;npdi;rn=+420910000000@linka.example;user=phone",
            "sips:+420800000116;isub=1@linka.example",
            "sip:%2B420800000116:secret@linka.example",
            "tel:+420800000116",
            "TEL:+420-800-000-116;isub=1;ext=2",
            "tel:+420800000116;phone-context=+421",
        ] {
            assert_eq!(in_uri(uri), ["+420800000116"], "{uri}");
        }
    }

    #[test]
    fn a_local_number_is_looked_for_as_it_stands_and_then_in_its_context() {
        assert_eq!(
            in_uri("tel:800-000-116;phone-context=+420"),
            ["800000116", "+420800000116"]
        );
        assert_eq!(
            in_uri("sip:7042;Phone-Context=+1-914-555@a;user=phone"),
            ["7042", "+19145557042"]
        );
        assert_eq!(in_uri("sip:116016;phone-context=a.example@a"), ["116016"]);
        assert_eq!(in_uri("sip:116016;phone-context=@a"), ["116016"]);
        assert_eq!(in_uri("tel:*40"), ["*40"]);
    }

    #[test]
    fn a_uri_without_a_number_names_none() {
        for uri in [
            "sip:linka@a",
            "sip:a",
            "urn:service:sos",
            "tel:;npdi",
            "sip:%FF1@a",
            "mailto:1@a",
        ] {
            assert_eq!(in_uri(uri), Vec::<String>::new(), "{uri}");
        }
    }

    #[test]
    fn a_number_is_never_printed() {
        assert_eq!(
            format!("{:?}", number("777000001")),
            "PhoneNumber(redacted)"
        );
    }
}
