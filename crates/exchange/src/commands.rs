//! What is asked of the exchange from outside: acts that become facts, and questions.

use std::time::Instant;

use dispatch::Seq;
use journal::{APPLIED_WITHIN, Fact};
use records::QuarterHour;

use crate::contents::contact_of;
use crate::engine::Exchange;
use crate::input::{Command, Output, Reply, Token, Unwritten};

impl Exchange {
    pub(crate) fn take_early_commands(&mut self, now: Instant) {
        for (token, command) in self.early.take().into_iter().flatten() {
            self.on_command(now, token, command);
        }
    }

    pub(crate) fn on_command(&mut self, now: Instant, token: Token, command: Command) {
        if let Some(early) = &mut self.early {
            return early.push((token, command));
        }
        let reply = match command {
            Command::Act(fact) => match self.answer_without_fact(now, &fact) {
                Some(reply) => reply,
                None => return self.act(now, token, *fact),
            },
            Command::Content { contact, operator } => self.content(now, contact, operator),
            Command::Finished(operator) => self.finished(now, operator),
            Command::Why(contact) => match self.dispatcher().why(contact) {
                Ok(why) => Reply::Why(why),
                Err(error) => Reply::Refused(error.into()),
            },
            Command::Status => Reply::Status(Box::new(self.board(now))),
            Command::Records { arrived_after } => {
                Reply::Records(Box::new(self.unwritten(now, arrived_after)))
            }
            Command::Drain => {
                self.drain(now);
                Reply::Draining
            }
        };
        self.push(Output::Answer { token, reply });
    }

    /// Appends what somebody at a page did; it is answered once it is applied.
    fn act(&mut self, now: Instant, token: Token, fact: Fact) {
        let moment = self.moment(now);
        let contact = contact_of(&fact);
        if let Ok(seq) = self.log.append(moment, fact) {
            self.acting.insert(seq, token);
            self.entering.appended(contact, seq);
        }
    }

    pub(crate) fn answer_act(&mut self, seq: Seq, reply: Reply) {
        if let Some(token) = self.acting.remove(&seq) {
            self.push(Output::Answer { token, reply });
        }
    }

    /// What the records database may not have yet.
    fn unwritten(&mut self, now: Instant, arrived_after: Option<QuarterHour>) -> Unwritten {
        // Told earlier, an arrival that still waits for its commit would be missing for ever.
        let applied = self.moment(now) - APPLIED_WITHIN;
        // Nobody may have called since a month ended.
        self.log.settle(self.moment(now));
        let counts = self.log.state().counts();
        let new = |(quarter, _, _): &(QuarterHour, _, _)| Some(*quarter) > arrived_after;
        Unwritten {
            at: self.moment(now),
            arrived: counts.closed_quarter_hours(applied).filter(new).collect(),
            closed: counts.closed.iter().cloned().collect(),
            acts: counts.acts.over.clone().into_iter().collect(),
        }
    }
}
