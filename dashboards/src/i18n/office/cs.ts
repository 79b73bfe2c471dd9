/** What an entry of the audit says of its event, already in words. */
export type Told = Record<string, string>;

/** Whether a number that an event may have is there and is not 0. */
export function isSome(number: string | undefined): boolean {
  return Number(number ?? 0) > 0;
}

/** What was told, and of which days where that is known. */
export function ofDays(what: string, days: string | undefined): string {
  return [what, days].filter(Boolean).join(' ');
}

/** The pages of accounts and of the audit. */
export const accounts = {
  title: 'Účty',
  caption: 'Účty těch, kdo se přihlašují do Linky',
  login: 'Přihlašovací jméno',
  name: 'Jméno',
  role: 'Role',
  standing: 'Stav',
  secondFactor: 'Jednorázové kódy',
  active: 'platný',
  disabled: 'vypnutý',
  passwordDue: 'má zvolit heslo',
  totpOn: 'nastavené',
  totpOff: 'nenastavené',
  provider: 'patří u poskytovatele jedné osobě',
  letGo: 'Uvolnit u poskytovatele',
  letGoTitle: (login: string) => `Uvolnit účet ${login} u poskytovatele?`,
  letGoWhy:
    'Všechna jeho přihlášení skončí hned. Účet pak připadne tomu, kdo od poskytovatele přijde s tímto jménem příště.',
  add: 'Přidat účet',
  edit: 'Upravit',
  enable: 'Zapnout',
  disable: 'Vypnout',
  remove: 'Smazat',
  newPassword: 'Nové heslo',
  addTitle: 'Nový účet',
  editTitle: (login: string) => `Upravit účet ${login}`,
  loginHint: 'Malá písmena bez diakritiky, číslice, „-“ a „_“. U obsluhy stejné jako jméno jejího telefonu.',
  removeTitle: (login: string) => `Smazat účet ${login}?`,
  removeWhy: 'Přihlášení skončí hned. Vrátit to nejde; účet lze místo toho vypnout.',
  disableTitle: (login: string) => `Vypnout účet ${login}?`,
  disableWhy: 'Přihlášení skončí hned. Účet lze později zase zapnout.',
  newPasswordTitle: (login: string) => `Nové heslo pro ${login}?`,
  newPasswordWhy: 'Dosavadní heslo přestane platit a přihlášení skončí.',
  oneTimeTitle: 'Jednorázové heslo',
  oneTimeWhy: (login: string) =>
    `Předejte ho osobě s účtem ${login}. Ukazuje se jen teď; po přihlášení si zvolí vlastní.`,
  copied: 'Zkopírováno.',
  copy: 'Zkopírovat',
  lockouts: 'Zamčená přihlášení',
  noLockouts: 'Žádné přihlášení není zamčené.',
  unknownLogins: 'neznámá jména',
  knownDevice: 'zařízení, které účet zná',
  network: 'Síť',
  until: 'Do',
  unlock: 'Odemknout',
  unlocked: 'Přihlášení je odemčené.',
  added: 'Účet je založený.',
  changed: 'Účet je změněný.',
  removed: 'Účet je smazaný.',
};

export const audit = {
  title: 'Záznam úkonů',
  caption: 'Úkony od nejnovějšího',
  seq: 'Číslo',
  day: 'Den',
  who: 'Kdo',
  what: 'Co',
  erased: 'vymazáno',
  older: 'Starší',
  newest: 'Nejnovější',
  empty: 'Záznam je prázdný.',
  about: 'Úkony s kontakty se zapisují, až když jejich den skončí; neříkají, o který kontakt ani o kterou minutu šlo.',
  times: (what: string, count: string) => `${what} (${count}×)`,
  days: { from: (day: string) => `od ${day}`, to: (day: string) => `do ${day}`, all: '(vše)' },
  by: {
    'an operator on shift': 'obsluha ve směně',
    'a supervisor on shift': 'vedoucí ve směně',
    'an administrator on shift': 'správa ve směně',
    'command line': 'příkazový řádek',
  } as Record<string, string>,
  event: {
    signed_in: () => 'přihlášení',
    signed_in_by_provider: () => 'přihlášení přes poskytovatele',
    provider_pinned: () => 'účet připadl osobě u poskytovatele',
    provider_refused: () => 'odmítnuta jiná osoba od poskytovatele',
    locked_out: () => 'přihlášení zamčeno po neúspěšných pokusech',
    lockout_cleared: () => 'přihlášení odemčeno',
    password_changed: () => 'nové heslo',
    totp_set: () => 'nastaveny jednorázové kódy',
    sessions_revoked: () => 'ukončena přihlášení',
    account_changed: (of: Told) => `účet ${of.login}: ${of.change}`,
    key_changed: (of: Told) => `klíč ${of.key}: ${of.change}`,
    class_changed: (of: Told) => `změna naléhavosti kontaktu na ${of.class}`,
    moved: (of: Told) => `přesun kontaktu do fronty ${of.queue}`,
    given: () => 'kontakt nabídnut určité obsluze',
    acted: () => 'další úkony s kontakty',
    operator_set: (of: Told) => `obsluha ${of.operator}: ${of.wants}`,
    exported: (of: Told) => ofDays(`${of.exported}`, of.days),
    read: (of: Told) => ofDays(`${of.read}`, of.days),
    configuration_changed: (of: Told) =>
      [
        'změněno nastavení: ' + (of.files || 'nic'),
        of.added && `nová obsluha: ${of.added}`,
        of.removed && `odebraná obsluha: ${of.removed}`,
        of.password && `nové heslo telefonu: ${of.password}`,
      ]
        .filter(Boolean)
        .join('; '),
    retention: (of: Told) => `smazáno, co je staré: ze záznamu úkonů ${of.audit}, z přihlášení ${of.sessions}`,
    erased: (of: Told) => `vymazán obsah záznamu ${of.entry}`,
    withdrawn: (of: Told) =>
      `nově platí přísnější pravidla: zneplatněno řádků o hovorech: ${of.rows}, částí měsíců: ${of.parts}${isSome(of.classes) ? `, naléhavostí v měsících: ${of.classes}` : ''}${isSome(of.cells) ? `, čísel v tabulkách: ${of.cells}` : ''}${isSome(of.months) ? `, samostatně uvedených měsíců s méně než deseti kontakty: ${of.months}` : ''}`,
    restored: () => 'databáze obnovena ze zálohy',
  },
  change: {
    created: 'založen',
    made: 'založen',
    renamed: 'nové jméno',
    role: 'změna role',
    enabled: 'zapnut',
    disabled: 'vypnut',
    removed: 'smazán',
    revoked: 'zrušen',
    'password-reset': 'nové heslo',
    'totp-removed': 'odebrány jednorázové kódy',
    'provider-removed': 'uvolněn u poskytovatele',
  },
  exported: {
    counts: 'vývoz výkazu počtů',
    records: 'vývoz řádků o hovorech',
    tables: 'vývoz tabulek o hovorech',
    arrived: 'vývoz příchodů',
    hours: 'vývoz příchodů po hodinách týdne',
    backup: 'záloha databáze',
  },
  read: {
    counts: 'přečten výkaz počtů',
    records: 'přečteny řádky o hovorech',
    tables: 'přečteny tabulky o hovorech',
    arrived: 'přečteny příchody',
    hours: 'přečteny příchody po hodinách týdne',
  },
  wants: { ready: 'připravena', paused: 'pauza', off: 'mimo směnu' },
};
