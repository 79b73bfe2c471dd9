//! Which line a call is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use dispatch::{Fact, LegId, LineId, Origin, Standing};
use sip::header::Name;
use sip::message::Message;
use sip::{PhoneNumber, UriRef};

use crate::settings::{Line, Trunk};

impl Line {
    /// Somebody calls it.
    pub(crate) fn arrival(&self, leg: LegId, standing: Standing) -> Fact {
        Fact::Arrived {
            origin: Origin::Caller { leg, line: self.id },
            class: self.class,
            needs: self.needs.clone(),
            standing,
        }
    }
}

/// The lines, by their numbers and by their names.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    by_number: BTreeMap<PhoneNumber, Arc<Line>>,
    by_id: BTreeMap<LineId, Arc<Line>>,
}

impl Lines {
    pub(crate) fn of(lines: &[Line]) -> Self {
        let mut all = Self::default();
        for line in lines {
            let line = Arc::new(line.clone());
            for number in &line.numbers {
                all.by_number.insert(number.clone(), line.clone());
            }
            all.by_id.insert(line.id, line);
        }
        all
    }

    /// The line that a call of the trunk is for. A Request-URI that is our own Contact names no
    /// line: there it is what the registrar says of the called party (RFC 7315 §4.2), else To, else
    /// the trunk's default.
    pub(crate) fn dialled(&self, request: &Message, trunk: &Trunk) -> Option<Arc<Line>> {
        let uri = request.uri().ok()?;
        if !is_our_contact(&uri, trunk) {
            return self.named_by(&uri);
        }
        let called_party = || request.addresses(Name::PCalledPartyId).next()?.ok();
        called_party()
            .and_then(|address| self.named_by(&address.uri))
            .or_else(|| self.named_by(&request.to().ok()?.uri))
            .or_else(|| self.named_by(&uri))
            .or_else(|| self.by_id.get(&trunk.default_line?).cloned())
    }

    /// Whether a line may be called by that number, in one form or another.
    pub(crate) fn have(&self, number: &PhoneNumber) -> bool {
        self.by_number.keys().any(|own| own.may_be(number))
    }

    /// What a line of an earlier configuration is now, by its name or else by a number of it; nothing when it is gone.
    pub(crate) fn successor(&self, line: &Line) -> Option<Arc<Line>> {
        let by_number = || line.numbers.iter().find_map(|it| self.by_number.get(it));
        self.by_id.get(&line.id).or_else(by_number).cloned()
    }

    fn named_by(&self, uri: &UriRef<'_>) -> Option<Arc<Line>> {
        PhoneNumber::in_uri(uri)
            .find_map(|number| self.by_number.get(&number))
            .cloned()
    }
}

/// Whether a Request-URI is the Contact that we registered, or names nobody at all.
fn is_our_contact(uri: &UriRef<'_>, trunk: &Trunk) -> bool {
    let names_nobody = uri.scheme().is_sip() && uri.user_unescaped().is_none();
    names_nobody || is_our_user(uri, trunk)
}

/// Whether a Request-URI names the user that we registered with a trunk.
pub(crate) fn is_our_user(uri: &UriRef<'_>, trunk: &Trunk) -> bool {
    let (Some(user), Some(register)) = (uri.user_unescaped(), &trunk.register) else {
        return false;
    };
    let number = PhoneNumber::parse(&register.user).ok();
    let is_number = || PhoneNumber::in_uri(uri).any(|called| number.as_ref() == Some(&called));
    uri.scheme().is_sip() && (user == register.user.as_bytes() || is_number())
}
