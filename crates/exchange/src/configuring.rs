//! How a configuration enters: whole, when its entry is applied, or not at all.

use std::sync::Arc;
use std::time::Instant;

use dispatch::{Fact, InputError, Seq};

use crate::engine::Exchange;
use crate::input::{Token, Warning};
use crate::legs::Stage;
use crate::lines::Lines;
use crate::sentence::with_causes;
use crate::settings::Settings;

impl Exchange {
    /// The configuration of the start holds at once: there is none before it, and the first caller
    /// may be there already.
    pub(crate) fn begin_with(&mut self, now: Instant, settings: Settings) {
        let config = Arc::new(settings.dispatch.clone());
        match self.dispatcher().keeping_queues_in_use(&config) {
            // Whoever was there before the start is looked for in a queue that is gone from it;
            // whoever calls meanwhile comes by the new lines.
            Some(kept) => {
                self.append(now, Fact::Configured(Arc::new(kept)));
                self.unentered = Some(config);
            }
            None => self.append(now, Fact::Configured(config)),
        }
        self.swap_in(now, settings);
    }

    /// Appends a configuration; lines, accounts and trunks wait for its entry.
    pub(crate) fn on_configured(&mut self, now: Instant, token: Token, settings: Settings) {
        let moment = self.moment(now);
        let fact = Fact::Configured(Arc::new(settings.dispatch.clone()));
        // Live work is never refused.
        if let Ok(seq) = self.log.append(moment, fact) {
            self.acting.insert(seq, token);
            self.configuring.insert(seq, settings);
        }
    }

    /// The entry of a configuration was applied.
    pub(crate) fn on_configuration_applied(&mut self, now: Instant, seq: Seq) {
        if let Some(settings) = self.configuring.remove(&seq) {
            self.unentered = None;
            self.swap_in(now, settings);
        }
    }

    /// Distribution refused a configuration: whoever asked for it is told, and nothing is
    /// exchanged. That of the start holds already for everything else, and is tried again when a
    /// contact that may stand in its way is over.
    pub(crate) fn on_configuration_refused(
        &mut self,
        seq: Seq,
        config: Arc<dispatch::Config>,
        error: &InputError,
    ) {
        if self.configuring.remove(&seq).is_none() {
            self.unentered = Some(config);
            let reason = with_causes(error);
            self.warn(Warning::ConfigurationRefused { reason });
        }
    }

    /// A contact is over, which may have stood in the way of the start's configuration.
    pub(crate) fn enter_again(&mut self, now: Instant) {
        let Some(config) = self.unentered.take() else {
            return;
        };
        if self.dispatcher().keeping_queues_in_use(&config).is_some() {
            self.unentered = Some(config);
        } else {
            self.append(now, Fact::Configured(config));
        }
    }

    /// Callers who are there already go by their lines as those are now. A line that is gone goes on as it was.
    fn callers_follow_their_lines(&mut self, now: Instant) {
        let mut unspoken = Vec::new();
        for (leg, caller) in &mut self.callers {
            if let Some(line) = self.lines.successor(&caller.line) {
                caller.line = line;
            }
            if let Stage::Waiting { words: None } = caller.stage {
                unspoken.push(*leg);
            }
        }
        for leg in unspoken {
            self.say_words_later(now, leg);
        }
    }

    /// Swaps everything but distribution's own part in. It holds for those who wait.
    fn swap_in(&mut self, now: Instant, settings: Settings) {
        let settings = Arc::new(settings);
        self.lines = Lines::of(&settings.lines);
        self.callers_follow_their_lines(now);
        let accounts = settings
            .operators
            .iter()
            .map(|operator| (sip::User(operator.id.to_string()), operator.account.clone()));
        self.command(
            now,
            sip::Command::SetAccounts {
                accounts: accounts.collect(),
            },
        );
        self.replace_trunks(now, settings);
    }
}
