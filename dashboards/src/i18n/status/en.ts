import type { halted as haltedShape, status as statusShape, sums as sumsShape, trunk as trunkShape } from './cs';
import { forms } from '../forms';

export const status: typeof statusShape = {
  title: 'Status',
  details: 'Details',
  talking: 'in a call',
  engaged: 'own call',
  ringing: 'rings',
  off: 'off shift',
  paused: 'pause',
  pausedFor: (reason) => `pause: ${reason}`,
  overdue: (clock) => `was to be back at ${clock}`,
  still: (time) => `${time} left`,
  overdueFor: (time) => `was to be back ${time} ago`,
  pausedByMachine: forms({ one: 'pause ({n} missed)', other: 'pause ({n} missed)' }),
  unassigned: 'serves no line',
  unreachable: 'phone unreachable',
  unproven: 'phone not proved',
  wrapUp: 'wrap-up',
  resting: 'no offers for a moment',
  free: 'free',
  onCall: 'on call at home',
  cause: {
    page: 'set by herself on her page',
    phone: 'set by herself by a code on her phone',
    supervisor: 'set by a supervisor',
    machine: 'set by Linka',
  },
  offBySupervisor: 'taken off shift by a supervisor',
};

export const sums: typeof sumsShape = {
  since: (clock) => `since ${clock}`,
  last: (time) => `counted for ${time} so far`,
  of: (some, all) => `${some} of ${all}`,
  inTime: (seconds) => `answered within ${seconds} s`,
  withEarly: (seconds) => `with those who hung up within ${seconds} s:`,
  abandoned: forms({ one: '{n} hung up unanswered', other: '{n} hung up unanswered' }),
  lost: forms({ one: '{n} lost call', other: '{n} lost calls' }),
  late: forms({
    one: '{n} contact waits longer than {seconds} s, not counted yet',
    other: '{n} contacts wait longer than {seconds} s, not counted yet',
  }),
  early: forms({
    one: '{n} of them within {seconds} s, not counted',
    other: '{n} of them within {seconds} s, not counted',
  }),
};

export const trunk: typeof trunkShape = {
  well: 'works',
  not_probed: 'not probed',
  asked: 'no answer yet',
  silent: 'no answer the last time',
  not_registered: 'not registered',
  down: 'does not answer',
};

export const halted: typeof haltedShape = {
  machinePaused: forms({
    one: 'Linka gave you a pause after {n} missed call.',
    other: 'Linka gave you a pause after {n} missed calls.',
  }),
  nothingRings: 'Nothing will ring.',
  backAt: (clock) => `Back at ${clock}.`,
  overdue: (clock) => `You were to be back at ${clock}.`,
  cause: {
    page: 'You set it on another page.',
    phone: 'You set it by a code on your phone.',
    supervisor: 'A supervisor set it.',
    unsaid: 'Not this page did it: a supervisor did, or you elsewhere.',
  },
  back: 'I am back',
  paused: 'You are paused',
  pausedFor: (reason) => `You are paused: ${reason}`,
  unreachable: 'Your phone does not answer',
  noPhone: 'No phone of yours is signed in',
  unproven: 'Your phone has not answered since the restart',
  phoneHint: 'Nothing will ring until it does. See that it is switched on and signed in to this account.',
  account: 'Account',
  server: 'Server',
  seen: 'Last seen',
  neverSeen: 'not once since Linka was started',
  unassigned: 'No line leads to you',
  unassignedHint:
    'Nothing will ring: you are in no queue of a line, or a skill of yours is not entered. Please tell the administrator.',
  resting: 'Nothing rings for a moment',
  restingHint: 'The last offer was not taken. The next ones come by themselves in',
  missed: 'The offer was not taken',
  missedHint: 'Unless somebody else takes it meanwhile, it rings again in',
  onCall: 'On call',
  onCallHint: 'We call you when it is your turn.',
  off: 'You are off shift',
  offHint: 'Nothing will ring. The button turns the sound on and starts your shift.',
  unknown: 'It is not known whether your phone rings',
  unknownHint: 'The page has lost the server. Go by your phone.',
  cutOff: 'Nobody can call from the telephone network',
  cutOffHint: 'While the connection does not answer, nothing from there will ring. Tell the administrator at once.',
  adriftHint: 'Linka was started again and looks for the calls that ran before. Whoever is found rings you again.',
  waits: 'Somebody waits',
  waitsHint: 'You are ready and your phone answers. Whoever waits now rings elsewhere or needs somebody else.',
};
