//! The registrar (RFC 3261 §10.3): which phones an account can be reached at, and by which flow (RFC 5626).

mod binding;
mod register;

pub use binding::{Binding, BindingState, Instance};
pub(crate) use register::Registrant;

use std::collections::BTreeMap;

use self::binding::{Entry, Speaks};
use crate::endpoint::{Core, Event, RestoredBinding, User};
use crate::flow::{Flow, Transport};
use crate::wire::TimerKey;

/// The bindings of all accounts.
pub(crate) struct Registrar {
    users: BTreeMap<User, Vec<Entry>>,
    owners: BTreeMap<u64, User>,
    /// The bindings of each connection, to end them with it.
    flows: BTreeMap<Flow, Vec<u64>>,
    next: u64,
}

impl Registrar {
    pub(crate) const fn new() -> Self {
        Self {
            users: BTreeMap::new(),
            owners: BTreeMap::new(),
            flows: BTreeMap::new(),
            next: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether the phone that hears here speaks from another port, or may: O(bindings).
    pub(crate) fn speaks_elsewhere(&self, hears: Flow) -> bool {
        let mut entries = self.users.values().flatten();
        entries.any(|entry| entry.binding.flow == hears && entry.speaks == Speaks::Elsewhere)
    }

    /// A binding ran out.
    pub(crate) fn expire(&mut self, core: &mut Core, number: u64) {
        if let Some(user) = self.drop_entry(core, number) {
            self.tell(core, &user);
        }
    }

    /// The connection of these bindings is gone.
    pub(crate) fn flow_closed(&mut self, core: &mut Core, flow: Flow) {
        for number in self.flows.remove(&flow).unwrap_or_default() {
            self.expire(core, number);
        }
    }

    /// Removes all bindings of a user.
    pub(crate) fn remove_user(&mut self, core: &mut Core, user: &User) {
        let numbers: Vec<u64> = self
            .entries(user)
            .iter()
            .map(|entry| entry.number)
            .collect();
        for number in &numbers {
            self.drop_entry(core, *number);
        }
        if !numbers.is_empty() {
            self.tell(core, user);
        }
    }

    /// Removes the bindings of accounts that are no longer configured.
    pub(crate) fn forget_unknown(&mut self, core: &mut Core) {
        let gone: Vec<User> = self
            .users
            .keys()
            .filter(|user| !core.config.accounts.contains_key(user))
            .cloned()
            .collect();
        for user in gone {
            self.remove_user(core, &user);
        }
    }

    /// Brings back bindings of an earlier start. They are unproven until the phone registers again.
    pub(crate) fn restore(&mut self, core: &mut Core, bindings: Vec<RestoredBinding>) {
        for restored in bindings {
            let known = core.config.accounts.contains_key(&restored.user);
            let room = self.entries(&restored.user).len() < core.config.contacts_max;
            if known && room && restored.flow.transport == Transport::Udp {
                let user = restored.user.clone();
                self.add(core, &user, Entry::restored(restored, core.wire.now));
                self.tell(core, &user);
            }
        }
    }

    fn entries(&self, user: &User) -> &[Entry] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, core: &mut Core, user: &User, mut entry: Entry) {
        self.next += 1;
        entry.number = self.next;
        entry.timer = Some(
            core.wire
                .timers
                .set(entry.binding.expires_at, TimerKey::Binding(entry.number)),
        );
        self.owners.insert(entry.number, user.clone());
        if entry.binding.flow.transport != Transport::Udp {
            self.flows
                .entry(entry.binding.flow)
                .or_default()
                .push(entry.number);
        }
        self.users.entry(user.clone()).or_default().push(entry);
    }

    fn drop_entry(&mut self, core: &mut Core, number: u64) -> Option<User> {
        let user = self.owners.remove(&number)?;
        let entries = self.users.get_mut(&user)?;
        let at = entries.iter().position(|entry| entry.number == number)?;
        let entry = entries.remove(at);
        if entries.is_empty() {
            self.users.remove(&user);
        }
        if let Some(timer) = entry.timer {
            core.wire.timers.stop(timer);
        }
        if let Some(numbers) = self.flows.get_mut(&entry.binding.flow) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.flows.remove(&entry.binding.flow);
            }
        }
        Some(user)
    }

    fn tell(&self, core: &mut Core, user: &User) {
        let bindings = self
            .entries(user)
            .iter()
            .map(|entry| entry.binding.clone())
            .collect();
        core.wire.tell(Event::BindingsChanged {
            user: user.clone(),
            bindings,
        });
    }
}
