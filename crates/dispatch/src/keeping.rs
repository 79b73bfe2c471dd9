//! Queues that a new configuration has no longer, kept beside it while contacts are in them.

use std::collections::BTreeSet;

use crate::engine::Dispatcher;
use crate::{
    Action, Config, Operator, OperatorId, Origin, PartnerId, Place, Queue, QueueId, Timeline,
};

impl Dispatcher {
    /// A configuration with those queues added, as they are now, that contacts are in and that it
    /// has no place for; none when it has a place for every contact.
    ///
    /// Who serves such a queue now goes on to serve it, as far as the configuration still has her.
    #[must_use]
    pub fn keeping_queues_in_use(&self, config: &Config) -> Option<Config> {
        let in_use = self.queues_in_use_without_place(config);
        if in_use.is_empty() {
            return None;
        }
        let mut kept = config.clone();
        for operator in &mut kept.operators {
            let queues = self.queues_of(operator.id).iter();
            operator
                .queues
                .extend(queues.filter(|queue| in_use.contains(queue)));
        }
        let there = There::of(&kept);
        let queues = self.config.queues.iter();
        let queues = queues.filter(|queue| in_use.contains(&queue.id));
        let queues: Vec<_> = queues.map(|queue| there.narrowed(queue)).collect();
        kept.queues.extend(queues);
        Some(kept)
    }

    fn queues_in_use_without_place(&self, config: &Config) -> BTreeSet<QueueId> {
        let lines: BTreeSet<_> = config.lines.iter().map(|line| line.id).collect();
        let queues: BTreeSet<_> = config.queues.iter().map(|queue| queue.id).collect();
        let stays = self.contact_slots.values();
        let stays = stays.filter(|slot| match self.contacts[**slot].origin {
            Origin::Caller { line, .. } => !lines.contains(&line),
            Origin::Device { .. } => config.desk.is_none(),
        });
        stays
            .map(|slot| self.queue_of(*slot).id)
            .filter(|queue| !queues.contains(queue))
            .collect()
    }
}

/// Whom a configuration still has.
struct There<'a> {
    at_home: Vec<&'a Operator>,
    partners: BTreeSet<PartnerId>,
}

impl<'a> There<'a> {
    fn of(config: &'a Config) -> Self {
        let operators = config.operators.iter();
        let partners = config.partners.iter();
        Self {
            at_home: operators
                .filter(|operator| operator.place == Place::Home)
                .collect(),
            partners: partners.map(|partner| partner.id).collect(),
        }
    }

    /// The queue without the steps that would reach nobody any more.
    fn narrowed(&self, queue: &Queue) -> Queue {
        let mut queue = queue.clone();
        for Timeline { steps, .. } in &mut queue.timelines {
            steps.retain_mut(|step| match &mut step.action {
                Action::Overflow(partner) => self.partners.contains(partner),
                Action::OnCall(people) => {
                    people.retain(|person| self.answers_at_home(*person, queue.id));
                    !people.is_empty()
                }
                Action::WidenSkills | Action::SecondOperator | Action::TellSupervisor => true,
            });
        }
        queue
    }

    fn answers_at_home(&self, person: OperatorId, queue: QueueId) -> bool {
        let mut at_home = self.at_home.iter();
        at_home.any(|operator| operator.id == person && operator.queues.contains(&queue))
    }
}
