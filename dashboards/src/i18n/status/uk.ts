import type { halted as haltedShape, status as statusShape, sums as sumsShape, trunk as trunkShape } from './cs';
import { forms } from '../forms';

export const status: typeof statusShape = {
  title: 'Стан',
  details: 'Подробиці',
  talking: 'у розмові',
  engaged: 'власна розмова',
  ringing: 'дзвонить',
  off: 'поза зміною',
  paused: 'пауза',
  pausedFor: (reason) => `пауза: ${reason}`,
  until: (clock) => `до ${clock}`,
  pausedByMachine: forms({
    one: 'пауза ({n} пропущена)',
    few: 'пауза ({n} пропущені)',
    many: 'пауза ({n} пропущених)',
    other: 'пауза ({n} пропущеної)',
  }),
  unassigned: 'у жодній черзі',
  unreachable: 'телефон не відповідає',
  unproven: 'телефон не перевірений',
  wrapUp: 'час після дзвінка',
  resting: 'мить без пропозицій',
  free: 'вільна',
  onCall: 'чергує вдома',
};

export const sums: typeof sumsShape = {
  since: (clock) => `від ${clock}`,
  of: (some, all) => `${some} з ${all}`,
  inTime: (seconds) => `прийнято за ${seconds} с`,
  withEarly: (seconds) => `із тими, хто поклав слухавку за ${seconds} с:`,
  abandoned: forms({
    one: '{n} поклала слухавку без відповіді',
    few: '{n} поклали слухавку без відповіді',
    many: '{n} поклали слухавку без відповіді',
    other: '{n} поклали слухавку без відповіді',
  }),
  early: (count, seconds) => `з них ${count} за ${seconds} с, не рахується`,
};

export const trunk: typeof trunkShape = {
  well: 'працює',
  not_probed: 'не перевіряється',
  asked: 'ще без відповіді',
  silent: 'востаннє не відповіло',
  not_registered: 'реєстрація не діє',
  down: 'не відповідає',
};

export const halted: typeof haltedShape = {
  machinePaused: forms({
    one: 'Linka дала вам паузу після {n} пропущеної пропозиції.',
    few: 'Linka дала вам паузу після {n} пропущених пропозицій.',
    many: 'Linka дала вам паузу після {n} пропущених пропозицій.',
    other: 'Linka дала вам паузу після {n} пропущеної пропозиції.',
  }),
  nothingRings: 'Вам нічого не задзвонить.',
  back: 'Я повернулася',
  paused: 'У вас пауза',
  pausedFor: (reason) => `У вас пауза: ${reason}`,
  unreachable: 'Ваш телефон не відповідає',
  noPhone: 'Жоден ваш телефон не під’єднаний',
  unproven: 'Ваш телефон після перезапуску ще не відповів',
  phoneHint: 'Вам нічого не задзвонить, доки телефон не озветься. Перевірте, що він увімкнений і під’єднаний до цього облікового запису.',
  account: 'Обліковий запис',
  server: 'Сервер',
  seen: 'Востаннє озвався',
  neverSeen: 'від запуску Linka жодного разу',
  unassigned: 'Ви в жодній черзі',
  unassignedHint: 'Вам нічого не задзвонить. Повідомте, будь ласка, адміністрацію.',
  resting: 'Мить вам нічого не задзвонить',
  restingHint: 'Остання пропозиція до вас не дійшла. Наступні прийдуть самі за',
  onCall: 'Чергування',
  onCallHint: 'Ми зателефонуємо вам, коли настане ваша черга.',
  off: 'Ви поза зміною',
  offHint: 'Вам нічого не задзвонить. Кнопка увімкне звук і почне зміну.',
  unknown: 'Невідомо, чи дзвонить телефон',
  unknownHint: 'Сторінка втратила зв’язок із сервером. Орієнтуйтеся на телефон.',
  cutOff: 'З телефонної мережі ніхто не додзвониться',
  cutOffHint: 'Поки з’єднання не відповідає, звідти вам нічого не задзвонить. Негайно повідомте адміністрацію.',
  waits: 'Хтось чекає',
  waitsHint: 'Ви готові, і телефон відповідає. Хто зараз чекає, дзвонить деінде або потребує когось іншого.',
};
