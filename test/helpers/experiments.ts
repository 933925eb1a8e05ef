import { type LearningContext, type Phase, startOf, type WayIn } from '../../machines/learning.policy.ts';
import type { Evidence, Observation, SeenRom } from '../../machines/learning-evidence.policy.ts';
import type { Pins, Wiring } from '../../src/board/circuit/plan.ts';
import { type Experiment, rounds } from '../../src/board/learning/experiment.ts';
import type { Hypothesis } from '../../src/board/learning/hypotheses.ts';

/** States of the lines, by what is asserted in them. */
export const states = {
  rts: { rts: 'asserted', dtr: 'released' },
  dtr: { rts: 'released', dtr: 'asserted' },
  both: { rts: 'asserted', dtr: 'asserted' },
} as const;

/** BOOT0 and NRST, each as one digit. */
export type Row = '00' | '01' | '10' | '11';

const pins = (row: Row): Pins => ({ boot0: row[0] === '1' ? 1 : 0, nrst: row[1] === '1' ? 1 : 0 });

/** A truth table by its rows: idle, RTS alone, DTR alone, both. */
export const table = (idle: Row, rts: Row, dtr: Row, both: Row): Wiring => ({
  'rts released, dtr released': pins(idle),
  'rts asserted, dtr released': pins(rts),
  'rts released, dtr asserted': pins(dtr),
  'rts asserted, dtr asserted': pins(both),
});

export const circuit = (wiring: Wiring, over: Partial<Omit<Hypothesis, 'wiring'>> = {}): Hypothesis => ({
  storage: 'direct',
  isFirst: { rising: true, falling: true },
  ...over,
  wiring,
});

/** Two-line of the documents: RTS resets, DTR lifts BOOT0. */
export const twoLine = table('01', '00', '11', '10');

/** Its circuit; and circuits in which RTS alone, DTR alone or no line moves anything. */
export const wire = circuit(twoLine);
export const byRts = circuit(table('01', '00', '01', '00'));
export const byDtr = circuit(table('01', '01', '00', '00'));
export const loose = circuit(table('01', '01', '01', '01'));

/** The application of the target on USB. */
export const app = '1-1 1209:0001';

export const experiment = (...steps: readonly (readonly [keyof typeof states, number])[]): Experiment => ({
  steps: steps.map(([name, hold]) => ({ lines: states[name], hold })),
});

export const dfuRom: SeenRom = { over: 'dfu', place: '1-2', isFresh: true };
export const usartRom: SeenRom = { over: 'usart', place: '/dev/ttyUSB0', isFresh: true };

/** Nothing was seen; every move was made at once and in time. */
export function observation(of: Experiment, over: Partial<Observation> = {}): Observation {
  const ends = of.steps.map((_, index) => of.steps.slice(0, index + 1).reduce((sum, { hold }) => sum + hold, 0));
  return {
    experiment: of,
    edges: [0, ...ends].map((time) => ({ from: time, to: time })),
    left: [],
    stayed: [],
    came: [],
    passed: [],
    rom: null,
    watched: 0,
    text: '',
    heardAfter: null,
    ...over,
  };
}

/** What is known after these experiments; the ROM has not shown. */
export const evidence = (log: readonly Observation[], over: Partial<Evidence> = {}): Evidence => ({
  log,
  romSince: null,
  startUp: 100,
  restless: [],
  chatter: '',
  sure: { charge: 45, held: 15 },
  ...over,
});

/** RTS resets, DTR lifts BOOT0: both lines, and then DTR alone, lead into the ROM. It has shown with observation 0. */
export const wayIn: WayIn = {
  experiment: experiment(['both', 50], ['dtr', 220]),
  round: rounds[0]!,
  over: 'dfu',
  place: '1-2',
  since: 0,
};

/** A search that has come so far: nothing was tried, or the ROM was found by `wayIn`. */
export const search = (over: Partial<LearningContext> = {}): LearningContext => ({ ...startOf(), ...over });
export const found = (phase: Phase, over: Partial<LearningContext> = {}): LearningContext =>
  search({
    phase,
    wayIn,
    log: [observation(wayIn.experiment, { rom: dfuRom })],
    count: 1,
    next: wayIn.experiment,
    startUp: 100,
    ...over,
  });
