//! People called at home: whoever answers is asked to press 1, for a voicemail answers too.

use std::time::{Duration, Instant};

use dispatch::{Fact, LegId, OperatorId};
use media::{Background, Playlist};

use crate::engine::{Exchange, Timer};
use crate::legs::CalledStage;
use crate::settings::{Prompt, Who};

/// Time from one "press one" to the next.
const ASK_EVERY: Duration = Duration::from_secs(5);

impl Exchange {
    /// Somebody at home answered, or a voicemail did: only a pressed 1 takes the call. How long she
    /// has for it the dispatcher knows, who takes the offer back after it.
    pub(crate) fn ask_first(&mut self, now: Instant, leg: LegId, operator: OperatorId) {
        let Some(contact) = self.called.get(&leg).map(|called| called.contact) else {
            return;
        };
        self.append(now, Fact::PickedUp { contact, operator });
        let repeat = self.timers.arm(now + ASK_EVERY, Timer::AskAgain(leg));
        self.set_stage(leg, CalledStage::Asked { repeat });
        self.say_press_one(leg, operator);
    }

    pub(crate) fn ask_to_press_one(&mut self, now: Instant, leg: LegId) {
        let again = self.timers.arm(now + ASK_EVERY, Timer::AskAgain(leg));
        let Some(called) = self.called.get_mut(&leg) else {
            return self.timers.cancel(again);
        };
        let CalledStage::Asked { repeat } = &mut called.stage else {
            return self.timers.cancel(again);
        };
        *repeat = again;
        if let Some(operator) = called.whom.operator() {
            self.say_press_one(leg, operator);
        }
    }

    fn say_press_one(&mut self, leg: LegId, operator: OperatorId) {
        let language = self
            .directory(Who::OnCall(operator))
            .map(|entry| entry.language)
            .unwrap_or_default();
        let prompts = self
            .settings
            .sounds
            .prompts
            .get(&(language, Prompt::PressOne))
            .copied()
            .into_iter()
            .collect();
        self.play(
            leg,
            Playlist {
                prompts,
                then: Background::Silence,
            },
        );
    }

    pub(crate) fn on_pressed_one(&mut self, now: Instant, leg: LegId) {
        let Some(called) = self.called.get(&leg) else {
            return;
        };
        let (contact, operator, stage) = (called.contact, called.whom.operator(), called.stage);
        if let CalledStage::Asked { repeat } = stage {
            self.timers.cancel(repeat);
        }
        self.play(leg, Playlist::silence());
        if let Some(operator) = operator {
            self.answered(now, leg, contact, operator);
        }
    }
}
