import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { PortInfo } from '../../bench/serial-link.ts';
import { capacitorShare } from '../../board/calibration/contradictions.ts';
import { gpioLines } from '../../board/circuit/host-lines.ts';
import { usesModemLines } from '../../board/circuit/wiring.ts';
import { bootLadder, movesLines } from '../../board/ladder.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { explained, quirksThatExplain, romUsarts } from '../../chips/chip.ts';
import { findChip } from '../../chips/find-chip.ts';
import { programsOf } from '../job/adapter/board-lines.ts';
import { describePort, filterFor } from '../job/adapter/open-adapter.ts';
import { type Check, type DoctorFacts, type Finding, troubleFinding } from './doctor-check.ts';

/** The planner leaves the host 5 ms at least; below twice that, a busy host misses hold windows (ours). */
const comfortable: Milliseconds = 10;

const valid: Check = ({ wanted }) => {
  if (!wanted) return [];
  const { profile } = wanted;
  return [
    profile instanceof BootctlError
      ? troubleFinding('problem', profile)
      : { verdict: 'ok', seen: `profile ${profile.id} is valid: ${profile.description}` },
  ];
};

/** A check of a profile that could be read. */
const ofProfile =
  (check: (profile: BoardProfile, facts: DoctorFacts) => readonly Finding[]): Check =>
  (facts) => {
    const profile = facts.wanted?.profile;
    return profile === undefined || profile instanceof BootctlError ? [] : check(profile, facts);
  };

const needsAdapter = (profile: BoardProfile): boolean =>
  profile.usart.connected ||
  (movesLines(profile) && (!profile.hostLines || usesModemLines(profile))) ||
  profile.softJump.some(({ via }) => via === 'adapter');

const adapter = ofProfile((profile, { wanted }) => {
  const found = wanted?.adapter;
  if (!found || !needsAdapter(profile)) return [];
  return [
    found instanceof BootctlError
      ? troubleFinding('problem', found)
      : { verdict: 'ok', seen: `the adapter of the profile is ${describePort(found)}${filterAdvice(profile, found)}` },
  ];
});

/** Lines that are GPIO of this host. */
const gpio = ofProfile(({ hostLines = {} }, { wanted }) => {
  const lines = gpioLines(hostLines).map(({ chip, offset }) => `${offset} of ${chip}`);
  if (lines.length === 0) return [];
  if (wanted?.gpio) return [troubleFinding('problem', wanted.gpio)];
  return [{ verdict: 'ok', seen: `line ${lines.join(' and line ')}: nobody holds it, and this user may` }];
});

/** Programs that move a pin; none is run. */
const commands = ofProfile((profile, { wanted }) => {
  const programs = programsOf(profile).map(([program]) => program);
  if (programs.length === 0) return [];
  if (wanted?.commands) return [troubleFinding('problem', wanted.commands)];
  return [{ verdict: 'ok', seen: `${[...new Set(programs)].join(', ')} of \`commands\` can be run by this user` }];
});

/** A second adapter, plugged in later, would fit a profile without a filter as well. */
function filterAdvice({ adapter: filter }: BoardProfile, port: PortInfo): string {
  if (filter.serialNumber !== undefined || filter.path !== undefined) return '';
  const own = filterFor([port], port);
  return own === undefined ? '' : `; \`adapter: { ${own} }\` in the profile tells it from others`;
}

/** USB path of the hub that a path hangs on, `usb1` for a root port. */
function hubExists(path: string, { host, inventory }: DoctorFacts): boolean {
  const dot = path.lastIndexOf('.');
  if (dot >= 0) return inventory.usbDevices.some((device) => device.path === path.slice(0, dot));
  return host.usbBuses?.includes(Number.parseInt(path, 10)) ?? true;
}

const usbPath = ofProfile(({ usb: { path } }, facts) => {
  if (path === undefined) return [];
  const there = facts.inventory.usbDevices.find((device) => device.path === path);
  if (there) return [{ verdict: 'ok', seen: `at USB path ${path} is ${there.vendorId}:${there.productId}` }];
  if (hubExists(path, facts)) return [{ verdict: 'ok', seen: `USB path ${path} exists; nothing shows there now` }];
  const advice = 'See `bootctl list` for the paths: they change when a hub is plugged in elsewhere.';
  return [{ verdict: 'problem', seen: `there is no USB path ${path}: the hub above it is missing`, advice }];
});

const target = ofProfile(({ target: named, usart, usb }) => {
  const family = named && findChip(named.family);
  if (!family) {
    const advice = 'Name it in `target` of the profile: then waits and checks follow its own figures.';
    return [{ verdict: 'warning', seen: 'the profile names no target', advice }];
  }
  if (usb.connected === false)
    return [{ verdict: 'ok', seen: `the profile uses the USART of ${family.name}: its USB goes nowhere` }];
  if (family.hasDfu) return [{ verdict: 'ok', seen: `the ROM of ${family.name} has USB DFU` }];
  const seen = `the ROM of ${family.name} has no USB DFU (AN2606, Table 3)`;
  if (usart.connected) return [{ verdict: 'ok', seen: `${seen}; the profile uses its USART` }];
  const advice = `Connect TX and RX of the adapter, crossed, to a USART of the ROM (${romUsarts(family)}) and set \`usart: { connected: true }\` in the profile.`;
  return [{ verdict: 'problem', seen, advice }];
});

/** What the ROM of the line is known for that shows as no DFU device, or as blocks that break off. */
const peculiarities = ofProfile(({ target: named, usb }) => {
  if (usb.connected === false) return [];
  const family = named && findChip(named.family);
  const texts = explained.flatMap((what) => quirksThatExplain(family, what));
  return texts.map((text) => ({ verdict: 'ok', seen: `known of ${text}` }));
});

/** What `profile check` warns of. */
const warnings: Check = ({ wanted }) =>
  (wanted?.warnings ?? []).map((seen) => {
    const advice = 'Correct the profile or the wiring: hardware/README.md has the values.';
    return { verdict: 'warning', seen, advice };
  });

/** The first sequence of each method, with what its worst corner leaves over. */
const margins = ofProfile((profile) => [
  ...lastCalibration(profile),
  ...bootLadder(profile).flatMap(({ method, change, plan }): readonly Finding[] => {
    if (!plan || change !== 'nominal') return [];
    const seen = `${method} has a margin of ${plan.margin.toFixed(1)} ms in the worst corner`;
    if (plan.margin >= comfortable) return [{ verdict: 'ok', seen }];
    const advice = 'Use a larger capacitor or bleed resistor: `bootctl profile show` lists the times.';
    return [{ verdict: 'warning', seen, advice }];
  }),
]);

/** What the last calibration says, beside the parts list; a contradiction is a warning of the profile. */
function lastCalibration({ boot0, nrst, measured }: BoardProfile): readonly Finding[] {
  if (!measured?.hold || !boot0) return [];
  const { low, high } = measured.hold;
  const share = Math.round(capacitorShare(boot0, nrst, measured.hold) * 100);
  const seen = `by the calibration of ${measured.at} BOOT0 holds for ${low.toFixed(1)} to ${high.toFixed(1)} ms, at most ${share} % of what the parts and VIH say`;
  return [{ verdict: 'ok', seen }];
}

/** The board that the job is for. */
export const profileChecks = {
  profile: valid,
  'profile-adapter': adapter,
  'profile-gpio': gpio,
  'profile-commands': commands,
  'profile-usb-path': usbPath,
  'profile-target': target,
  'profile-peculiarities': peculiarities,
  'profile-margins': margins,
  'profile-warnings': warnings,
} as const satisfies Record<string, Check>;
