//! A disk that fails: the journal fails towards the caller.

use exchange::Warning;
use journal::{CrashPoint, Fault};
use simulation::{Act, Caller, Manner};

use super::{open, seconds};

#[test]
fn a_full_disk_in_mid_call_drops_nobody_and_calls_go_on() {
    for fault in [Fault::Full, Fault::Fails, Fault::FailsButWritten] {
        let mut world = open();
        world.peer("eva").set_manner(Manner::Answers(seconds(1)));
        world.peer("jana").set_manner(Manner::Answers(seconds(1)));
        let before = world.call(Caller::from_number(1));
        world.run(seconds(5));

        world.set_fault(Some(fault));
        let during = world.call(Caller::from_number(2));
        world.run(seconds(60));

        assert!(world.is_talking(before) && world.is_talking(during));
        let talking = ["eva", "jana"].map(|phone| world.peer(phone).live_calls().count());
        assert_eq!(talking, [1, 1]);
        assert!(world.board().unsaved.is_some());
        assert!(
            world
                .warnings
                .iter()
                .any(|warning| matches!(warning, Warning::JournalUnsaved { .. }))
        );
        world.set_fault(None);
        world.run(seconds(90));
        assert!(world.board().unsaved.is_none());
        assert!(world.warnings.contains(&Warning::JournalSaved));
        for call in [before, during] {
            world.act(call, Act::HangUp);
        }
        world.run_until_quiet(seconds(60));
    }
}

#[test]
fn what_was_healed_is_found_after_a_crash() {
    let mut world = open();
    world.peer("eva").set_manner(Manner::RingsOn);
    world.peer("jana").set_manner(Manner::RingsOn);
    world.set_fault(Some(Fault::Full));
    world.call(Caller::from_number(1));
    world.run(seconds(10));
    world.set_fault(None);
    world.run(seconds(90));
    let live = world.state().live_contacts();

    world.crash(CrashPoint::AfterCommit);

    assert_eq!(live, 1);
    assert_eq!(world.found().unwrap().contacts.len(), 1);
}
