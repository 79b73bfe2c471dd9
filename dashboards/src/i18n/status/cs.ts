import { forms } from '../forms';

/** An operator's status in a list; times stand beside it. */
export const status = {
  title: 'Stav',
  details: 'Podrobnosti',
  talking: 'v hovoru',
  engaged: 'vlastní hovor',
  ringing: 'zvoní',
  off: 'mimo směnu',
  paused: 'pauza',
  pausedFor: (reason: string) => `pauza: ${reason}`,
  overdue: (clock: string) => `měla být zpět v ${clock}`,
  still: (time: string) => `ještě ${time}`,
  overdueFor: (time: string) => `měla být zpět před ${time}`,
  pausedByMachine: forms({
    one: 'pauza ({n} zmeškaná)',
    few: 'pauza ({n} zmeškané)',
    many: 'pauza ({n} zmeškané)',
    other: 'pauza ({n} zmeškaných)',
  }),
  unassigned: 'bez linky',
  unreachable: 'telefon neodpovídá',
  unproven: 'telefon neověřený',
  wrapUp: 'čas po hovoru',
  resting: 'chvíli bez nabídek',
  free: 'volná',
  onCall: 'příslužba doma',
  /** Who or what gave the pause. */
  cause: {
    page: 'dala si ji sama na stránce',
    phone: 'dala si ji sama kódem z telefonu',
    supervisor: 'dala ji vedoucí směny',
    machine: 'dala ji Linka',
  },
  offBySupervisor: 'ze směny ji odhlásila vedoucí',
};

/** Sums with their share. */
export const sums = {
  since: (clock: string) => `od ${clock}`,
  last: (time: string) => `počítá se teprve ${time}`,
  of: (some: string, all: string) => `${some} z ${all}`,
  inTime: (seconds: number) => `přijato do ${seconds} s`,
  withEarly: (seconds: number) => `i s těmi, kdo zavěsili do ${seconds} s:`,
  abandoned: forms({
    one: '{n} zavěsila bez přijetí',
    few: '{n} zavěsily bez přijetí',
    many: '{n} zavěsilo bez přijetí',
    other: '{n} zavěsilo bez přijetí',
  }),
  lost: forms({
    one: '{n} ztracený hovor',
    few: '{n} ztracené hovory',
    many: '{n} ztraceného hovoru',
    other: '{n} ztracených hovorů',
  }),
  late: forms({
    one: 'čeká {n} kontakt déle než {seconds} s, ještě se nepočítá',
    few: 'čekají {n} kontakty déle než {seconds} s, ještě se nepočítají',
    many: 'čeká {n} kontaktu déle než {seconds} s, ještě se nepočítá',
    other: 'čeká {n} kontaktů déle než {seconds} s, ještě se nepočítá',
  }),
  early: forms({
    one: 'z toho {n} do {seconds} s, nepočítá se',
    few: 'z toho {n} do {seconds} s, nepočítají se',
    many: 'z toho {n} do {seconds} s, nepočítá se',
    other: 'z toho {n} do {seconds} s, nepočítá se',
  }),
};

/** What a trunk is. */
export const trunk = {
  well: 'v pořádku',
  not_probed: 'neprověřuje se',
  asked: 'zatím bez odpovědi',
  silent: 'naposledy neodpovědělo',
  not_registered: 'registrace neplatí',
  down: 'neodpovídá',
};

/** The main panel of an operator's page, where nothing would ring or somebody waits. */
export const halted = {
  machinePaused: forms({
    one: 'Linka vám dala pauzu po {n} zmeškané nabídce.',
    few: 'Linka vám dala pauzu po {n} zmeškaných nabídkách.',
    many: 'Linka vám dala pauzu po {n} zmeškané nabídky.',
    other: 'Linka vám dala pauzu po {n} zmeškaných nabídkách.',
  }),
  nothingRings: 'Nic vám nezazvoní.',
  backAt: (clock: string) => `Zpět v ${clock}.`,
  overdue: (clock: string) => `Zpět jste měla být v ${clock}.`,
  /** Who or what did it, where this page did not. */
  cause: {
    page: 'Nastavila jste to na jiné stránce.',
    phone: 'Nastavila jste to kódem z telefonu.',
    supervisor: 'Nastavila to vedoucí směny.',
    unsaid: 'Nenastavila to tato stránka: byla to vedoucí směny, nebo vy jinde.',
  },
  back: 'Jsem zpět',
  paused: 'Máte pauzu',
  pausedFor: (reason: string) => `Máte pauzu: ${reason}`,
  unreachable: 'Váš telefon neodpovídá',
  noPhone: 'Žádný váš telefon není přihlášený',
  unproven: 'Váš telefon po restartu ještě neodpověděl',
  phoneHint: 'Nic vám nezazvoní, dokud se telefon neozve. Zkontrolujte, že je zapnutý a přihlášený k tomuto účtu.',
  account: 'Účet',
  server: 'Server',
  seen: 'Naposledy se ozval',
  neverSeen: 'od startu Linky ani jednou',
  unassigned: 'Žádná linka k vám nevede',
  unassignedHint:
    'Nic vám nezazvoní: nejste ve frontě žádné linky, nebo vám chybí zapsaná dovednost. Řekněte to prosím správě.',
  resting: 'Chvíli vám nic nezazvoní',
  restingHint: 'Poslední nabídka zůstala nepřijatá. Další přijdou samy za',
  missed: 'Nabídka zůstala nepřijatá',
  missedHint: 'Pokud ji mezitím nepřijme někdo jiný, zazvoní vám znovu za',
  onCall: 'Příslužba',
  onCallHint: 'Zavoláme vám, až na vás přijde řada.',
  off: 'Nejste ve směně',
  offHint: 'Nic vám nezazvoní. Tlačítko zapne zvuk a začne směnu.',
  unknown: 'Není známo, jestli zvoní telefon',
  unknownHint: 'Stránka ztratila spojení se serverem. Řiďte se telefonem.',
  cutOff: 'Z telefonní sítě se nikdo nedovolá',
  cutOffHint: 'Dokud spojení neodpovídá, odtud vám nic nezazvoní. Dejte hned vědět správě.',
  adriftHint: 'Linka byla znovu spuštěna a hledá hovory, které předtím běžely. Kdo se ozve, zazvoní vám zase.',
  waits: 'Někdo čeká',
  waitsHint: 'Jste připravena a telefon odpovídá. Kdo teď čeká, zvoní jinde nebo potřebuje někoho jiného.',
};
