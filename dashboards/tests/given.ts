/** What most tests begin with. */

/** Now: 23 November 2026, 08:00 UTC. */
export const NOON = 1_795_420_800_000;
/** An operator who is signed in. */
export const JANA = { login: 'jana', display_name: 'Jana', role: 'operator', due: 'nothing' } as const;
