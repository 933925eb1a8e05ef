import { expect, test } from 'vitest';
import type { FirmwareManner } from '../../src/sim/firmware/firmware-manner.ts';
import { type CommandRun, firmware, linesAtEnd, runCommand } from '../helpers/command.ts';
import { f405, profileFile, rcBoot0 } from '../helpers/profile-file.ts';

const reboot = '{ trigger: serial-command, send: "R", via: target }';

/** The reference circuit, entered by these soft jumps and, unless `only` they count, by rc-cap after them. */
const boardWith = (name: string, jumps: readonly string[], only: boolean): string =>
  profileFile(
    name,
    f405,
    rcBoot0(),
    `methods: [soft-jump${only ? '' : ', rc-cap'}]`,
    `softJump: [${jumps.join(', ')}]`,
    'application: { expect: usb, vendorId: "0483", productId: "5740", timeout: 5s }',
  );

interface Row {
  readonly name: string;
  readonly jumps: readonly string[];
  readonly manner?: FirmwareManner;
  /** Which of the attempts gets in; the first without. */
  readonly attempt?: number;
}

const betaflight = '{ trigger: betaflight, via: target }';
const rows: readonly Row[] = [
  { name: 'betaflight-by-msp', jumps: [betaflight] },
  { name: 'betaflight-with-its-cli-open', jumps: [betaflight], manner: { inCli: true } },
  { name: 'betaflight-by-its-character', jumps: [reboot], manner: { firmware: 'betaflight' } },
  { name: 'betaflight-on-a-usart', jumps: ['{ trigger: betaflight, via: adapter }'] },
  {
    name: 'betaflight-on-a-usart-with-its-cli-open',
    jumps: ['{ trigger: betaflight, via: adapter }'],
    manner: { inCli: true },
  },
  { name: 'inav-restarts-then-its-character', jumps: [betaflight, reboot], manner: { firmware: 'inav' }, attempt: 2 },
  { name: 'inav-with-its-cli-open', jumps: [betaflight], manner: { firmware: 'inav', inCli: true } },
  { name: 'klipper-by-touch', jumps: ['{ trigger: klipper, via: target }'] },
  { name: 'klipper-on-a-usart', jumps: ['{ trigger: klipper, via: adapter }'] },
  { name: 'katapult-on-usb', jumps: ['{ trigger: katapult, via: target }'] },
  { name: 'katapult-on-a-usart', jumps: ['{ trigger: katapult, via: adapter, baudRate: 115200 }'] },
];

const recover = (profile: string, manner: FirmwareManner = {}): Promise<CommandRun> =>
  runCommand(['recover', firmware, '--profile', profile, '--simulate', 'healthy', '--json'], {
    firmware: manner,
  });

test.each(rows)(
  '$name: into the ROM by its own doing, and the image runs',
  async ({ name, jumps, manner, attempt }) => {
    const done = await recover(boardWith(name, jumps, true), manner);
    expect(done.result).toMatchObject({ ok: true, method: 'soft-jump', verified: true, application: 'seen' });
    expect(done.result.attempts).toHaveLength(attempt ?? 1);
  },
);

const deaf: FirmwareManner = { temper: 'deaf' };
const failures = [
  { name: 'deaf-msp', jumps: [betaflight], manner: deaf, codes: ['application-silent'] },
  {
    name: 'deaf-msp-then-character',
    jumps: [betaflight, reboot],
    manner: deaf,
    codes: ['application-silent', 'application-silent'],
  },
  {
    name: 'deaf-msp-on-a-usart',
    jumps: ['{ trigger: betaflight, via: adapter }'],
    manner: deaf,
    codes: ['application-silent'],
  },
  { name: 'inav-alone', jumps: [betaflight], manner: { firmware: 'inav' }, codes: ['application-came-back'] },
  {
    name: 'deaf-klipper-touch',
    jumps: ['{ trigger: klipper, via: target }'],
    manner: deaf,
    codes: ['application-silent'],
  },
  {
    name: 'deaf-klipper-on-a-usart',
    jumps: ['{ trigger: klipper, via: adapter }'],
    manner: deaf,
    codes: ['application-silent'],
  },
  {
    name: 'deaf-katapult-on-usb',
    jumps: ['{ trigger: katapult, via: target }'],
    manner: deaf,
    codes: ['application-silent'],
  },
  { name: 'deaf-touch', jumps: ['{ trigger: touch-1200, via: target }'], manner: deaf, codes: ['application-silent'] },
] as const;

test.each(failures)('$name: each trigger says why, and the lines get in', async ({ name, jumps, manner, codes }) => {
  const alone = await recover(boardWith(name, jumps, true), manner);
  expect(alone.status).toBe(4);
  expect(alone.result).toMatchObject({
    ok: false,
    flash: 'untouched',
    error: { code: codes.length > 1 ? 'methods-exhausted' : codes[0] },
  });
  const outcomes = (alone.result.attempts as { outcome: string }[]).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(codes);
  expect((alone.result.error as { hint: string }).hint).not.toMatch(/BOOT0/);
  // Nobody has reset anything: no line, no BOOT0, can be the reason.
  expect(alone.result.diagnosis).toEqual([]);
  const helped = await recover(boardWith(`${name}-and-lines`, jumps, false), manner);
  expect(helped.result).toMatchObject({ ok: true, method: 'rc-cap', verified: true });
  expect(helped.result.attempts).toHaveLength(codes.length + 1);
  expect(linesAtEnd(helped)).toEqual({ rts: 'released', dtr: 'released' });
});

test('the built-in betaflight profile: recovered by MSP, without a person and without a reset', async () => {
  const done = await recover('betaflight');
  expect(done.result).toMatchObject({ ok: true, method: 'soft-jump', application: 'seen' });
  expect(done.truth.filter(({ what }) => what === 'lines')).toEqual([]);
});

test('a target that goes while the request is on its way has heard it', async () => {
  const argv = ['recover', firmware, '--profile', 'betaflight', '--simulate', 'healthy', '--json'];
  const done = await runCommand(argv, {
    arrange: ({ serial, boards }) => {
      const { open } = serial;
      serial.open = async (path, format) => {
        const link = await open(path, format);
        const { write } = link;
        link.write = (bytes) => {
          boards[0].board.enterRom();
          return write.call(link, bytes);
        };
        return link;
      };
    },
  });
  expect(done.result).toMatchObject({ ok: true, method: 'soft-jump', verified: true });
  expect(done.result.attempts).toHaveLength(1);
});
