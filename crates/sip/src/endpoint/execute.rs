//! The acts of the caller.

use std::collections::BTreeMap;

use super::{Added, Core, DialogId, EndCause, Endpoint, Header, auth};
use super::{
    Command, InputError, Invite, NewCalls, ProbeId, Rebinding, Register, RestoredBinding, User,
};
use crate::dialog::{Dialog, State};
use crate::digest::Ha1;
use crate::flow::{ListenerId, Target};
use crate::message::HeaderValue;
use crate::{Status, Uri};

impl Endpoint {
    pub(super) fn execute(&mut self, command: Command) -> Result<(), InputError> {
        match command {
            Command::Progress {
                dialog,
                status,
                local_tag,
            } => self.on_dialog(dialog, |dialog, core| {
                dialog.progress(core, status, local_tag)
            }),
            Command::Accept {
                dialog,
                sdp,
                local_tag,
                headers,
            } => self.on_dialog(dialog, |dialog, core| {
                dialog.accept(core, &sdp, local_tag, &headers)
            }),
            Command::Reject {
                dialog,
                status,
                headers,
            } => self.on_dialog(dialog, |dialog, core| {
                reject(dialog, core, status, &headers)
            }),
            Command::Invite(invite) => self.invite(*invite),
            Command::Cancel { dialog, reason } => {
                self.on_dialog(dialog, |dialog, core| cancel(dialog, core, reason))
            }
            Command::Bye { dialog, reason } => {
                self.on_dialog(dialog, |dialog, core| hang_up(dialog, core, reason))
            }
            Command::Reoffer { dialog, sdp } => {
                self.on_dialog(dialog, |dialog, core| dialog.reoffer(core, sdp))
            }
            Command::Answer { dialog, sdp } => {
                self.on_dialog(dialog, |dialog, core| dialog.answer(core, &sdp))
            }
            Command::Refuse { dialog, status } => {
                self.on_dialog(dialog, |dialog, core| dialog.refuse(core, status))
            }
            Command::Info {
                dialog,
                content_type,
                body,
            } => self.on_dialog(dialog, |dialog, core| dialog.info(core, content_type, body)),
            Command::Follow { dialog, phones } => self.follow(dialog, &phones),
            Command::Probe { probe, target, uri } => self.probe(probe, target, &uri),
            Command::Register(register) => self.register(*register),
            Command::Unregister { registration } => {
                self.registrations.unregister(&mut self.core, registration)
            }
            Command::EndStray { response, flow } => {
                self.reachable(flow.listener)?;
                self.end_stray(flow, &response);
                Ok(())
            }
            Command::Respond {
                request,
                status,
                headers,
                body,
            } => self
                .requests
                .respond(&mut self.core, request, status, &headers, &body),
            Command::SetAccounts { accounts } => self.set_accounts(accounts),
            Command::RestoreBindings { bindings } => self.restore_bindings(bindings),
            Command::RemoveBindings { user } => self.remove_bindings(&user),
            Command::Admit(new_calls) => self.admit(new_calls),
        }
    }

    fn follow(&mut self, dialog: DialogId, phones: &Rebinding) -> Result<(), InputError> {
        self.on_dialog(dialog, |dialog, core| {
            dialog.follow(core, phones);
            Ok(())
        })
    }

    fn set_accounts(&mut self, accounts: BTreeMap<User, Ha1>) -> Result<(), InputError> {
        self.core.config.accounts = accounts;
        self.registrar.forget_unknown(&mut self.core);
        Ok(())
    }

    fn restore_bindings(&mut self, bindings: Vec<RestoredBinding>) -> Result<(), InputError> {
        self.registrar.restore(&mut self.core, bindings);
        Ok(())
    }

    fn remove_bindings(&mut self, user: &User) -> Result<(), InputError> {
        self.registrar.remove_user(&mut self.core, user);
        Ok(())
    }

    const fn admit(&mut self, new_calls: NewCalls) -> Result<(), InputError> {
        self.new_calls = new_calls;
        Ok(())
    }

    fn probe(&mut self, probe: ProbeId, target: Target, uri: &Uri) -> Result<(), InputError> {
        self.reachable(target.listener())?;
        self.probes.send(&mut self.core, probe, target, uri);
        Ok(())
    }

    fn reachable(&self, listener: ListenerId) -> Result<(), InputError> {
        if self.core.has_listener(listener) {
            Ok(())
        } else {
            Err(InputError::NoSuchListener)
        }
    }

    fn register(&mut self, register: Register) -> Result<(), InputError> {
        self.reachable(register.target.listener())?;
        self.registrations.register(&mut self.core, register);
        Ok(())
    }

    fn invite(&mut self, invite: Invite) -> Result<(), InputError> {
        self.reachable(invite.target.listener())?;
        if self.dialogs.contains(invite.dialog) {
            return Err(InputError::DialogExists(invite.dialog));
        }
        let dialog = Dialog::call(&mut self.core, invite);
        self.dialogs.insert(dialog);
        Ok(())
    }

    fn on_dialog(
        &mut self,
        id: DialogId,
        act: impl FnOnce(&mut Dialog, &mut Core) -> Result<(), InputError>,
    ) -> Result<(), InputError> {
        self.with_dialog(id, act)
            .ok_or(InputError::NoSuchDialog(id))?
    }

    /// Lets a dialog act, and removes it if that was its last.
    pub(super) fn with_dialog<T>(
        &mut self,
        id: DialogId,
        act: impl FnOnce(&mut Dialog, &mut Core) -> T,
    ) -> Option<T> {
        let dialog = self.dialogs.get_mut(id)?;
        let untagged = dialog.identity.local_tag.is_none();
        let done = act(dialog, &mut self.core);
        let (over, tagged) = (dialog.is_over(), dialog.identity.local_tag.is_some());
        if over {
            self.dialogs.remove(id);
        } else if untagged && tagged {
            self.dialogs.index(id);
        }
        Some(done)
    }
}

fn reject(
    dialog: &mut Dialog,
    core: &mut Core,
    status: Status,
    headers: &[Header],
) -> Result<(), InputError> {
    let State::Incoming(incoming) = &dialog.state else {
        return Err(InputError::WrongState(dialog.id));
    };
    let pending = incoming.pending.clone();
    let added = Added {
        more: headers,
        ..auth::challenge_for(core, status, &pending)
    };
    dialog.reject(core, status, added)
}

fn cancel(
    dialog: &mut Dialog,
    core: &mut Core,
    reason: Option<HeaderValue>,
) -> Result<(), InputError> {
    let State::Calling(_) = &dialog.state else {
        return Err(InputError::WrongState(dialog.id));
    };
    dialog.cancel(core, reason);
    Ok(())
}

fn hang_up(
    dialog: &mut Dialog,
    core: &mut Core,
    reason: Option<HeaderValue>,
) -> Result<(), InputError> {
    let State::Established(_) = &dialog.state else {
        return Err(InputError::WrongState(dialog.id));
    };
    dialog.leave(core, reason, EndCause::HungUp);
    Ok(())
}
