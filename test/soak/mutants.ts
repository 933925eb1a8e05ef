import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Printed, Stage, Tampering } from './run.ts';
import { flashBase } from './silicon.ts';
import type { World } from './world.ts';

/** A healthy board and another application on it: a job in which every check holds. */
export const plainWorld: World = {
  seed: 0,
  profile: { base: 'rc-cap', family: 'F405_407' },
  family: 'F405_407',
  rom: 'usual',
  scenario: 'healthy',
  content: 'other',
  pieces: [{ offset: 0, length: 4_096, seed: 1 }],
  command: 'flash',
  options: ['--json'],
  neighbours: [],
  faults: [],
};

/** A change of the truth, or of what is said, that a check has to notice. */
export interface Mutant extends Tampering {
  readonly check: string;
  readonly what: string;
  readonly world?: Partial<World>;
}

/** Puts a byte into a flash as nothing on the board could. */
function flip({ boards }: Stage, offset: number, board = 0): void {
  const { flash } = boards[board]!.memory;
  const [byte = 0] = flash.read(flashBase + offset, 1);
  flash.preload(flashBase + offset, Uint8Array.of(byte ^ 0x01));
}

function writeOption({ memory }: Stage['boards'][number]): void {
  const options = memory.others.find(({ region }) => region.kind === 'option-bytes')!;
  options.write(options.region.address, Uint8Array.of(0x12));
}

const flipAt = (offset: number) => ({ tamper: (stage: Stage) => flip(stage, offset) });
const says = (from: string | RegExp, to: string) => ({
  report: ({ stdout, stderr, status }: Printed) => ({
    status,
    stdout: stdout.replace(from, to),
    stderr: stderr.replace(from, to),
  }),
});
const exits = (status: number) => ({ report: (printed: Printed) => ({ ...printed, status }) });
const besides: Partial<World> = {
  neighbours: [{ name: 'neighbour 1', runs: 'rom' }],
};
const read: Partial<World> = { command: 'read', pieces: [], range: { offset: 0, length: 100 } };
const verify: Partial<World> = { command: 'verify', content: 'image' };
const locked: Partial<World> = { scenario: 'readout-protected', content: 'scenario' };
const missing: Partial<World> = { scenario: 'adapter-missing' };
const kept: Partial<World> = {
  options: ['--json', '--keep', '--force'],
  pieces: [{ offset: 64, length: 4_032, seed: 1 }],
};
const inText: Partial<World> = { options: [] };

const interrupted: Partial<World> = { faults: [{ kind: 'interrupted', event: 0, delay: 600 }] };

const leaveFile = (mode: number, isNamed: boolean): Tampering => {
  const pathIn = (folder: string) => join(folder, 'state', 'kept-board.hex');
  let path = '';
  return {
    tamper: ({ folder }) => {
      path = pathIn(folder);
      mkdirSync(join(folder, 'state'), { mode: 0o700 });
      writeFileSync(path, ':00000001FF\n', { mode });
    },
    report: (printed) => (isNamed ? { ...printed, stderr: `${printed.stderr}${path}\n` } : printed),
  };
};

/** The target is where only a person could have put it. */
const toRom = ({ boards }: Stage): void => boards[0]!.board.enterRom();

export const mutants: readonly Mutant[] = [
  { check: 'own-flash-only', what: 'a byte of a neighbour', world: besides, tamper: (stage) => flip(stage, 9, 1) },
  { check: 'pass-holds-image', what: 'a byte of the image', ...flipAt(0x800) },
  { check: 'pass-keeps-around', what: 'a byte behind the image', world: kept, ...flipAt(0x2000) },
  {
    check: 'kept-or-named',
    what: 'a byte behind the image of a job that failed',
    world: { ...kept, scenario: 'usb-denied' },
    ...flipAt(0x2000),
  },
  { check: 'only-asked-sectors', what: 'a byte of the next sector', ...flipAt(0x4000) },
  { check: 'condition-is-true', what: 'a byte that was read back', ...flipAt(0xfff) },
  { check: 'condition-is-true', what: 'a byte of untouched flash', world: missing, ...flipAt(0) },
  {
    check: 'condition-is-true',
    what: 'a byte of an erased sector',
    world: { command: 'erase', pieces: [], range: { offset: 0, length: 100 }, options: ['--json', '--yes'] },
    ...flipAt(0),
  },
  { check: 'read-is-flash', what: 'a byte that was read', world: read, ...flipAt(7) },
  {
    check: 'read-is-flash',
    what: 'a file after a read that failed',
    world: { ...read, ...missing },
    tamper: ({ folder }) => writeFileSync(join(folder, 'out.bin'), 'x'),
  },
  { check: 'verify-is-true', what: 'a byte that was compared', world: verify, ...flipAt(0x100) },
  { check: 'verify-is-true', what: 'a mismatch that is none', world: verify, ...exits(7) },
  { check: 'torn-never-starts', what: 'a byte of what starts', ...flipAt(0x900) },
  {
    check: 'readout-protection-respected',
    what: 'protection that has gone',
    world: locked,
    tamper: ({ boards }) => {
      boards[0]!.memory.readoutProtected = false;
    },
  },
  { check: 'readout-protection-respected', what: 'a changed byte', world: locked, ...flipAt(0x100) },
  { check: 'readout-protection-respected', what: 'a pass', world: locked, ...exits(0) },
  {
    check: 'options-respected',
    what: 'an option byte',
    tamper: ({ boards }) => writeOption(boards[0]!),
  },
  {
    check: 'options-respected',
    what: 'a sector that is write-protected now',
    tamper: ({ boards }) => void boards[0]!.memory.flash.protectedSectors.add(flashBase),
  },
  {
    check: 'mismatch-is-true',
    what: 'a mismatch of flash that holds the image',
    ...says(/"error":null/, '"error":{"code":"verify-mismatch"}'),
  },
  {
    check: 'no-request-elsewhere',
    what: 'a block for a neighbour',
    tamper: ({ doors, bench }) =>
      void doors.requests.push({ path: '1-3', t: bench.clock.now(), isOut: true, request: 1 }),
  },
  {
    check: 'others-undisturbed',
    what: 'a neighbour that is reset',
    world: besides,
    tamper: ({ boards }) => boards[1]!.board.restart(),
  },
  {
    check: 'others-undisturbed',
    what: 'an option byte of a neighbour',
    world: besides,
    tamper: ({ boards }) => writeOption(boards[1]!),
  },
  {
    check: 'lines-idle',
    what: 'RTS that stays asserted',
    tamper: ({ boards }) => boards[0]!.board.wires('adapter').setLines({ rts: 'asserted', dtr: 'released' }),
  },
  {
    check: 'not-held-in-reset',
    what: 'NRST that stays low',
    tamper: ({ boards }) => boards[0]!.board.wires('adapter').setLines({ rts: 'asserted', dtr: 'released' }),
  },
  {
    check: 'boot0-low',
    what: 'DTR that stays asserted',
    tamper: ({ boards }) => boards[0]!.board.wires('adapter').setLines({ rts: 'released', dtr: 'asserted' }),
  },
  {
    check: 'ports-closed',
    what: 'a port that nobody closes',
    arrange: ({ doors }) => {
      doors.leaks = 'port';
    },
  },
  {
    check: 'usb-closed',
    what: 'a USB device that nobody closes',
    arrange: ({ doors }) => {
      doors.leaks = 'usb';
    },
  },
  {
    check: 'no-timer-left',
    what: 'a timer of a day',
    tamper: ({ bench }) => void bench.clock.setTimeout(() => {}, 86_400_000),
  },
  { check: 'refused-before-moving', what: 'a refusal after lines have moved', ...exits(2) },
  {
    check: 'dry-run-opens-nothing',
    what: 'a job that was to be a dry run',
    world: { options: ['--json', '--dry-run'] },
    arrange: ({ pretence }) => {
      pretence.opensBench = true;
    },
  },
  {
    check: 'application-again-or-said',
    what: 'a target in its ROM',
    world: missing,
    tamper: toRom,
  },
  { check: 'target-is-true', what: 'a target in its ROM', tamper: toRom },
  {
    check: 'target-is-true',
    what: 'a target that was started, and is said to stay in its bootloader',
    ...says('"target":"application"', '"target":"bootloader"'),
  },
  {
    check: 'target-is-true',
    what: 'a target that was reset, and is said to be untouched',
    ...says('"target":"application"', '"target":"untouched"'),
  },
  { check: 'seen-runs', what: 'a target in its ROM', tamper: toRom },
  {
    check: 'interruption-ends-soon',
    what: 'a job that goes on',
    world: interrupted,
    arrange: ({ pretence }) => {
      pretence.interruptedEarlier = 11_000;
    },
  },
  { check: 'interruption-ends-soon', what: 'an interruption that was none', ...exits(130) },
  {
    check: 'next-run-finishes',
    what: 'a board that the fault has broken for good',
    world: interrupted,
    tamper: ({ doors }) => {
      doors.deniedOpens = Number.POSITIVE_INFINITY;
    },
  },
  {
    check: 'second-run-is-enough',
    what: 'a second run that fails as well',
    world: interrupted,
    tamper: ({ doors }) => {
      doors.deniedOpens = 1;
    },
  },
  { check: 'ends', what: 'a job without an end', ...exits(Number.NaN) },
  {
    check: 'ends-in-time',
    what: 'a job of 300 s',
    arrange: ({ pretence }) => {
      pretence.startedEarlier = 300_000;
    },
  },
  { check: 'no-internal-error', what: 'a bug', ...exits(1) },
  {
    check: 'no-rejection',
    what: 'a promise that is left behind',
    tamper: ({ pretence }) => void pretence.rejections.push(new Error('left behind')),
  },
  { check: 'status-of-error', what: 'another status', ...exits(3) },
  {
    check: 'status-of-error',
    what: 'an error that is said to be none',
    world: missing,
    ...says('"ok":false', '"ok":true'),
  },
  {
    check: 'status-of-error',
    what: 'another code',
    world: missing,
    ...says('"code":"adapter-missing"', '"code":"verify-mismatch"'),
  },
  { check: 'known-status', what: 'a status of its own', ...exits(9) },
  { check: 'message-and-hint', what: 'no hint', world: missing, ...says(/"hint":"[^"]*"/, '"hint":""') },
  {
    check: 'message-and-hint',
    what: 'a verdict without its second line',
    world: { ...missing, ...inText },
    ...says(/(FAIL.*\n)[\s\S]*/, '$1'),
  },
  { check: 'words-make-sense', what: 'a value that is not there', ...says('profile board', 'profile undefined') },
  { check: 'plain-output', what: 'a colour', ...says('profile board', 'profile \u001b[31mboard') },
  { check: 'every-line-parses', what: 'half a line', ...says(/"event":"result"/, '"event":') },
  { check: 'last-line-is-result', what: 'no result', ...says('"event":"result"', '"event":"note"') },
  { check: 'last-line-is-result', what: 'two results', ...says('"event":"note"', '"event":"result"') },
  { check: 'pass-and-fail', what: 'no PASS', world: inText, ...says('PASS', 'DONE') },
  {
    check: 'time-goes-on',
    what: 'an event of yesterday',
    ...says(/"event":"result","t":[\d.]+/, '"event":"result","t":-1'),
  },
  { check: 'durations-are-true', what: 'a part of an hour', ...says(/"enter":\d+/, '"enter":3600000') },
  {
    check: 'interface-is-true',
    what: 'an interface that was not used',
    world: missing,
    ...says('"bootloader":null', '"bootloader":"dfu"'),
  },
  {
    check: 'interface-is-true',
    what: 'a USART that was not used',
    ...says('"bootloader":"dfu","image"', '"bootloader":"usart","image"'),
  },
  { check: 'image-is-true', what: 'another size', ...says('"image":{"bytes":4096', '"image":{"bytes":4095') },
  { check: 'files-are-private', what: 'a file for everybody', ...leaveFile(0o644, true) },
  { check: 'files-are-named', what: 'a file without a word', ...leaveFile(0o600, false) },
];
