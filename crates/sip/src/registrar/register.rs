//! What a REGISTER does to the bindings of its account (RFC 3261 §10.3).

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Registrar;
use super::binding::{Binding, BindingState, Entry, Instance, Order, Speaks};
use crate::digest::Issue;
use crate::endpoint::{Added, Core, Pending, User};
use crate::flow::Flow;
use crate::header::{Contacts, NameAddr};
use crate::message::{HeaderValue, Message};
use crate::{Name, Status, Uri};

/// What the REGISTER asks of one contact.
enum Wish {
    Bind {
        contact: Uri,
        instance: Option<Instance>,
        granted: Duration,
    },
    Remove {
        contact: Uri,
    },
}

/// What the REGISTER asks for.
enum Wishes {
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    Each(Vec<Wish>),
}

/// Why a REGISTER is refused after its credentials were accepted.
#[derive(Copy, Clone)]
enum Refused {
    Malformed,
    TooBrief { least: Duration },
    TooMany,
    OutOfOrder,
}

/// Who sent a REGISTER.
pub(crate) struct Registrant {
    /// Whose credentials it carries.
    pub(crate) user: User,
    /// Where it hears.
    pub(crate) flow: Flow,
    /// Where the REGISTER came from.
    pub(crate) source: Flow,
    /// When the challenge was made that it answers.
    pub(crate) challenged: Option<Issue>,
}

impl Registrant {
    fn speaks(&self) -> Speaks {
        if self.source == self.flow {
            Speaks::WhereItHears
        } else {
            Speaks::Elsewhere
        }
    }
}

impl Registrar {
    /// Answers a REGISTER whose credentials are this user's. All its changes are made, or none.
    pub(crate) fn on_register(&mut self, core: &mut Core, pending: &Pending, phone: &Registrant) {
        let user = &phone.user;
        let tag = core.tag();
        if !names(&pending.request, user) {
            core.answer(pending, Status::FORBIDDEN, Some(&tag), Added::default());
            return;
        }
        let (status, added) = match self.change(core, &pending.request, phone) {
            Ok(()) => (Status::OK, self.bindings_of(core, user)),
            Err(refused) => refused.response(),
        };
        core.answer(pending, status, Some(&tag), added);
    }

    fn change(
        &mut self,
        core: &mut Core,
        request: &Message,
        phone: &Registrant,
    ) -> Result<(), Refused> {
        let user = &phone.user;
        let order = order_of(request, phone.challenged)?;
        match wishes(request, &core.config.registration)? {
            Wishes::RemoveAll => {
                self.in_order(user, &order, |_| true)?;
                self.remove_user(core, user);
            }
            Wishes::Each(wishes) => {
                for wish in &wishes {
                    self.in_order(user, &order, |entry| {
                        entry.binding.contact.equivalent(wish.contact())
                    })?;
                }
                has_room(core, &wishes)?;
                self.apply(core, phone, &order, wishes);
            }
        }
        Ok(())
    }

    /// RFC 3261 §10.3, step 7: the same Call-ID must count upwards.
    fn in_order(
        &self,
        user: &User,
        order: &Order,
        concerned: impl Fn(&Entry) -> bool,
    ) -> Result<(), Refused> {
        let stale = |entry: &&Entry| concerned(entry) && entry.order.overtook(order);
        match self.entries(user).iter().find(stale) {
            Some(_) => Err(Refused::OutOfOrder),
            None => Ok(()),
        }
    }

    fn apply(&mut self, core: &mut Core, phone: &Registrant, order: &Order, wishes: Vec<Wish>) {
        let user = &phone.user;
        let before: Vec<Binding> = self
            .entries(user)
            .iter()
            .map(|entry| entry.binding.clone())
            .collect();
        for wish in wishes {
            let held = self
                .entries(user)
                .iter()
                .find(|entry| entry.binding.contact.equivalent(wish.contact()));
            if let Some(number) = held.map(|entry| entry.number) {
                self.drop_entry(core, number);
            }
            if let Wish::Bind {
                contact,
                instance,
                granted,
            } = wish
            {
                self.give_way(core, user, instance.as_ref());
                let expires_at = core.wire.now + granted;
                let binding = Binding {
                    contact,
                    flow: phone.flow,
                    expires_at,
                    state: BindingState::Proven,
                    instance,
                };
                self.add(
                    core,
                    user,
                    Entry::new(binding, phone.speaks(), order.clone()),
                );
            }
        }
        let after = self.entries(user);
        let same = before.len() == after.len()
            && before
                .iter()
                .zip(after)
                .all(|(old, new)| *old == new.binding);
        if !same {
            self.tell(core, user);
        }
    }

    /// Makes room for a contact: a phone that comes back under another one takes the place that it had, and where there
    /// is none left, the contact that was refreshed longest ago is most likely one that nobody answers at.
    fn give_way(&mut self, core: &mut Core, user: &User, instance: Option<&Instance>) {
        let entries = self.entries(user);
        let same = entries
            .iter()
            .find(|entry| instance.is_some() && entry.binding.instance.as_ref() == instance);
        let oldest = entries
            .first()
            .filter(|_| entries.len() >= core.config.contacts_max);
        if let Some(number) = same.or(oldest).map(|entry| entry.number) {
            self.drop_entry(core, number);
        }
    }

    /// The bindings as the 200 lists them.
    fn bindings_of(&self, core: &Core, user: &User) -> Added<'static> {
        let mut added = Added::default();
        for entry in self.entries(user) {
            let left = entry
                .binding
                .expires_at
                .saturating_duration_since(core.wire.now)
                .as_secs();
            let text = [
                b"<",
                &entry.binding.contact.bytes()[..],
                b">;expires=",
                left.to_string().as_bytes(),
            ]
            .concat();
            if let Ok(value) = HeaderValue::new(text) {
                added = added.with(Name::Contact, value);
            }
        }
        added
    }
}

impl Wish {
    const fn contact(&self) -> &Uri {
        match self {
            Self::Bind { contact, .. } | Self::Remove { contact } => contact,
        }
    }
}

impl Refused {
    fn response(self) -> (Status, Added<'static>) {
        match self {
            Self::Malformed => (Status::BAD_REQUEST, Added::default()),
            Self::TooBrief { least } => {
                let least = u32::try_from(least.as_secs()).unwrap_or(u32::MAX);
                (
                    Status::INTERVAL_TOO_BRIEF,
                    Added::one(Name::MinExpires, least.into()),
                )
            }
            Self::TooMany => (Status::FORBIDDEN, Added::default()),
            Self::OutOfOrder => (Status::SERVER_INTERNAL_ERROR, Added::default()),
        }
    }
}

/// One REGISTER may not name more contacts than an account may have: its last would take the place of its first.
fn has_room(core: &Core, wishes: &[Wish]) -> Result<(), Refused> {
    let binds = |wish: &&Wish| matches!(wish, Wish::Bind { .. });
    if wishes.iter().filter(binds).count() > core.config.contacts_max {
        Err(Refused::TooMany)
    } else {
        Ok(())
    }
}

/// Whether To names the account that the credentials are for: nobody registers for another.
fn names(request: &Message, user: &User) -> bool {
    let named = request.to().ok().and_then(|to| to.uri.user_unescaped());
    named.is_some_and(|named| named == user.0.as_bytes())
}

fn order_of(request: &Message, challenged: Option<Issue>) -> Result<Order, Refused> {
    let call_id = request.call_id().map_err(|_| Refused::Malformed)?.to_vec();
    let cseq = request.cseq().map_err(|_| Refused::Malformed)?.number;
    Ok(Order {
        call_id,
        cseq,
        challenged,
    })
}

fn wishes(request: &Message, times: &RangeInclusive<Duration>) -> Result<Wishes, Refused> {
    let default = request.expires().map_err(|_| Refused::Malformed)?;
    match request.contacts().map_err(|_| Refused::Malformed)? {
        Contacts::Star if default == Some(0) => Ok(Wishes::RemoveAll),
        Contacts::Star => Err(Refused::Malformed),
        Contacts::List(contacts) => {
            let each = contacts.iter().map(|contact| wish(contact, default, times));
            each.collect::<Result<Vec<Wish>, Refused>>()
                .map(Wishes::Each)
        }
    }
}

fn wish(
    contact: &NameAddr<'_>,
    default: Option<u32>,
    times: &RangeInclusive<Duration>,
) -> Result<Wish, Refused> {
    let (least, most) = (*times.start(), *times.end());
    // RFC 3261 §10.2.1.1: a malformed `expires` counts as absent.
    let own = contact
        .params
        .value(b"expires")
        .and_then(crate::token::decimal_u32);
    let uri = contact.uri.to_uri();
    match own
        .or(default)
        .map(|seconds| Duration::from_secs(seconds.into()))
    {
        Some(Duration::ZERO) => Ok(Wish::Remove { contact: uri }),
        Some(asked) if asked < least => Err(Refused::TooBrief { least }),
        asked => Ok(Wish::Bind {
            contact: uri,
            instance: Instance::of(contact),
            granted: asked.unwrap_or(most).min(most),
        }),
    }
}
