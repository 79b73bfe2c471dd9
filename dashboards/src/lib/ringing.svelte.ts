import { i18n } from '../i18n/index.svelte';
import { announcer } from './announcer.svelte';
import { feed } from './board.svelte';
import { clock } from './clock.svelte';
import type { Contact } from './feed';
import { play } from './tone';

/** How often the tone comes again while something rings. */
const AGAIN_MS = 4_000;

/** The contact that rings for an operator; none once its offer has run out or the news is old, for then nobody knows whether it still does. */
export function ringsFor(login: string): Contact | undefined {
  const me = feed.board.operators.get(login);
  if (!me?.claim || me.occupancy.does === 'talking') return undefined;
  if (feed.isStale || me.claim.until_ms <= clock.nowMs) return undefined;
  return feed.board.contacts.get(me.claim.contact);
}

/** Tells that a contact rings, by tone, voice and notification, until the returned function is called. */
export function announceRinging(contact: Contact): () => void {
  const tone = contact.class === 'alarm' || contact.class === 'danger' ? 'urgent' : 'calm';
  const words = i18n.t.me.ringsClass(i18n.t.class[contact.class], contact.line);
  announcer.interrupt(contact.speech === 'cannot_speak' ? `${words}. ${i18n.t.me.cannotSpeak}.` : words);
  play(tone);
  const again = setInterval(() => play(tone), AGAIN_MS);
  const notification = notify();
  return () => {
    clearInterval(again);
    notification?.close();
    announcer.interrupt('');
  };
}

/** A notification says that there is something, and nothing else: somebody else may look at the screen. */
function notify(): Notification | undefined {
  if (!('Notification' in window) || Notification.permission !== 'granted' || !document.hidden) return undefined;
  try {
    return new Notification('Linka', { tag: 'linka', silent: true });
  } catch {
    // Some telephones show notifications of installed pages only.
    return undefined;
  }
}
