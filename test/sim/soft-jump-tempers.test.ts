import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { FirmwareManner } from '../../src/sim/firmware/firmware-manner.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { f405, profileFile, rcBoot0 } from '../helpers/profile-file.ts';

const applications = {
  target: '{ expect: usb, vendorId: "0483", productId: "5740", timeout: 5s }',
  adapter: '{ expect: serial, match: "ready", timeout: 5s }',
} as const;

interface Way {
  readonly name: string;
  readonly jump: string;
  readonly via: 'target' | 'adapter';
  /** BOOT0 at each reset on the way in, and what that started: none by a jump. */
  readonly samples: readonly string[];
}

const line = 'send: "bootloader\\r\\n", baudRate: 115200';
const byJump: readonly string[] = [];
/** Flight controllers and Klipper reset first, and their start-up code jumps: BOOT0 is low then, and that is right. */
const byReset = ['0 application'];
const talking = [
  { name: 'serial-line', jump: `trigger: serial-command, ${line}`, samples: byJump },
  { name: 'serial-key', jump: 'trigger: serial-command, send: "\\x1cB"', samples: byJump },
  { name: 'micropython', jump: 'trigger: micropython', samples: byJump },
  { name: 'betaflight', jump: 'trigger: betaflight', samples: byReset },
  { name: 'katapult', jump: 'trigger: katapult, baudRate: 115200', samples: byReset },
  { name: 'self-charge', jump: `trigger: self-charge, ${line}`, samples: ['1 rom'] },
];
const over = (via: 'target' | 'adapter') => talking.map((way): Way => ({ ...way, name: `${way.name}-${via}`, via }));
const touch: Way = { name: 'touch', jump: 'trigger: touch-1200', via: 'target', samples: byJump };
const ways: readonly Way[] = [...over('target'), ...over('adapter'), touch];
const onUsb = ways.filter(({ via }) => via === 'target');

/** The reference circuit, entered by this soft jump, and then by rc-cap. */
const profileOf = ({ name, jump, via }: Way): string =>
  profileFile(
    name,
    f405,
    rcBoot0(),
    'methods: [soft-jump, rc-cap]',
    `softJump: [{ ${jump}, via: ${via} }]`,
    `application: ${applications[via]}`,
  );

async function enter(way: Way, manner: FirmwareManner = {}) {
  const path = profileOf(way);
  const run = await runCommand(['enter', '--profile', path, '--simulate', 'healthy', '--json'], {
    firmware: manner,
  });
  // Opening the adapter is a reset, and starting the application after it another one.
  const asked = (run.truth.findLast(({ what }) => what === 'lines')?.t ?? -100) + 50;
  const samples = run.bench.truth.of('boot0-sampled').filter(({ t }) => t > asked);
  return {
    result: run.result,
    outcomes: (run.result.attempts as { method: string; outcome: string }[]).map(
      ({ method, outcome }) => `${method}:${outcome}`,
    ),
    samples: samples.map(({ level, boots }) => `${level} ${boots}`),
  };
}

describe('a firmware that does what it is asked', () => {
  test.each(ways)('$name: into the ROM, the way that this firmware goes', async (way) => {
    const { outcomes, samples } = await enter(way);
    expect({ outcomes, samples }).toEqual({ outcomes: ['soft-jump:entered'], samples: way.samples });
  });

  test.each(ways)('$name: among its own noise', async (way) => {
    expect((await enter(way, { temper: 'noisy' })).outcomes).toEqual(['soft-jump:entered']);
  });
});

describe('a firmware that does not: the next in the list gets in', () => {
  const silent = 'soft-jump:application-silent';

  test.each(onUsb)('$name refuses, or does not read', async (way) => {
    for (const temper of ['refuses', 'stuck'] as const) {
      expect([temper, (await enter(way, { temper })).outcomes]).toEqual([temper, [silent, 'rc-cap:entered']]);
    }
  });

  test.each(onUsb)('$name crashes in the midst of the request, and starts again', async (way) => {
    const { outcomes } = await enter(way, { temper: 'vanishes' });
    expect(outcomes).toEqual(['soft-jump:application-came-back', 'rc-cap:entered']);
  });

  test.each(over('adapter'))('$name refuses or crashes, which nobody has to hear', async (way) => {
    for (const temper of ['refuses', 'vanishes'] as const) {
      const { outcomes } = await enter(way, { temper });
      expect([temper, outcomes.at(-1), outcomes.length]).toEqual([temper, 'rc-cap:entered', 2]);
      expect(outcomes[0]).toMatch(/^soft-jump:(application-silent|dfu-not-seen)$/);
    }
  });
});

test.each(['adapter-busy', 'adapter-denied'] as const)(
  '%s of its own port is no reason to end the job: the next in the list gets in',
  async (code) => {
    const path = profileOf({ ...touch, name: code, jump: 'trigger: klipper' });
    const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', 'healthy', '--json'], {
      arrange: ({ serial }) => {
        const { open } = serial;
        serial.open = (port, format) =>
          port.includes('ACM') ? Promise.reject(new BootctlError(code, `${port} is klippy's`)) : open(port, format);
      },
    });
    expect(run.result).toMatchObject({ ok: true, method: 'rc-cap', verified: true });
    expect(run.result.attempts).toMatchObject([{ outcome: 'application-port-unusable' }, { outcome: 'entered' }]);
  },
);

test.each(['betaflight', 'klipper', 'micropython'])('the built-in %s, on its USB cable alone', async (profile) => {
  const run = await runCommand(['recover', firmware, '--profile', profile, '--simulate', 'healthy', '--json']);
  expect(run.result).toMatchObject({ ok: true, method: 'soft-jump', verified: true, application: 'seen' });
  expect(run.truth.filter(({ what }) => what === 'lines')).toEqual([]);
});
