import { play, unlock } from './tone';

/** Turns sound on, and asks for leave to show what rings; called while a press of a button is handled. */
export async function soundOn(): Promise<void> {
  if ('Notification' in window && Notification.permission === 'default') void Notification.requestPermission();
  await unlock();
  play('calm');
}
