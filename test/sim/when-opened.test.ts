import { describe, expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { type CommandRun, firmware, runCommand } from '../helpers/command.ts';
import { f405, profileFile } from '../helpers/profile-file.ts';

// Opening a port on Linux asserts both lines for a moment: on a board with RTS at NRST that is a reset. In each order the
// truth is what the board has really seen.

const usart = 'usart: { connected: true }';
const ids = 'vendorId: "0483", productId: "5740"';
const touch = `softJump: [{ trigger: touch-1200, via: target, ${ids} }]`;
const onUsb = `application: { expect: usb, ${ids} }`;
const heard = 'application: { expect: serial, match: "ready", timeout: 3s }';
const at = 'usb: { path: "1-2" }';
const asking = ['methods: [soft-jump]', touch];

const run = (argv: readonly string[], profile: string, scenario: string): Promise<CommandRun> =>
  runCommand([...argv, '--profile', profile, '--simulate', scenario, '--json'], { cwd: '/tmp' });

/** What the target has started, in order, and where the lines were moved meanwhile. */
const story = ({ truth }: CommandRun): readonly string[] =>
  truth.flatMap((event) => {
    if (event.what === 'boot0-sampled') return [event.boots];
    if (event.what === 'lines') return ['lines'];
    if (event.what === 'programmed') return ['programmed'];
    return [];
  });
const once = (steps: readonly string[]): readonly string[] => steps.filter((step, index) => step !== steps[index - 1]);

describe('a soft jump after which the USART is called', () => {
  test.each([
    ['a ROM without DFU, at a named place', ['target: { family: G07x_08x }', onUsb, at], 'healthy'],
    ['a ROM without DFU, at no named place', ['target: { family: G07x_08x }', onUsb], 'healthy'],
    ['a ROM whose DFU does not show, at a named place', [f405, onUsb, at], 'no-usb-healthy'],
    ['a ROM whose DFU does not show, and an application that is heard', [f405, heard, at], 'no-usb-healthy'],
  ])(
    '%s: the adapter is opened before, and the ROM that the jump has started is called',
    async (name, lines, scenario) => {
      const path = profileFile(`jump-${name.replaceAll(/\W/g, '-')}`, ...lines, usart, ...asking);
      const given =
        scenario === 'healthy' ? scenarioNamed('healthy') : { ...scenarioNamed('no-usb'), flash: 'healthy' as const };
      const bench = createSimBench({ profile: findProfile(path, { cwd: '/' }), scenario: given });
      const ran = await runCommand(['enter', '--profile', path, '--simulate', 'healthy', '--json'], { bench });
      expect(ran.result).toMatchObject({ ok: true, method: 'soft-jump', bootloader: 'usart' });
      expect(ran.result.attempts).toMatchObject([{ outcome: 'entered' }]);
      // All resets come before the jump; after it no line moves until they are released for good.
      expect(once(story(ran)).at(-1)).not.toBe('rom');
      expect(bench.boards[0].board.running).toMatch(/^ROM/);
    },
  );

  test('a ROM with DFU is reached without an adapter, and the job says what is missing', async () => {
    const path = profileFile('jump-no-adapter', f405, onUsb, at, usart, ...asking);
    const bench = createSimBench({
      profile: findProfile(path, { cwd: '/' }),
      scenario: { ...scenarioNamed('healthy'), adapter: { count: 0 } },
    });
    const flashed = await runCommand(['flash', firmware, '--profile', path, '--simulate', 'healthy', '--json'], {
      bench,
    });
    expect(flashed.result).toMatchObject({ ok: true, bootloader: 'dfu', application: 'seen' });
    const notes = flashed.events.filter(({ event }) => event === 'note').map(({ message }) => message);
    expect(notes).toContainEqual(
      expect.stringMatching(/^the USART of the ROM cannot be called: No USB-serial adapter/),
    );
  });

  test('without a USART it is not opened at all', async () => {
    const ran = await run(['flash', firmware], profileFile('jump-only', f405, onUsb, at, ...asking), 'healthy');
    expect(ran.result).toMatchObject({ ok: true, method: 'soft-jump', application: 'seen' });
    expect(story(ran)).not.toContain('lines');
  });

  test('an application that is heard: opened before the request, and the jump is not undone', async () => {
    const ran = await run(['flash', firmware], profileFile('jump-heard', f405, heard, at, ...asking), 'healthy');
    expect(ran.result).toMatchObject({ ok: true, method: 'soft-jump', bootloader: 'dfu', application: 'seen' });
    expect(once(story(ran)).indexOf('programmed')).toBeGreaterThan(once(story(ran)).lastIndexOf('application'));
  });
});

describe('a board that is in its bootloader at the named place', () => {
  const path = profileFile('there', f405, heard, usart, 'methods: [lines, manual]', at);
  const glitching = () => {
    const { adapter: _, ...inRom } = scenarioNamed('already-dfu');
    return createSimBench({ profile: findProfile(path, { cwd: '/' }), scenario: inRom });
  };
  test.each([
    [['flash', firmware, '--stay'], 'bootloader'],
    [['enter'], 'bootloader'],
    [['read', 'out.bin', '--length', '64'], 'bootloader'],
    [['verify', firmware], 'bootloader'],
    [['info'], 'bootloader'],
    [['erase', '--yes'], 'bootloader'],
  ])('%j: no line moves, and it stays there', async (argv) => {
    const bench = glitching();
    const ran = await runCommand([...argv, '--profile', path, '--simulate', 'already-dfu', '--json'], {
      bench,
      cwd: '/tmp',
    });
    expect(ran.result).toMatchObject({ method: 'already-there', target: 'bootloader' });
    expect(story(ran)).not.toContain('lines');
    expect(bench.boards[0].board.running).toMatch(/^ROM/);
  });
  test('flash: it is not entered anew; the reset that the opening is comes last, and the application is heard', async () => {
    const ran = await runCommand(['flash', firmware, '--profile', path, '--simulate', 'already-dfu', '--json'], {
      bench: glitching(),
    });
    expect(ran.result).toMatchObject({ ok: true, method: 'already-there', attempts: [], application: 'seen' });
    const steps = once(story(ran));
    expect(steps[0]).toBe('programmed');
    expect(steps.at(-1)).not.toBe('rom');
  });
});
