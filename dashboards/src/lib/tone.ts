/** The soft tone that an operator hears when something rings. A browser plays none before somebody has pressed something. */
const NOTES_HZ = { calm: [523.25, 659.25], urgent: [880, 880, 880] } as const;
const NOTE_S = 0.28;
const LOUDNESS = 0.12;

let context: AudioContext | undefined;

/** Whether tones can be heard. */
export function isUnlocked(): boolean {
  return context?.state === 'running';
}

/** Allows tones; called while a press of a button is handled. */
export async function unlock(): Promise<void> {
  context ??= new AudioContext();
  await context.resume();
}

/** Plays a tone; nothing happens before [`unlock`]. */
export function play(tone: keyof typeof NOTES_HZ): void {
  if (!context || !isUnlocked()) return;
  for (const [index, hertz] of NOTES_HZ[tone].entries()) {
    note(context, hertz, context.currentTime + index * NOTE_S);
  }
}

function note(audio: AudioContext, hertz: number, begins: number): void {
  const [source, gain] = [audio.createOscillator(), audio.createGain()];
  source.frequency.value = hertz;
  gain.gain.setValueAtTime(0, begins);
  gain.gain.linearRampToValueAtTime(LOUDNESS, begins + 0.04);
  gain.gain.exponentialRampToValueAtTime(0.001, begins + NOTE_S);
  source.connect(gain).connect(audio.destination);
  source.start(begins);
  source.stop(begins + NOTE_S);
}
