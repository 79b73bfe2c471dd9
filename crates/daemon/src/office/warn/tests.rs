use std::time::Duration;

use dispatch::{Notice, OperatorId, QueueId, Reachability, Seq};
use exchange::{NotRegistered, TrunkTrouble, Warning};

use super::*;

const REPEAT: Duration = Duration::from_secs(30 * 60);

/// A herald, and a clock that the tests turn.
struct Told {
    herald: Herald,
    now: Now,
}

impl Told {
    fn new() -> Self {
        Self {
            herald: Herald::new(Warnings {
                webhook: None,
                command: Vec::new(),
                repeat: REPEAT,
            }),
            now: Now {
                instant: Instant::now(),
                wall: "2027-03-04T05:06:07Z".parse().unwrap(),
            },
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall += time;
    }

    fn told(&mut self, warning: &Warning) -> Option<Message> {
        self.herald.message(self.now, &words(warning))
    }

    /// What is told because it is steady now.
    fn steady(&mut self) -> Vec<String> {
        let steady = self.herald.steady(self.now);
        let told = steady
            .iter()
            .filter_map(|words| self.herald.message(self.now, words));
        told.map(|message| message.text).collect()
    }

    fn text(&mut self, warning: &Warning) -> Option<String> {
        self.told(warning).map(|message| message.text)
    }
}

#[tokio::test]
async fn flood_of_warnings_is_sent_a_few_at_a_time_and_never_waits_without_limit() {
    let folder = tempfile::tempdir().unwrap();
    let running = folder.path().join("running");
    std::fs::create_dir(&running).unwrap();
    let script = "mkdir \"$0/$$\"; while [ -e \"$0\" ]; do sleep 0.05; done";
    let path = running.to_str().unwrap().to_owned();
    let mut told = Told::new();
    told.herald.ways.command = ["sh", "-c", script, &path].map(str::to_owned).to_vec();
    let count = || std::fs::read_dir(&running).unwrap().count();

    for contact in 0..u64::try_from(UNSENT_MAX).unwrap() + 5 {
        told.herald.tell(told.now, &words(&waits(contact)));
    }
    while count() < SENT_AT_ONCE_MAX {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    assert_eq!(told.herald.room.available_permits(), 0);
    assert_eq!(told.herald.turns.available_permits(), 0);
    assert_eq!(count(), SENT_AT_ONCE_MAX);
}

fn waits(contact: u64) -> Warning {
    Warning::Distribution(Notice::Waits {
        contact: ContactId(Seq(contact)),
        wait: Duration::from_secs(90),
    })
}

fn trunk_down() -> Warning {
    let trunk = "carrier".to_owned();
    Warning::TrunkDown { trunk }
}

#[test]
fn second_caller_who_waits_is_told_and_told_from_the_first() {
    let mut told = Told::new();

    let first = told.text(&waits(7));
    told.wait(Duration::from_secs(60));
    let second = told.text(&waits(12));

    assert_eq!(
        first.as_deref(),
        Some("somebody has waited for 90 s (no. 1)")
    );
    assert_eq!(
        second.as_deref(),
        Some("somebody has waited for 90 s (no. 2)")
    );
}

#[test]
fn two_callers_for_whom_nobody_is_there_are_told_apart() {
    let mut told = Told::new();
    let nobody = |contact| {
        Warning::Distribution(Notice::NobodyThere {
            contact: ContactId(Seq(contact)),
            queue: QueueId::parse("crisis").unwrap(),
        })
    };

    let texts = [1, 2, 1].map(|contact| told.text(&nobody(contact)));
    let waits = told.text(&waits(2));

    assert!(
        texts[0]
            .as_deref()
            .is_some_and(|text| text.ends_with("(no. 1)"))
    );
    assert!(
        texts[1]
            .as_deref()
            .is_some_and(|text| text.ends_with("(no. 2)"))
    );
    assert_eq!(texts[2], None);
    assert!(waits.is_some_and(|text| text.ends_with("(no. 2)")));
}

#[test]
fn machine_is_told_once_per_repeat_time_and_since_when_it_fails() {
    let mut told = Told::new();

    let first = told.told(&trunk_down()).unwrap();
    told.wait(REPEAT - Duration::from_secs(1));
    let within = told.told(&trunk_down());
    told.wait(Duration::from_secs(1));
    let again = told.told(&trunk_down()).unwrap();

    assert_eq!(
        first.body(),
        r#"{"kind":"trunk-down","since":"2027-03-04T05:06:07Z","text":"trunk carrier does not answer"}"#
    );
    assert_eq!(within, None);
    assert_eq!(again, first);
}

#[test]
fn machine_that_fails_after_it_was_mended_is_told_at_once_and_callers_stay_known() {
    let mut told = Told::new();
    let trunk = "carrier".to_owned();
    told.told(&trunk_down());
    told.told(&waits(7));

    let up = told.told(&Warning::TrunkUp { trunk });
    told.wait(Duration::from_secs(5));
    let down = told.told(&trunk_down()).unwrap();

    assert!(up.is_some());
    assert!(down.body().contains("05:06:12Z"));
    assert_eq!(told.told(&waits(7)), None);
}

#[test]
fn operator_is_told_of_each_time_she_is_paused() {
    let mut told = Told::new();
    let operator = OperatorId::parse("jana").unwrap();
    let paused = Warning::OperatorPaused { operator };

    let texts = [told.text(&paused), told.text(&paused)];

    assert!(texts.iter().all(Option::is_some));
}

#[test]
fn no_second_of_a_caller_leaves_the_house() {
    let operator = OperatorId::parse("jana").unwrap();
    let reason = "no port is ready for a caller";
    let of_people = [
        waits(7),
        Warning::CallRefused { reason },
        Warning::OperatorPaused { operator },
        phone(Notice::PhoneGone {
            operator,
            reachability: Reachability::Unreachable,
        }),
    ];

    for warning in of_people {
        let message = Told::new().told(&warning).unwrap();

        let since = "\"since\":\"2027-03-04T05:06:00Z\"";
        assert!(message.body().contains(since), "{}", message.body());
    }
}

#[test]
fn phone_that_is_gone_a_second_time_is_told_a_second_time() {
    let mut told = Told::new();
    let operator = OperatorId::parse("jana").unwrap();
    let gone = phone(Notice::PhoneGone {
        operator,
        reachability: Reachability::Unreachable,
    });
    let back = phone(Notice::PhoneBack { operator });

    let texts = [&back, &gone, &gone, &back, &gone].map(|news| told.text(news).is_some());

    assert_eq!(texts, [false, true, false, true, true]);
}

#[test]
fn trunk_that_is_well_again_ends_no_sentence_of_others() {
    let mut told = Told::new();
    let reason = "the disk is full".to_owned();
    let unsaved = Warning::JournalUnsaved { reason };
    told.told(&unsaved);
    told.told(&trunk_down());

    told.told(&Warning::TrunkUp {
        trunk: "carrier".to_owned(),
    });

    assert_eq!(told.told(&unsaved), None);
    assert!(told.told(&trunk_down()).is_some());
}

fn phone(notice: Notice) -> Warning {
    Warning::Distribution(notice)
}

#[test]
fn many_callers_silence_no_machine_and_are_forgotten_the_oldest_first() {
    let mut told = Told::new();
    let callers = u64::try_from(REMEMBERED_MAX).unwrap() + 1;

    let all = (1..=callers).filter(|contact| told.told(&waits(*contact)).is_some());

    assert_eq!(all.count(), REMEMBERED_MAX + 1);
    assert!(told.told(&trunk_down()).is_some());
    assert_eq!(told.herald.contacts.len(), REMEMBERED_MAX);
    assert_eq!(told.told(&waits(callers)), None);
}

#[test]
fn who_is_on_call_is_not_called_the_last_one_there() {
    let operator = OperatorId::parse("eva").unwrap();
    let misses = 6;

    let told = words(&phone(Notice::OnCallMisses { operator, misses }));

    assert_eq!(told.text, "eva, on call, missed 6 calls in a row");
    assert_eq!(told.news, News::Missed);
}

fn not_registered_by(trunk: &str, why: NotRegistered) -> Warning {
    let trunk = trunk.to_owned();
    Warning::TrunkNotRegistered { trunk, why }
}

#[test]
fn registration_that_is_refused_is_not_called_silent() {
    let text = |why| words(&not_registered_by("carrier", why)).text;

    let refused = text(NotRegistered::Refused(sip::Status::FORBIDDEN));
    let unanswered = text(NotRegistered::Unanswered);

    assert_eq!(refused, "trunk carrier refuses our registration (403)");
    assert_eq!(unanswered, "trunk carrier does not answer our registration");
}

#[test]
fn trunk_that_answers_again_does_not_end_what_was_told_of_our_registration() {
    let mut told = Told::new();
    let failing = not_registered_by("carrier", NotRegistered::Unanswered);
    let trunk = || "carrier".to_owned();
    told.told(&failing);

    told.told(&Warning::TrunkUp { trunk: trunk() });
    let silent = told.told(&failing);
    told.told(&Warning::TrunkRegistered { trunk: trunk() });

    assert_eq!(silent, None);
    assert!(told.told(&failing).is_some());
}

#[test]
fn trunk_that_was_taken_out_while_it_failed_is_told_when_it_is_back_and_fails() {
    let mut told = Told::new();
    let trunk = || "carrier".to_owned();
    let failing = not_registered_by("carrier", NotRegistered::Unanswered);
    told.told(&trunk_down());
    told.told(&failing);

    let trouble = TrunkTrouble::NotRegistered;
    let ends = Warning::TrunkTroubleEnds {
        trunk: trunk(),
        trouble,
    };
    let end = told.told(&ends);

    assert_eq!(end, None);
    assert_eq!(told.told(&trunk_down()), None);
    assert!(told.told(&failing).is_some());
}

#[test]
fn what_comes_and_goes_is_told_twice_then_said_to_and_then_not_until_it_is_steady() {
    let operator = OperatorId::parse("jana").unwrap();
    let up = Warning::TrunkUp {
        trunk: "carrier".to_owned(),
    };
    let gone = phone(Notice::PhoneGone {
        operator,
        reachability: Reachability::Unreachable,
    });
    let back = phone(Notice::PhoneBack { operator });

    for (fails, mended) in [(trunk_down(), up), (gone, back)] {
        let mut told = Told::new();
        let mut texts = Vec::new();
        for _ in 0..6 {
            told.wait(Duration::from_secs(60));
            texts.extend(told.text(&fails));
            told.wait(Duration::from_secs(60));
            texts.extend(told.text(&mended));
        }
        told.text(&fails);
        told.wait(REPEAT - Duration::from_secs(1));
        assert!(told.steady().is_empty());
        told.wait(Duration::from_secs(1));

        let (fails, mended) = (words(&fails).text, words(&mended).text);
        let unsteady = format!("{fails}: {COMES_AND_GOES}");
        let twice = [&fails, &mended, &fails, &mended, &unsteady];
        assert_eq!(texts.iter().collect::<Vec<_>>(), twice);
        assert_eq!(told.steady(), [fails]);
        assert!(told.steady().is_empty());
    }
}

#[test]
fn what_came_and_went_and_is_well_for_good_is_told_to_be_well() {
    let mut told = Told::new();
    let up = Warning::TrunkUp {
        trunk: "carrier".to_owned(),
    };
    for _ in 0..3 {
        told.text(&trunk_down());
        told.text(&up);
    }
    told.wait(REPEAT);

    assert_eq!(told.steady(), ["trunk carrier answers again"]);
    assert_eq!(
        told.text(&trunk_down()).as_deref(),
        Some("trunk carrier does not answer")
    );
}
