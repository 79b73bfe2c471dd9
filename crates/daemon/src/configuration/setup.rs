//! What screens are told of the configuration.

use std::time::Duration;

use web::board::{Queue, Setup};

use super::node::Node;
use super::people::OperatorsFile;
use super::queues::QueuesFile;

/// What screens are told.
pub(super) fn setup(
    node: &Node,
    config: &dispatch::Config,
    queues: &QueuesFile,
    operators: &OperatorsFile,
) -> Setup {
    let queue = |table: &super::queues::QueueTable| Queue {
        name: table.name.get_ref().clone(),
        staff_minimum: table.staff_minimum,
    };
    let reasons = node.pause_reasons.iter();
    Setup {
        lines: config
            .lines
            .iter()
            .map(|line| line.id.to_string())
            .collect(),
        queues: queues.queues.iter().map(queue).collect(),
        pause_reasons: reasons.map(ToString::to_string).collect(),
        in_time_seconds: seconds(records::ANSWERED_IN_TIME),
        early_seconds: seconds(records::ABANDONED_EARLY),
        names: operators.display_names(),
        // What a start fixes is known to the screens.
        time_zone: None,
        sip_address: None,
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
