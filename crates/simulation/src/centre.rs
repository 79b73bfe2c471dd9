//! The configuration of a small centre.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use dispatch::{
    Class, Config, HomeTimes, LineId, Need, OperatorId, OwnWrapUp, Partner, PartnerId, Place,
    Queue, QueueId, Relaxation, Rules, SkillId, Step, Strategy, Timeline,
};
use exchange::settings::{
    CannotSpeak, Choice, Contactable, DoNotDisturb, Host, Language, Line, Listener, Network, Node,
    Operator, Prompt, Register, Settings, Trunk, Who,
};
use media::{Digit, Law, SoundId};
use sip::digest::Ha1;
use sip::{ListenerId, PhoneNumber, Protocol};

use crate::carrier::Carrier;
use crate::peer::Habits;

/// The number of the line, as the trunk sends it.
pub const LINE_NUMBER: &str = "80060";
/// The number that on-call people and partners see.
pub const OUTGOING_NUMBER: &str = "555000111";
/// The socket of the exchange.
pub(crate) const LISTENER: ListenerId = ListenerId(1);
/// Where the exchange takes connections.
pub(crate) const TCP_LISTENER: ListenerId = ListenerId(2);
/// All of them.
pub(crate) const LISTENERS: [(ListenerId, Protocol); 2] =
    [(LISTENER, Protocol::Udp), (TCP_LISTENER, Protocol::Tcp)];
/// The password of everybody; what it is does not matter here.
pub const PASSWORD: &str = "between us";
/// The user that registers at the trunk.
pub(crate) const TRUNK_USER: &str = "linka";

/// The sounds of the centre.
#[derive(Debug)]
pub struct Sounds;

impl Sounds {
    /// The greeting.
    pub const GREETING: SoundId = SoundId(1);
    /// The waiting sound.
    pub const WAITING: SoundId = SoundId(2);
    /// The words while she waits, in turn.
    pub const WORDS: [SoundId; 2] = [SoundId(3), SoundId(4)];
    /// "Press one".
    pub const PRESS_ONE: SoundId = SoundId(5);
    /// "You are ready".
    pub const READY: SoundId = SoundId(6);
    /// "You are on a pause".
    pub const PAUSED: SoundId = SoundId(7);
    /// "You are on a pause after missed calls".
    pub const PAUSED_AFTER_MISSES: SoundId = SoundId(8);
    /// "Time after a call".
    pub const WRAP_UP: SoundId = SoundId(9);
    /// "That is not possible".
    pub const NOT_POSSIBLE: SoundId = SoundId(10);
    /// What comes before a state that was asked for.
    pub const STATE: SoundId = SoundId(11);
    /// "You are off duty".
    pub const OFF: SoundId = SoundId(12);
    /// "You are in a call".
    pub const IN_CALL: SoundId = SoundId(13);
    /// "No line leads to you".
    pub const UNASSIGNED: SoundId = SoundId(14);
    /// "You have more time after this call".
    pub const WRAP_UP_LONGER: SoundId = SoundId(15);
    /// "Your phone does not answer".
    pub const UNREACHABLE: SoundId = SoundId(16);
}

/// How the trunk writes whom a call is for, and who calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialling {
    /// A SIP user that is the number and nothing else.
    #[default]
    Plain,
    /// The same with separators and the parameters of a carrier.
    Parameters,
    /// `tel:` URIs.
    Tel,
    /// Our own Contact; the number stands in P-Called-Party-ID. Only where we are registered.
    CalledParty,
    /// Our own Contact; the number stands in To. Only where we are registered.
    To,
}

/// What a centre is made of; the parts that tests change.
#[derive(Clone, Debug)]
pub struct Centre {
    /// People at a desk, each with a phone that has her name.
    pub operators: Vec<&'static str>,
    /// A second phone: its name, and whose it is.
    pub second_phones: Vec<(&'static str, &'static str)>,
    /// People at home: name and number.
    pub on_call: Vec<(&'static str, &'static str)>,
    /// Partner lines: name and number.
    pub partners: Vec<(&'static str, &'static str)>,
    /// What happens after each wait, for `Crisis` and `Danger` alike.
    pub steps: Vec<Step>,
    /// What the line is called, and what its queue.
    pub names: (&'static str, &'static str),
    /// Who is chosen.
    pub strategy: Strategy,
    /// How long the line rings before it answers by itself.
    pub line_rings: Duration,
    /// How long an operator's phone rings.
    pub phone_rings: Duration,
    /// The rest after a contact, and after a hard one.
    pub wrap_up: (Duration, Duration),
    /// Time between the words.
    pub words_every: Duration,
    /// Sessions are refreshed within this time.
    pub session_expires: Duration,
    /// What the contacts of the line need.
    pub needs: Vec<(&'static str, u8)>,
    /// What a caller chooses by a key: a skill that relaxes after a minute.
    pub choices: Vec<(char, &'static str, u8)>,
    /// Media threads, and port pairs of each.
    pub ports: (u8, u16),
    /// Whether the exchange registers at the trunk, which challenges by 407.
    pub registers: bool,
    /// Whether a call whose registrar does not tell the number is for the line all the same.
    pub line_by_default: bool,
    /// How the trunk writes numbers.
    pub dialling: Dialling,
    /// Phones about which something is special.
    pub habits: Vec<(&'static str, Habits)>,
    /// What else is special about the carrier behind the trunk.
    pub carrier: Carrier,
    /// The name that the trunk is looked up by, where its address does not stand in the configuration.
    pub trunk_name: Option<&'static str>,
    /// Time between two OPTIONS to the trunk.
    pub trunk_probed_every: Option<Duration>,
    /// The rules of distribution.
    pub rules: Rules,
    /// What a phone means by 480.
    pub do_not_disturb: DoNotDisturb,
    /// How many legs the exchange believes its ports to carry.
    pub legs_max: usize,
    /// How long a commit of the journal takes.
    pub commit_time: Duration,
}

impl Default for Centre {
    fn default() -> Self {
        Self {
            operators: vec!["eva"],
            second_phones: Vec::new(),
            on_call: Vec::new(),
            partners: Vec::new(),
            steps: Vec::new(),
            names: ("free", "help"),
            strategy: Strategy::LongestIdle,
            line_rings: Duration::from_secs(6),
            phone_rings: Duration::from_secs(15),
            wrap_up: (Duration::from_secs(10), Duration::from_secs(30)),
            words_every: Duration::from_secs(20),
            session_expires: Duration::from_secs(1800),
            needs: Vec::new(),
            choices: Vec::new(),
            ports: (2, 64),
            registers: false,
            line_by_default: false,
            dialling: Dialling::Plain,
            habits: Vec::new(),
            carrier: Carrier::default(),
            trunk_name: None,
            trunk_probed_every: None,
            rules: Rules::default(),
            do_not_disturb: DoNotDisturb::Declined,
            legs_max: 200,
            commit_time: Duration::from_millis(2),
        }
    }
}

fn known<T, E: std::fmt::Debug>(parsed: Result<T, E>) -> T {
    match parsed {
        Ok(parsed) => parsed,
        Err(error) => panic!("a name of the centre is none: {error:?}"),
    }
}

impl Centre {
    /// The operator of that name.
    #[must_use]
    pub fn operator(name: &str) -> OperatorId {
        known(OperatorId::parse(name))
    }

    /// The partner of that name.
    #[must_use]
    pub fn partner(name: &str) -> PartnerId {
        known(PartnerId::parse(name))
    }

    /// The address of the exchange.
    #[must_use]
    pub fn exchange() -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], 5060))
    }

    /// The address of the trunk.
    #[must_use]
    pub fn trunk() -> SocketAddr {
        SocketAddr::from(([198, 51, 100, 1], 5060))
    }

    /// What is special about a phone.
    pub(crate) fn habits_of(&self, phone: &str) -> Habits {
        let mut habits = self.habits.iter();
        let found = habits.find(|(name, _)| *name == phone);
        found.map_or_else(Habits::default, |(_, habits)| *habits)
    }

    /// Everything as the exchange takes it.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings {
            dispatch: self.dispatch(),
            node: self.node(),
            trunks: vec![self.trunk_settings()],
            lines: vec![self.line()],
            operators: self.operators.iter().map(|name| account(name)).collect(),
            directory: self.directory(),
            sounds: exchange::settings::Sounds { prompts: prompts() },
            do_not_disturb: self.do_not_disturb,
        }
    }

    fn dispatch(&self) -> Config {
        let queue = known(QueueId::parse(self.names.1));
        let timeline = |class| Timeline {
            class,
            steps: self.steps.clone(),
        };
        let desks = self.operators.iter().map(|name| (*name, Place::Desk));
        let homes = self.on_call.iter().map(|(name, _)| (*name, Place::Home));
        let person = |(name, place)| dispatch::Operator {
            id: Self::operator(name),
            skills: vec![(known(SkillId::parse("cs")), 5)],
            queues: vec![queue],
            place,
            wrap_up: OwnWrapUp::default(),
            at_home: HomeTimes {
                ring: Duration::from_secs(25),
                confirm: Duration::from_secs(20),
            },
        };
        Config {
            lines: vec![dispatch::Line {
                id: self.line_id(),
                queue,
                needs: self.line().needs,
                choices: self
                    .line()
                    .choices
                    .iter()
                    .map(|choice| choice.needs.clone())
                    .collect(),
            }],
            queues: vec![Queue {
                id: queue,
                strategy: self.strategy,
                ring_time: self.phone_rings,
                wrap_up: self.wrap_up.0,
                wrap_up_hard: self.wrap_up.1,
                reserves: Vec::new(),
                relaxations: self.choices.iter().map(relaxation).collect(),
                timelines: vec![timeline(Class::Danger), timeline(Class::Crisis)],
            }],
            operators: desks.chain(homes).map(person).collect(),
            partners: self
                .partners
                .iter()
                .map(|(name, _)| partner(name))
                .collect(),
            desk: None,
            rules: self.rules.clone(),
        }
    }

    fn node(&self) -> Node {
        Node {
            listeners: LISTENERS.map(listener).to_vec(),
            // Phones in the house, and those that a router shows by a shared address (RFC 6598).
            clear_text: vec![network([10, 0, 0, 0], 8), network([100, 64, 0, 0], 10)],
            session_expires: self.session_expires,
            legs_max: self.legs_max,
            elsewhere_max: self.on_call.len() + self.partners.len(),
            ..Node::default()
        }
    }

    fn trunk_settings(&self) -> Trunk {
        let host = Host {
            name: self
                .trunk_name
                .map_or_else(|| Self::trunk().ip().to_string(), str::to_owned),
            port: Some(Self::trunk().port()),
        };
        Trunk {
            name: "trunk".to_owned(),
            addresses: vec![Network {
                address: Self::trunk().ip(),
                bits: 32,
                port: None,
            }],
            target: Some(host.clone()),
            protocol: Protocol::Udp,
            outgoing_number: Some(number(OUTGOING_NUMBER)),
            default_line: self.line_by_default.then(|| self.line_id()),
            codecs: vec![Law::ALaw, Law::MuLaw],
            probe_interval: self.trunk_probed_every,
            calls_max: None,
            register: self.registers.then(|| Register {
                registrar: host,
                domain: None,
                user: TRUNK_USER.to_owned(),
                auth_user: TRUNK_USER.to_owned(),
                password: PASSWORD.to_owned(),
                expires: Duration::from_secs(120),
            }),
        }
    }

    fn line(&self) -> Line {
        let need = |(skill, level): &(&str, u8)| Need {
            skill: known(SkillId::parse(skill)),
            level: *level,
        };
        Line {
            id: self.line_id(),
            numbers: vec![number(LINE_NUMBER)],
            languages: vec![Language::Czech],
            class: Class::Crisis,
            needs: self.needs.iter().map(need).collect::<Vec<_>>().into(),
            ring_time: self.line_rings,
            greeting: vec![Sounds::GREETING],
            waiting_sound: Sounds::WAITING,
            waiting_words: Sounds::WORDS.iter().map(|sound| vec![*sound]).collect(),
            waiting_words_every: self.words_every,
            cannot_speak: CannotSpeak::AnyKeyTwice,
            choices: self.choices.iter().filter_map(choice).collect(),
        }
    }

    fn line_id(&self) -> LineId {
        known(LineId::parse(self.names.0))
    }

    fn directory(&self) -> Vec<Contactable> {
        let entry = |who, called: &str| Contactable {
            who,
            number: number(called),
            trunk: "trunk".to_owned(),
            language: Language::Czech,
        };
        let homes = self
            .on_call
            .iter()
            .map(|(name, number)| entry(Who::OnCall(Self::operator(name)), number));
        let partners = self
            .partners
            .iter()
            .map(|(name, number)| entry(Who::Partner(Self::partner(name)), number));
        homes.chain(partners).collect()
    }
}

fn listener((id, protocol): (ListenerId, Protocol)) -> Listener {
    Listener {
        id,
        protocol,
        local: Centre::exchange(),
    }
}

fn network(address: [u8; 4], bits: u8) -> Network {
    Network {
        address: address.into(),
        bits,
        port: None,
    }
}

/// What callers chose relaxes after a minute.
fn relaxation(&(_, skill, _): &(char, &str, u8)) -> Relaxation {
    Relaxation {
        skill: known(SkillId::parse(skill)),
        after: Duration::from_secs(60),
        level: 0,
    }
}

fn choice(&(key, skill, level): &(char, &str, u8)) -> Option<Choice> {
    let need = Need {
        skill: known(SkillId::parse(skill)),
        level,
    };
    Some(Choice {
        key: Digit::from_char(key)?,
        needs: vec![need].into(),
    })
}

fn number(text: &str) -> PhoneNumber {
    known(PhoneNumber::parse(text))
}

fn partner(name: &str) -> Partner {
    Partner {
        id: Centre::partner(name),
        ring_time: Duration::from_secs(30),
        rest: Duration::from_secs(30),
    }
}

fn account(name: &str) -> Operator {
    Operator {
        id: Centre::operator(name),
        account: Ha1::new(name.as_bytes(), b"linka", PASSWORD.as_bytes()),
        language: Language::Czech,
    }
}

fn prompts() -> BTreeMap<(Language, Prompt), SoundId> {
    BTreeMap::from([
        ((Language::Czech, Prompt::PressOne), Sounds::PRESS_ONE),
        ((Language::Czech, Prompt::Ready), Sounds::READY),
        ((Language::Czech, Prompt::Paused), Sounds::PAUSED),
        (
            (Language::Czech, Prompt::PausedAfterMisses),
            Sounds::PAUSED_AFTER_MISSES,
        ),
        ((Language::Czech, Prompt::WrapUp), Sounds::WRAP_UP),
        ((Language::Czech, Prompt::NotPossible), Sounds::NOT_POSSIBLE),
        ((Language::Czech, Prompt::State), Sounds::STATE),
        ((Language::Czech, Prompt::Off), Sounds::OFF),
        ((Language::Czech, Prompt::InCall), Sounds::IN_CALL),
        ((Language::Czech, Prompt::Unassigned), Sounds::UNASSIGNED),
        ((Language::Czech, Prompt::Unreachable), Sounds::UNREACHABLE),
        (
            (Language::Czech, Prompt::WrapUpLonger),
            Sounds::WRAP_UP_LONGER,
        ),
    ])
}
