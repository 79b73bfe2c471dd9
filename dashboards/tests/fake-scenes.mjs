// Moments of a small centre, as the live feed would tell them. Nobody in here exists.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const QUARTER = 15 * MINUTE;

export const FIELDS = [
  ['outcome', 'advised referred bed_found no_bed_free emergency_called broke_off other'],
  [
    'category',
    'partner_violence family_violence sexual_violence stalking child_violence other_crime distress information silent abusive other',
  ],
  ['language', 'czech slovak english ukrainian russian vietnamese romani other'],
  ['interpreter', 'not_needed joined none_found'],
  ['referral', 'none counselling shelter police health legal child_service other'],
  ['told_repeat', 'first repeat'],
  ['who_called', 'adult_victim child relative professional other'],
  ['children_in_household', '0 1 2 3 4+ unknown'],
  ['ages', 'below_1 1-2 3-6 7-9 10-14 15-17', true],
  ['exposure', 'not_exposed may_hear witnessed intervened physical emotional sexual neglect control unknown', true],
  ['children_outcome', 'none bed child_service'],
  ['source', 'caller heard third_party'],
  ['relation', 'own partners mixed other unknown'],
  ['pregnancy', 'yes no unknown'],
  ['contact_violence', 'yes no unknown'],
  ['abduction_threat', 'yes no unknown'],
  ['child_protection', 'none involved referred reported'],
].map(([name, values, several = false]) => ({ name, values: ['not_asked', ...values.split(' ')], several }));

const setup = {
  lines: ['help', 'help-uk', 'sos'],
  queues: [
    { name: 'crisis', staff_minimum: 2 },
    { name: 'information', staff_minimum: 0 },
  ],
  pause_reasons: ['break', 'meal', 'meeting', 'supervision', 'paperwork'],
  in_time_seconds: 20,
  early_seconds: 10,
  names: {},
  sip_address: '192.0.2.10:5060',
};

/** Since when everybody in here is what she is. */
const SINCE = Date.now() - 3 * MINUTE;

function contact(id, at, seconds, more = {}) {
  return {
    id: String(id),
    line: 'help',
    queue: 'crisis',
    class: 'crisis',
    speech: 'expected',
    standing: 'arrival',
    state: 'waiting',
    arrived_ms: at - seconds * SECOND,
    talking_since_ms: null,
    with: [],
    resting: [],
    partner: null,
    steps_taken: 0,
    ...more,
  };
}

function operator(name, more = {}) {
  const one = {
    key: name,
    name,
    presence: 'there',
    status: { is: 'free', since_ms: SINCE },
    place: 'desk',
    intent: { wants: 'ready' },
    intent_cause: 'page',
    paused_after_misses: null,
    reachability: 'reachable',
    occupancy: { does: 'free' },
    claim: null,
    wrap_up_until_ms: null,
    misses_in_row: 0,
    queues: ['crisis', 'information'],
    phones: 1,
    phone_seen_ms: SINCE,
    ...more,
  };
  const { shown, ...told } = one;
  return { ...told, name: shown ?? name };
}

const off = {
  status: { is: 'off', since_ms: SINCE },
  presence: 'away',
  intent: { wants: 'off' },
  reachability: 'unreachable',
  phones: 0,
};
const home = { status: { is: 'on_call', since_ms: SINCE }, place: 'home', phones: 0 };
const dead = {
  status: { is: 'unreachable', since_ms: SINCE },
  presence: 'away',
  reachability: 'unreachable',
  misses_in_row: 1,
};
const machinePaused = {
  status: { is: 'paused_by_machine', misses: 3, since_ms: SINCE },
  presence: 'away',
  paused_after_misses: 3,
  misses_in_row: 3,
};
const paused = (reason, back_at_ms) => ({
  status: { is: 'paused', reason, since_ms: SINCE, back_at_ms },
  presence: 'away',
  intent: { wants: 'paused', reason, back_at_ms },
});
const wrapsUp = (until_ms) => ({ status: { is: 'wrap_up', until_ms }, wrap_up_until_ms: until_ms });
const rings = (contact, until_ms) => ({ status: { is: 'ringing', contact, until_ms }, claim: { contact, until_ms } });

function sum(arrived, answered, abandoned, since_ms = null) {
  const inTime = Math.round(answered * 0.86);
  const early = Math.min(1, abandoned);
  const overflowed = Math.min(1, answered);
  const all = answered + abandoned + overflowed;
  const share = (of) => (of < 10 ? null : Math.round((inTime * 1_000) / of));
  return {
    arrived,
    answered,
    answered_in_time: inTime,
    abandoned,
    abandoned_early: early,
    overflowed,
    lost: 0,
    counted: all - early,
    all,
    in_time_permille: share(all - early),
    in_time_of_all_permille: share(all),
    since_ms,
  };
}

function chart(at) {
  const first = new Date(at).setHours(0, 0, 0, 0);
  const count = Math.floor((at - first) / QUARTER) + 1;
  const wave = (index) => Math.max(0, Math.round(2.2 + 2 * Math.sin(index / 9 - 2) + ((index * 7) % 3) - 1));
  return {
    first_ms: first,
    quarters: Array.from({ length: count }, (_, index) => {
      const arrived = wave(index);
      const abandoned = index % 11 === 5 ? 1 : 0;
      return { begins_ms: first + index * QUARTER, arrived, answered: Math.max(0, arrived - abandoned), abandoned };
    }),
  };
}

function everything(at, contacts, operators, more = {}) {
  return {
    at_ms: at,
    health: { mode: 'serving', unsaved: null, certificate_ends_ms: null, clock_doubt: null },
    setup,
    contacts,
    operators,
    trunks: [
      { name: 'carrier', status: 'well', health: 'up', registration: 'registered' },
      { name: 'gsm-gateway', status: 'not_probed', health: 'not_probed', registration: null },
    ],
    sums: { today: sum(143, 126, 11), recent: sum(9, 7, 1) },
    chart: chart(at),
    ...more,
  };
}

const talkingWith = (id, sinceMs = SINCE) => ({
  status: { is: 'talking', contact: String(id), since_ms: sinceMs },
  occupancy: { does: 'talking', contact: String(id) },
});

/** The scenes by name; each is told as it is since `began`. */
export const SCENES = {
  day: (at) =>
    everything(
      at,
      [
        contact(901, at, 14, { class: 'danger', speech: 'cannot_speak', state: 'offered', with: ['lenka'] }),
        contact(902, at, 71, { steps_taken: 2 }),
        contact(903, at, 38, { steps_taken: 1, line: 'help-uk' }),
        contact(904, at, 9, { standing: 'behind_band' }),
        contact(905, at, 126, { class: 'information', queue: 'information', partner: 'neighbour-line' }),
        contact(890, at, 900, { state: 'talking', talking_since_ms: at - 11 * MINUTE, with: ['alena'] }),
        contact(895, at, 300, { state: 'talking', talking_since_ms: at - 192 * SECOND, with: ['oksana'] }),
        contact(880, at, 1_500, { state: 'talking', talking_since_ms: at - 20 * MINUTE, partner: 'neighbour-line' }),
      ],
      [
        operator('alena', { ...talkingWith(890, at - 11 * MINUTE), shown: 'Alena K.' }),
        operator('dana', wrapsUp(at + 47 * SECOND)),
        operator('hana', paused('meal', at + 22 * MINUTE)),
        operator('jana', dead),
        operator('lenka', rings('901', at + 12 * SECOND)),
        operator('milada', machinePaused),
        operator('oksana', talkingWith(895, at - 192 * SECOND)),
        operator('zdenka', off),
        operator('on-call-first', home),
      ],
    ),
  calm: (at) =>
    everything(at, [], [operator('jana'), operator('lenka'), operator('hana', off), operator('on-call-first', home)], {
      sums: { today: sum(12, 10, 1, at - 50 * MINUTE), recent: sum(1, 1, 0) },
    }),
  machinePaused: (at) =>
    everything(at, [contact(902, at, 31)], [operator('jana', machinePaused), operator('lenka', paused('break', null))]),
  deadPhone: (at) => everything(at, [], [operator('jana', dead), operator('lenka')]),
  neverSeen: (at) => everything(at, [], [operator('jana', { ...dead, phone_seen_ms: null }), operator('lenka')]),
  offShift: (at) => everything(at, [], [operator('jana', { ...off, reachability: 'reachable', phones: 1 })]),
  missed: (at) =>
    everything(
      at,
      [contact(902, at, 31, { resting: [{ operator: 'jana', until_ms: at + 4 * SECOND }] })],
      [operator('jana', { misses_in_row: 1 })],
    ),
  breaks: (at) => everything(at, [], [operator('jana', paused('meeting', null))]),
  cutOff: (at) =>
    everything(at, [], [operator('jana')], {
      trunks: [{ name: 'carrier', status: 'down', health: 'down', registration: 'failing' }],
    }),
  waits: (at) =>
    everything(at, [contact(902, at, 31, { line: 'help-uk' })], [operator('jana'), operator('lenka', off)]),
  restarted: (at) =>
    everything(at, [], [operator('jana')], {
      sums: { today: sum(1, 1, 0, at - 7 * MINUTE), recent: sum(1, 1, 0, at - 7 * MINUTE) },
      chart: {
        first_ms: at - (at % QUARTER),
        quarters: [{ begins_ms: at - (at % QUARTER), arrived: 1, answered: 1, abandoned: 0 }],
      },
    }),
  fewCalls: (at) =>
    everything(at, [], [operator('jana')], {
      sums: {
        today: {
          ...sum(11, 9, 2, at - 20 * MINUTE),
          answered_in_time: 9,
          abandoned_early: 2,
          counted: 9,
          all: 11,
          overflowed: 0,
          in_time_permille: null,
          in_time_of_all_permille: 818,
        },
        recent: sum(0, 0, 0, at - 20 * MINUTE),
      },
    }),
  rings: (at) =>
    everything(
      at,
      [
        contact(901, at, 14, { class: 'danger', speech: 'cannot_speak', state: 'offered', with: ['jana'] }),
        contact(902, at, 5),
      ],
      [operator('jana', rings('901', at + 15 * SECOND)), operator('lenka', talkingWith(890))],
    ),
  talking: (at) =>
    everything(
      at,
      [
        contact(901, at, 214, {
          class: 'danger',
          speech: 'cannot_speak',
          state: 'talking',
          talking_since_ms: at - 192 * SECOND,
          with: ['jana'],
        }),
      ],
      [operator('jana', talkingWith(901)), operator('lenka')],
    ),
  wrapUp: (at) =>
    everything(at, [contact(902, at, 31)], [operator('jana', wrapsUp(at + 4 * MINUTE)), operator('lenka')]),
  sick: (at) =>
    everything(
      at,
      [contact(906, at, 33, { class: 'alarm', line: 'sos' }), contact(902, at, 64, { state: 'adrift' })],
      [operator('jana', off)],
      {
        health: {
          mode: 'draining',
          unsaved: 'no space left on device',
          certificate_ends_ms: at + 9 * 24 * 60 * MINUTE,
          clock_doubt: 'the clock stands 30 days past the last entry',
        },
        trunks: [{ name: 'carrier', status: 'down', health: 'down', registration: 'failing' }],
      },
    ),
  adrift: (at) =>
    everything(
      at,
      [
        contact(890, at, 90, { state: 'adrift', talking_since_ms: at - 39 * SECOND }),
        contact(902, at, 64, { state: 'adrift' }),
      ],
      [operator('jana'), operator('alena', talkingWith(890, at - 39 * SECOND))],
    ),
  adriftMine: (at) =>
    everything(
      at,
      [contact(890, at, 90, { state: 'adrift', talking_since_ms: at - 39 * SECOND })],
      [operator('jana', talkingWith(890, at - 39 * SECOND))],
    ),
  doubted: (at) =>
    everything(
      at,
      [],
      [
        operator('jana', paused('meal', at + 22 * MINUTE)),
        operator('lenka', { ...dead, phone_seen_ms: at - 90 * SECOND }),
      ],
      {
        health: {
          mode: 'serving',
          unsaved: null,
          certificate_ends_ms: null,
          clock_doubt: 'the clock stands 30 days past the last entry',
        },
        sums: { today: sum(12, 10, 1, at - 50 * MINUTE), recent: sum(1, 1, 0) },
      },
    ),
  longQueue: (at) =>
    everything(
      at,
      Array.from({ length: 130 }, (_, n) => contact(2_000 + n, at, n === 0 ? 4_014 : 60 + n)),
      [operator('jana', paused('meal', null))],
    ),
  crowd: (at) =>
    everything(
      at,
      Array.from({ length: 5_000 }, (_, index) =>
        contact(1_000 + index, at, 5_000 - index, index % 50 === 0 ? { class: 'danger' } : {}),
      ),
      Array.from({ length: 200 }, (_, index) => operator(`operator-${index}`, talkingWith(1))),
    ),
};

/** The same without names, as a wall gets it. */
export function forWall(parts) {
  return {
    ...parts,
    contacts: parts.contacts?.map((one) => ({ ...one, with: [], resting: [] })),
    operators: parts.operators?.map(({ name: _, ...one }, index) => ({
      ...one,
      key: String(index + 1),
      intent_cause: null,
      intent: one.intent.wants === 'paused' ? { ...one.intent, reason: '' } : one.intent,
      status: one.status.is === 'paused' ? { ...one.status, reason: '' } : one.status,
    })),
  };
}

export function story(at, contactId) {
  const step = (seconds, what, more = {}) => ({ at_ms: at - seconds * SECOND, what, ...more });
  return {
    contact: contactId,
    steps: [
      step(71, 'arrived', { class: 'crisis' }),
      step(71, 'offered', { whom: 'jana' }),
      step(51, 'missed', { cause: 'no_answer', whom: 'jana' }),
      step(51, 'offered', { whom: 'alena' }),
      step(46, 'climbed', { cause: 'waited' }),
      step(40, 'withdrawn', { cause: 'more_urgent', whom: 'alena' }),
      step(26, 'climbed', { cause: 'waited' }),
    ],
    why: [
      { rule: 'resting', whom: 'jana', until_ms: at + 3 * SECOND },
      { rule: 'reserved', whom: 'dana' },
    ],
  };
}

const FIGURES = [
  ['offered', 'contacts'],
  ['ended', 'contacts'],
  ['answered', 'contacts'],
  ['answered_within_20_s', 'contacts'],
  ['abandoned', 'contacts'],
  ['abandoned_within_10_s', 'contacts'],
  ['overflowed', 'contacts'],
  ['lost', 'contacts'],
  ['mean_wait_answered', 'seconds'],
  ['mean_wait_unanswered', 'seconds'],
  ['talk', 'seconds'],
  ['mean_talk', 'seconds'],
  ['service_level', 'permille'],
  ['service_level_of_all', 'permille'],
  ['abandoned_share', 'permille'],
];

function values(arrived) {
  const abandoned = Math.round(arrived * 0.09);
  const answered = arrived - abandoned - 5;
  return [
    arrived,
    arrived,
    answered,
    Math.round(answered * 0.88),
    abandoned,
    Math.round(abandoned / 3),
    4,
    1,
    14,
    41,
    answered * 1_130,
    1_130,
    884,
    831,
    90,
  ];
}

/** What a part of a month tells, and what it and a class of a month do not. */
const OF_PARTS = ['offered', 'ended', 'answered', 'answered_within_20_s', 'service_level_of_all'];
const UNTOLD_OF_PARTS = FIGURES.map(([name]) => name).filter((name) => !OF_PARTS.includes(name));
const UNTOLD_OF_CLASSES = UNTOLD_OF_PARTS.filter((name) => !['talk', 'mean_talk'].includes(name));

function told(values, not_told) {
  return { values: values.map((value, index) => (not_told.includes(FIGURES[index][0]) ? null : value)), not_told };
}

/** Those that overlap the days from the first to the last; an empty text is no limit. */
export function overlapping(periods, from, to) {
  return periods.filter(({ first, last }) => (!from || last >= from) && (!to || first <= to));
}

export function counts() {
  const month = (index) => {
    const first = new Date(Date.UTC(2026, 1 + index, 1));
    const last = new Date(Date.UTC(2026, 2 + index, 0));
    return { span: 'month', first: first.toISOString().slice(0, 10), last: last.toISOString().slice(0, 10) };
  };
  const all = Array.from({ length: 9 }, (_, index) => ({
    ...month(index),
    line: 'help',
    ...told(values(380 + ((index * 53) % 140)), []),
  }));
  // July had fewer than ten contacts.
  const months = all
    .filter(({ first }) => first !== '2026-07-01')
    .map((one) => (one.first === '2026-08-01' ? { ...one, first: '2026-07-01' } : one));
  const piece = {
    span: 'piece',
    first: '2026-10-01',
    last: '2026-10-07',
    line: 'help',
    ...told(values(103), UNTOLD_OF_PARTS),
  };
  return {
    formulas: FIGURES.map(([name, unit]) => ({ name, unit, formula: name })),
    periods: [
      ...months,
      ...months.map((one, index) => ({
        ...one,
        class: 'danger',
        ...told(values(31), index === 7 ? UNTOLD_OF_PARTS : UNTOLD_OF_CLASSES),
      })),
      piece,
    ],
    missed: months
      .slice(-4)
      .map(({ first, last }, index) => ({ first, last, no_answer: 12 + index, declined: 3, unreachable: 5 - index })),
  };
}

/** Fixed tables of the months that are counted; the rarest outcomes are hidden. */
export function tables() {
  const { values } = FIELDS.find(({ name }) => name === 'outcome');
  const cells = values.map((_, index) => (index > 5 ? 'hidden' : { contacts: 140 - 22 * index }));
  const months = counts().periods.filter((period) => period.span === 'month' && period.class === undefined);
  return {
    months: months.map(({ first, last, line }) => ({
      first,
      last,
      line,
      singles: [{ field: 'outcome', values, cells }],
      pairs: [],
    })),
  };
}

export function arrived(fromMs) {
  const wave = (index) => Math.max(0, Math.round(1.6 + 2 * Math.sin(index / 9 - 2) + ((index * 5) % 3) - 1));
  return Array.from({ length: 96 }, (_, index) => ({
    begins_ms: fromMs + index * QUARTER,
    line: 'help',
    arrived: wave(index),
  })).filter((one) => one.arrived > 0);
}

/** Months whose quarter-hours are kept no longer; at night too few call. */
export function hours() {
  const wave = (hour, month) => Math.round(14 + 11 * Math.sin(((hour % 24) - 9) / 3.8) + ((hour * 7) % 5) - 2 * month);
  const told = (month) =>
    Array.from({ length: 168 }, (_, hour) => wave(hour, month)).map((count) => (count < 10 ? null : count));
  return ['08', '09', '10'].map((month, index) => ({
    first: `2026-${month}-01`,
    last: `2026-${month}-${month === '09' ? 30 : 31}`,
    line: 'help',
    hours: told(index),
  }));
}
