//! How the trunk writes whom a call is for, and who calls.

use sip::{Header, HeaderValue, Party, Uri};

use crate::centre::{Centre, Dialling, LINE_NUMBER, TRUNK_USER};
use crate::peer::Dial;
use crate::world::{Caller, World};

impl World {
    /// The call as the trunk sends it.
    #[track_caller]
    pub(super) fn dial_of(&self, caller: Caller, user: &str) -> Dial {
        let (exchange, trunk) = (Centre::exchange(), Centre::trunk());
        let plain = format!("sip:{LINE_NUMBER}@{exchange}");
        let contact = format!("sip:{TRUNK_USER}@{exchange}");
        let mut asserted = format!("sip:{user}@{trunk}");
        let mut headers = Vec::new();
        let (request_uri, to) = match self.centre.dialling {
            Dialling::Plain => (plain.clone(), plain),
            Dialling::Parameters => {
                let spaced = LINE_NUMBER.replacen('0', "-0", 1);
                let number = format!("sip:{spaced};npdi;phone-context=+420@{exchange};user=phone");
                (number, plain)
            }
            Dialling::Tel => {
                if caller.number > 0 {
                    asserted = format!("tel:{user}");
                }
                (format!("tel:{LINE_NUMBER}"), format!("tel:{LINE_NUMBER}"))
            }
            Dialling::CalledParty => {
                headers.push(("P-Called-Party-ID", plain));
                (contact.clone(), contact)
            }
            Dialling::To => (contact, plain),
        };
        headers.push(("P-Asserted-Identity", asserted.clone()));
        let headers = headers.into_iter().map(|(name, uri)| Header {
            name,
            value: HeaderValue::address("", &self.uri(&uri), None),
        });
        Dial {
            number: LINE_NUMBER.to_owned(),
            request_uri: self.uri(&request_uri),
            to: self.uri(&to),
            from: Party {
                display: Some(format!("Caller {user}")),
                uri: self.uri(&asserted),
            },
            headers: headers.collect(),
            credentials: None,
        }
    }

    #[track_caller]
    pub(super) fn uri(&self, text: &str) -> Uri {
        match Uri::parse(text) {
            Ok(uri) => uri,
            Err(_) => self.fail("somebody has no address"),
        }
    }
}
