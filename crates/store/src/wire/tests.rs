use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::dispatch::{
    ActingRole, Action, Class, Closed, Config, ContactId, Decision, LegId, LineId, Moment, Need,
    Needs, NodeId, OperatorId, Origin, Outcome, QueueId, Seq, SkillId, Standing, Step,
};
use ::journal::{Entry, FORMAT, Fact, Saved, State};
use ::records::content::{Content, Field};
use ::records::{CONTENT_SETTLES, ContactAct, Counts, Date, Deed, QuarterHour};
use proptest::prelude::*;

use super::{Malformed, Wire, encode};

#[path = "../../../journal/tests/common/mod.rs"]
mod common;

fn decode<T: Wire>(bytes: &[u8]) -> Result<T, Malformed> {
    super::decode(FORMAT, bytes)
}

fn again<T: Wire>(value: &T) -> Result<T, Malformed> {
    decode(&encode(value))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn entries_and_the_state_they_make_are_read_as_they_were_written(
        chances in common::chances(150)
    ) {
        let mut state = State::default();
        for entry in common::entries(&chances) {
            prop_assert_eq!(again(&entry), Ok(entry.clone()));
            let _ = state.apply(&entry);
        }
        let snapshot = state.snapshot();
        prop_assert_eq!(again(&snapshot), Ok(snapshot));
    }

    #[test]
    fn numbers_and_times_are_read_as_they_were_written(
        wide: u64,
        narrow: u32,
        nanos in 0..1_000_000_000_u32
    ) {
        prop_assert_eq!(again(&wide), Ok(wide));
        prop_assert_eq!(again(&narrow), Ok(narrow));
        prop_assert_eq!(again(&Moment::from_micros(wide)), Ok(Moment::from_micros(wide)));
        let time = Duration::new(wide, nanos);
        prop_assert_eq!(again(&time), Ok(time));
        prop_assert_eq!(again(&Some((wide, time))), Ok(Some((wide, time))));
        let map = BTreeMap::from([(wide, narrow)]);
        prop_assert_eq!(again(&map), Ok(map));
    }

    #[test]
    fn no_bytes_make_the_reader_panic_or_take_memory_they_do_not_fill(
        bytes in proptest::collection::vec(any::<u8>(), 0..200)
    ) {
        let _ = decode::<Entry>(&bytes);
        let _ = decode::<::journal::Snapshot>(&bytes);
    }

    #[test]
    fn entry_cut_anywhere_is_refused(chances in common::chances(30), cut: prop::sample::Index) {
        for entry in common::entries(&chances) {
            let bytes = encode(&entry);
            let cut = cut.index(bytes.len());
            prop_assert_eq!(decode::<Entry>(&bytes[..cut]), Err(Malformed));
        }
    }
}

/// One entry as this format writes it, and as formats 1 to 7 do, whose legs name no node: a release
/// that reads these bytes differently needs another format number.
#[test]
fn formats_stay_as_they_are() {
    let entry = Entry {
        seq: Seq(300),
        at: Moment::from_micros(5),
        fact: Fact::Dispatch(dispatch::Fact::LegFound {
            leg: LegId::new(NodeId::ONLY, 2, 128),
        }),
        saved: Saved::Unsaved,
    };

    assert_eq!(encode(&entry), [0xac, 2, 5, 20, 0, 2, 0x80, 1]);
    let before = super::decode(6, &[0xac, 2, 5, 20, 2, 0x80, 1]);
    let saved = Saved::Saved;
    assert_eq!(before, Ok(Entry { saved, ..entry }));
}

/// Counts as format 3 wrote them: with the sums of today.
#[test]
fn counts_of_format_three_are_read_without_the_sums_of_today() {
    let mut counts = Counts::default();
    let line = LineId::parse("help").unwrap();
    counts.arrive(Moment::from_micros(5), line, Class::Crisis);
    counts.arrive(Moment::from_micros(6), line, Class::Danger);
    let mut old = Vec::new();
    counts.arrived.put(&mut old);
    counts.open.put(&mut old);
    counts.of_today.put(&mut old);
    counts.today.put(&mut old);
    counts.lines.put(&mut old);
    counts.closed.put(&mut old);
    counts.calls.put(&mut old);

    let read = super::decode::<Counts>(3, &old);

    assert_eq!(read, Ok(counts.without_today()));
}

#[test]
fn acts_on_contacts_are_read_as_they_were_written() {
    let mut counts = Counts::default();
    let deeds = [
        Deed::Classed {
            class: Class::Danger,
        },
        Deed::Moved {
            queue: QueueId::parse("help").unwrap(),
        },
        Deed::Given,
        Deed::Other,
    ];
    for day in 1..=3 {
        counts.turn(Moment::from_micros(5), Date::new(2026, 11, day).unwrap());
        for by in [ActingRole::Supervisor, ActingRole::Administrator] {
            for deed in deeds {
                counts.acts.add(ContactAct { by, deed });
            }
        }
    }
    assert_eq!(counts.acts.over.len(), 2);

    assert_eq!(again(&counts), Ok(counts));
}

#[test]
fn sums_of_today_are_not_written() {
    let mut counts = Counts::default();
    let line = LineId::parse("help").unwrap();
    let before = encode(&counts).len();
    let nobody_asked = counts.clone();

    counts.begin_today([(line, Class::Crisis), (line, Class::Danger)]);

    assert_ne!(counts, nobody_asked);
    assert_eq!(encode(&counts).len(), before);
}

/// A configuration with nothing that format 3 does not have, as it is and with steps on call that
/// name nobody: in format 3 they meant everybody at home who serves the queue.
fn config_of_format_3() -> (Config, Config) {
    let mut config = common::config(0);
    for operator in &mut config.operators {
        operator.wrap_up = ::dispatch::OwnWrapUp::default();
    }
    for queue in &mut config.queues {
        queue.relaxations.clear();
    }
    for line in &mut config.lines {
        (line.needs, line.choices) = (Needs::from([]), Vec::new());
    }
    config.desk = None;
    let mut nobody_named = config.clone();
    for step in steps_of(&mut nobody_named) {
        if let Action::OnCall(people) = &mut step.action {
            people.clear();
        }
    }
    (config, nobody_named)
}

/// A dispatcher of this configuration with one caller who waits on this line.
fn one_waits(config: &Config, line: LineId) -> ::dispatch::Snapshot {
    let configured = ::dispatch::Fact::Configured(Arc::new(config.clone()));
    let leg = LegId::new(NodeId::ONLY, 1, 1);
    let arrived = ::dispatch::Fact::Arrived {
        origin: Origin::Caller { leg, line },
        class: Class::Crisis,
        needs: Needs::from([]),
        standing: Standing::Arrival,
    };
    let mut dispatcher = ::dispatch::Dispatcher::new();
    for (fact, seq) in [configured, arrived].into_iter().zip(1..) {
        let input = fact.numbered(Seq(seq));
        dispatcher.handle_input(Moment::ZERO, input).unwrap();
    }
    while dispatcher.poll_output().is_some() {}
    dispatcher.snapshot()
}

#[test]
fn steps_on_call_of_format_three_are_read() {
    let (config, nobody_named) = config_of_format_3();
    let old = config_in_format_3(&nobody_named, &encode(&nobody_named));

    let read = super::decode::<Config>(3, &old).unwrap();

    assert_eq!(read, config);
    assert_eq!(super::decode::<Config>(FORMAT, &old), Err(Malformed));
}

/// A snapshot as format 3 wrote it: of those at home a contact said only whether they were called.
#[test]
fn contacts_of_format_three_know_who_was_called() {
    let (_, nobody_named) = config_of_format_3();
    let line = LineId::parse("free").unwrap();
    let mut snapshot = one_waits(&nobody_named, line);
    // So that its place in the bytes is known: steps taken, needs that hold no more, nobody called, operators beside.
    let contact = &mut snapshot.contacts[0];
    (contact.steps_taken, contact.more_operators) = (99, 77);
    snapshot.operators.clear();
    let old = config_in_format_3(&nobody_named, &encode(&snapshot));
    // After the time until which a partner rings and her first try, nobody rests, nobody was given
    // it, nobody at home passed it and nothing was chosen: format 3 has none of the last three.
    let rings = [0x80, 0xda, 0xc4, 9, 1, 0];
    let old = replaced(
        &old,
        &[&rings[..], &[0, 0, 0, 1]].concat(),
        &[&rings[..], &[1]].concat(),
    );
    // She was a caller without a word, and her leg named no node.
    let free = encode(&line);
    let old = replaced(
        &old,
        &[&[2, 1, 0, 1, 1], &free[..]].concat(),
        &[&[2, 1, 1], &free[..]].concat(),
    );
    let called = replaced(&old, &[99, 2, 0, 77], &[99, 2, 2, 77]);
    let not_yet = replaced(&old, &[99, 2, 0, 77], &[99, 2, 1, 77]);
    let read = |bytes: &[u8]| super::decode::<::dispatch::Snapshot>(3, bytes).unwrap();

    let home = OperatorId::parse("home").unwrap();
    assert_eq!(read(&called).contacts[0].called, [home]);
    assert_eq!(read(&not_yet).contacts[0].called, []);
}

/// What holds this configuration as format 3 wrote it.
fn config_in_format_3(config: &Config, written: &[u8]) -> Vec<u8> {
    let mut old = written.to_vec();
    for queue in &config.queues {
        // The empty list of its relaxations stands last.
        let whole = encode(queue);
        old = replaced(&old, &whole, &whole[..whole.len() - 1]);
    }
    // After 30 s the step with number 6 and an empty list; format 3 wrote number 3 alone.
    old = replaced(&old, &[30, 0, 6, 0], &[30, 0, 3]);
    // Behind an operator's last queue and her place stands her own wrap-up, which format 3 has not.
    // Then her times at home, which it wrote for the whole queue behind the ring time at its desks.
    for place in [1, 2] {
        let operator = [b"youth", &[place][..]].concat();
        let new = [&operator[..], &[0, 0, 40, 0, 15, 0]].concat();
        old = replaced(&old, &new, &operator);
    }
    old = replaced(&old, &[15, 0, 20, 0, 60, 0], &[15, 0, 40, 0, 20, 0, 60, 0]);
    // What a line's callers need, and its choices, are new as well.
    for line in &config.lines {
        let queue = encode(&line.queue);
        let new = [
            &encode(&line.id),
            &queue,
            &encode(&line.needs),
            &encode(&line.choices),
        ];
        let new = new.map(Vec::as_slice).concat();
        old = replaced(&old, &new, &[encode(&line.id), queue].concat());
    }
    // And the desk, which stands before the rules.
    let rules = encode(&config.rules);
    let new = [&encode(&config.desk), &rules].map(Vec::as_slice).concat();
    replaced(&old, &new, &rules)
}

/// Each need of format 3 had relaxations of its own.
#[test]
fn needs_of_format_three_are_read_without_their_relaxations() {
    let need = Need {
        skill: SkillId::parse("uk").unwrap(),
        level: 5,
    };
    let relaxed = vec![
        (Duration::from_secs(30), 3_u8),
        (Duration::from_secs(60), 0),
    ];
    let old = [encode(&need), encode(&relaxed)].concat();

    assert_eq!(super::decode::<Need>(3, &old), Ok(need));
}

fn steps_of(config: &mut Config) -> impl Iterator<Item = &mut Step> {
    let timelines = config
        .queues
        .iter_mut()
        .flat_map(|queue| &mut queue.timelines);
    timelines.flat_map(|timeline| &mut timeline.steps)
}

/// The bytes with every run of `from` replaced.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut rest, mut out) = (bytes, Vec::new());
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend(to);
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    assert_ne!(out, bytes);
    out
}

#[test]
fn closed_periods_are_read_as_they_were_written() {
    let mut counts = Counts::default();
    let line = LineId::parse("help").unwrap();
    let date = |month, day| Date::new(2027, month, day).unwrap();
    let contacts = |counts: &mut Counts, count: u64| {
        for at in 0..count {
            counts.arrive(Moment::from_micros(5), line, Class::Crisis);
            counts.decide(&ended(line, at));
        }
    };
    contacts(&mut counts, 2_000);
    counts.turn(Moment::from_micros(5), date(3, 30));
    counts.turn(Moment::from_micros(5), date(3, 31));
    let held = counts.clone();
    contacts(&mut counts, 60);
    counts.turn(Moment::from_micros(5), date(4, 1));
    contacts(&mut counts, 9);
    counts.turn(Moment::from_micros(5), date(5, 1));

    assert_eq!(held.lines[&line].held.len(), 1);
    assert_eq!(again(&held), Ok(held.without_today()));
    assert_eq!(counts.closed.len(), 4);
    assert!(counts.ending.is_some());
    assert_eq!(again(&counts), Ok(counts.without_today()));
    counts.settle(Moment::from_micros(5) + CONTENT_SETTLES);
    assert_eq!(
        (counts.ending.is_some(), counts.small.lines.len()),
        (false, 1)
    );
    assert_eq!(again(&counts), Ok(counts.without_today()));
}

#[test]
fn that_quarter_hours_are_stored_is_read_as_it_was_written() {
    let through = QuarterHour(300);
    let fact = Fact::Records(records::Fact::ArrivedStored { through });

    assert_eq!(encode(&fact), [28, 0xac, 2]);
    assert_eq!(again(&fact), Ok(fact));
}

#[test]
fn day_that_is_none_is_refused() {
    assert_eq!(again(&Date::new(2028, 2, 29)), Ok(Date::new(2028, 2, 29)));
    assert_eq!(decode::<Date>(&[0xeb, 0x0f, 2, 29]), Err(Malformed));
}

/// A third of contacts is answered in time, another one late, and the last one not.
fn ended(line: LineId, at: u64) -> Decision {
    let answered = [Some(6), Some(40_000_000), None][usize::try_from(at % 3).unwrap()];
    Decision::Closed(Closed {
        contact: ContactId(Seq(1)),
        origin: Origin::Caller {
            leg: LegId::new(NodeId::ONLY, 1, 1),
            line,
        },
        queue: QueueId::parse("help").unwrap(),
        class: Class::Crisis,
        arrived: Moment::from_micros(5),
        answered: answered.map(Moment::from_micros),
        ended: Moment::from_micros(50_000_000),
        outcome: answered.map_or(Outcome::Abandoned, |_| Outcome::Answered),
    })
}

#[test]
fn what_is_read_was_saved() {
    let entry = Entry {
        seq: Seq(1),
        at: Moment::ZERO,
        fact: Fact::Timeout,
        saved: Saved::Unsaved,
    };

    assert_eq!(again(&entry).unwrap().saved, Saved::Saved);
}

#[test]
fn bytes_after_the_end_are_refused() {
    assert_eq!(decode::<u64>(&[1, 0]), Err(Malformed));
}

#[test]
fn number_wider_than_its_type_is_refused() {
    assert_eq!(decode::<u32>(&encode(&u64::MAX)), Err(Malformed));
    assert_eq!(decode::<u64>(&[0xff; 11]), Err(Malformed));
    assert_eq!(
        decode::<u64>(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]),
        Err(Malformed)
    );
}

/// An operator as format 3 wrote her: she had no wrap-up of her own.
#[test]
fn operators_of_format_three_are_read() {
    let operator = ::dispatch::Operator {
        id: ::dispatch::OperatorId::parse("jana").unwrap(),
        skills: Vec::new(),
        queues: vec![QueueId::parse("help").unwrap()],
        place: ::dispatch::Place::Desk,
        wrap_up: ::dispatch::OwnWrapUp::default(),
        at_home: ::dispatch::HomeTimes::default(),
    };
    let mut old = Vec::new();
    operator.id.put(&mut old);
    operator.skills.put(&mut old);
    operator.queues.put(&mut old);
    operator.place.put(&mut old);

    assert_eq!(super::decode(3, &old), Ok(operator.clone()));
    assert_eq!(again(&operator), Ok(operator));
}

/// What format 7 writes of a content are places: a field or a value that is moved or left out needs another format number.
#[test]
fn fields_and_values_of_a_content_keep_their_places() {
    let fields: Vec<String> = Field::ALL
        .iter()
        .map(|field| format!("{} {}", field.as_str(), field.domain()[1..].join(" ")))
        .collect();

    let expected = [
        "outcome advised referred bed_found no_bed_free emergency_called broke_off other",
        "category partner_violence family_violence sexual_violence stalking child_violence other_crime distress information silent abusive other",
        "language czech slovak english ukrainian russian vietnamese romani other",
        "interpreter not_needed joined none_found",
        "referral none counselling shelter police health legal child_service other",
        "told_repeat first repeat",
        "who_called adult_victim child relative professional other",
        "children_in_household 0 1 2 3 4+ unknown",
        "ages below_1 1-2 3-6 7-9 10-14 15-17",
        "exposure not_exposed may_hear witnessed intervened physical emotional sexual neglect control unknown",
        "children_outcome none bed child_service",
        "source caller heard third_party",
        "relation own partners mixed other unknown",
        "pregnancy yes no unknown",
        "contact_violence yes no unknown",
        "abduction_threat yes no unknown",
        "child_protection none involved referred reported",
    ];
    assert_eq!(fields, expected);
    let mut content = Content::default();
    content.set(Field::Referral, "shelter").unwrap();
    content.set(Field::Ages, "below_1+15-17").unwrap();
    assert_eq!(encode(&content), [2, 4, 0b100, 8, 0b10_0001]);
    assert_eq!(again(&content), Ok(content));
}

#[test]
fn content_with_a_value_or_a_field_that_is_none_is_refused() {
    for bytes in [[1, 0, 0x80, 1], [1, 17, 1, 0]] {
        assert_eq!(decode::<Content>(&bytes), Err(Malformed));
    }
    // Of a field that holds one, two are ticked; and none.
    for bytes in [[1, 0, 0b11], [1, 0, 0]] {
        assert_eq!(decode::<Content>(&bytes), Err(Malformed));
    }
}

#[test]
fn every_value_of_a_content_is_read_as_it_was_written() {
    for field in Field::ALL {
        for value in field.domain() {
            let mut content = Content::default();
            content.set(*field, value).unwrap();
            assert_eq!(again(&content), Ok(content));
        }
    }
}
