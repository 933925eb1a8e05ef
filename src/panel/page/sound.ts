import type { Outcome } from '../../records/records.ts';

/** Tones of a verdict in Hz, one after the other: rising is good, falling is not. */
const tones: Readonly<Record<Outcome, readonly number[]>> = {
  pass: [660, 880],
  fail: [440, 330, 220],
  error: [330, 220, 330, 220],
  aborted: [330, 330],
};
const toneSeconds = 0.16;

let context: AudioContext | undefined;

/** A browser lets a page be heard after the first key or click of a person: of a scanner, too. */
export function allowSound(): void {
  context ??= new AudioContext();
  void context.resume();
}

/** Silent until a person has pressed a key. */
export function playVerdict(outcome: Outcome): void {
  if (!context) return;
  const begin = context.currentTime;
  for (const [index, frequency] of tones[outcome].entries()) {
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(context.destination);
    tone.start(begin + index * toneSeconds);
    tone.stop(begin + (index + 0.9) * toneSeconds);
  }
}
