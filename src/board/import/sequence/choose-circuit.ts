import { BootctlError } from '../../../base/errors.ts';
import type { ImportNote } from '../imported.ts';
import { notPossible } from '../input/refusals.ts';
import { type Candidate, type CircuitName, circuitSource } from './circuits.ts';
import { type Fit, fitCircuits } from './fit-circuit.ts';
import { isModemLine, type Sequence, type Signal } from './moves.ts';

/** What is known of a sequence beside its moves. */
export interface SequenceOrigin {
  /** As the person wrote it. */
  readonly text: string;
  /** Circuits that the tool's own documents have, before the others. */
  readonly usual?: readonly CircuitName[];
  /** `--circuit`. */
  readonly wanted?: string;
}

const nameOf = (signal: Signal): string =>
  signal.replace(/^gpio/, 'GPIO ').replace(/^(rts|dtr)$/, (line) => line.toUpperCase());

/** `one-key`; with its lines where each pin has its own. */
export function circuitText({ name, own }: Candidate): string {
  if (!own) return name;
  const { nrst, boot0 } = own;
  return `${name} (NRST on ${nameOf(nrst.signal)}, BOOT0 ${boot0 ? `on ${nameOf(boot0.signal)}` : 'by hand'})`;
}

/** For a circuit in which NRST is 0 while its line is released. */
export function heldWhileClosed(text: string, signal: Signal): BootctlError {
  const line = nameOf(signal);
  return notPossible(
    `${text} works only where NRST is 0 while ${line} is released: the board would stay in reset while no program has its port open, and a profile does not carry that`,
    `At the pin of a TTL adapter an asserted line is LOW, and both lines are released while the port is closed. For ${line} straight at NRST the sequence has the other signs; see the profile \`direct\` (\`bootctl profile show direct\`).`,
  );
}

function nothingFits(text: string, heldIdle: readonly Fit[]): BootctlError {
  const [held] = heldIdle;
  if (!held?.candidate.own) {
    return notPossible(
      `${text} starts the ROM through none of the circuits that bootctl knows: each pin on a line of its own, one-key, cross-coupled`,
      'Check the sequence by its documentation; a sequence may also stand in another order than the board needs.',
    );
  }
  return heldWhileClosed(text, held.candidate.own.nrst.signal);
}

/** The circuit of a sequence. @throws BootctlError `import-not-possible`, `usage` */
export function chooseCircuit(
  sequence: Sequence,
  { text, usual = [], wanted }: SequenceOrigin,
): { readonly fit: Fit; readonly assumed: readonly ImportNote[] } {
  const { possible, heldIdle } = fitCircuits(sequence);
  if (possible.length === 0) throw nothingFits(text, heldIdle);
  const rank = ({ candidate: { name } }: Fit) => (usual.includes(name) ? usual.indexOf(name) : usual.length);
  const ranked = possible.toSorted((a, b) => rank(a) - rank(b));
  const fit = wanted === undefined ? ranked[0]! : ranked.find(({ candidate }) => candidate.name === wanted);
  if (!fit) {
    const names = ranked.map(({ candidate }) => circuitText(candidate)).join(', ');
    throw new BootctlError('usage', `${text} does not start the ROM through --circuit ${wanted}`, {
      hint: `Through these it does: ${names}.`,
    });
  }
  return { fit, assumed: [...assumptions(fit, ranked, text)] };
}

function* assumptions(fit: Fit, ranked: readonly Fit[], text: string): Generator<ImportNote> {
  const { candidate, asks } = fit;
  const others = ranked.filter((other) => other !== fit).map((other) => circuitText(other.candidate));
  const source = circuitSource(candidate.name);
  if (others.length > 0) {
    yield {
      about: `the circuit: ${circuitText(candidate)}`,
      why: `${text} starts the ROM through ${others.join(' and ')} as well; \`--circuit\` names another one`,
    };
  } else if (source) {
    yield {
      about: `the circuit: ${candidate.name}`,
      why: `of those that bootctl knows, only this one fits ${text}: equal states of the lines start the ROM, whatever is between (${source})`,
    };
  }
  const signal = candidate.own?.nrst.signal;
  if (!asks && (!signal || isModemLine(signal))) {
    yield {
      about: 'the reset',
      why: `${text} pulls NRST low by no move: it counts on the host that asserts both lines while it opens the port`,
    };
  }
}
