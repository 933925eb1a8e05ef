import { BootctlError } from '../../base/errors.ts';
import { didYouMean } from '../../base/near-names.ts';
import { address32 } from '../../base/text.ts';
import { valueIssue, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import { chipKeys, findChip } from '../../chips/find-chip.ts';
import { usualFlash } from '../../image/usual-flash.ts';
import { commandLines } from '../circuit/host-lines.ts';
import type { MethodName } from '../circuit/plan.ts';
import { isLineMethod, planEntry } from '../circuit/planner.ts';
import { handOf, idleLines, pinsOf } from '../circuit/wiring.ts';
import type { BoardProfile } from '../profile.ts';
import { noWiring } from './resolve-wiring.ts';

export interface CheckOptions {
  /** Parts with which a method has no plan are no fault: who analyses a circuit says more about them. */
  readonly allowsNoPlan?: boolean;
}

/** A closed port releases both lines. That state therefore decides how the board starts without bootctl. */
function idleIssues({ wiring, idleEntersBootloader }: BoardProfile): readonly YamlIssue[] {
  const { boot0, nrst } = pinsOf(wiring, idleLines);
  if (nrst === 0) {
    return [
      valueIssue(['wiring'], 'with both lines released NRST is 0: the board would stay in reset while no port is open'),
    ];
  }
  if (boot0 === 0 || idleEntersBootloader) return [];
  return [
    valueIssue(
      ['wiring'],
      'with both lines released BOOT0 is 1: the board would start its bootloader while no port is open; ' +
        'swap the polarity, or add `idleEntersBootloader: accepted` here if that is meant',
    ),
  ];
}

function boot0Issues({ boot0 }: BoardProfile): readonly YamlIssue[] {
  if (!boot0) return [];
  const { vih, vil, supply, diodeDrop } = boot0;
  const volts = (number: number) => `${number.toFixed(2)} V`;
  return [
    ...(vih > vil ? [] : [valueIssue(['boot0', 'vih'], `VIH ${volts(vih)} is not above VIL ${volts(vil)}`)]),
    ...(vih < supply
      ? []
      : [valueIssue(['boot0', 'vih'], `VIH ${volts(vih)} is not below the supply, ${volts(supply)}`)]),
    ...(diodeDrop < supply
      ? []
      : [valueIssue(['boot0', 'diodeDrop'], `the diode takes ${volts(diodeDrop)} of a supply of ${volts(supply)}`)]),
  ];
}

function methodIssue(method: MethodName, profile: BoardProfile, { allowsNoPlan }: CheckOptions): string | undefined {
  if (method === 'soft-jump' && profile.softJump.length === 0) return 'soft-jump needs an entry in `softJump`';
  if (!isLineMethod(method)) return undefined;
  if (profile.wiring === noWiring) return `${method} moves lines: it needs \`wiring\``;
  const hand = handOf(profile.wiring);
  if (hand)
    return `${method} moves both pins, and no line moves ${hand.toUpperCase()}: the method for that is \`manual\``;
  if (method === 'rc-cap' && commandLines(profile.hostLines ?? {}).length > 0) {
    return 'rc-cap has to keep the hold window of a capacitor, and nobody knows how long a command takes: the method with commands is `lines`';
  }
  if (allowsNoPlan) return undefined;
  try {
    planEntry(method, profile.wiring, profile);
    return undefined;
  } catch (error) {
    if (error instanceof BootctlError) return error.message;
    throw error;
  }
}

/** An application that is asked over its own USB must be distinguishable from other USB devices. */
function softJumpIssues({ softJump, application, usb }: BoardProfile): readonly YamlIssue[] {
  const isKnown = application.expect === 'usb' || usb.path !== undefined;
  return softJump.flatMap((jump, index) => {
    if (jump.via === 'adapter' || isKnown || jump.vendorId !== undefined) return [];
    const message = `${jump.trigger} over the target's own USB needs its vendorId and productId here, or \`application: { expect: usb, … }\`, or \`usb.path\``;
    return [valueIssue(['softJump', index], message)];
  });
}

/** A target whose USB goes nowhere has only its USART, and nothing of it can be expected on USB. */
function usbIssues({ usb, usart, application, softJump }: BoardProfile): readonly YamlIssue[] {
  if (usb.connected !== false) return [];
  const nowhere = 'but `usb: { connected: false }` says that the USB of the target goes nowhere';
  return [
    ...(usart.connected
      ? []
      : [
          valueIssue(
            ['usb', 'connected'],
            'without its USB the target needs `usart: { connected: true }` to be reached at all',
          ),
        ]),
    ...(usb.path === undefined ? [] : [valueIssue(['usb', 'path'], `a place on USB, ${nowhere}`)]),
    ...(application.expect === 'usb' ? [valueIssue(['application', 'expect'], `usb, ${nowhere}`)] : []),
    ...softJump.flatMap((jump, index) =>
      jump.via === 'target'
        ? [valueIssue(['softJump', index], `${jump.trigger} over the target's own USB, ${nowhere}`)]
        : [],
    ),
  ];
}

function startIssues({ target, applicationStart }: BoardProfile): readonly YamlIssue[] {
  if (applicationStart === undefined) return [];
  const chip = target && findChip(target.family);
  const base = chip?.flashBase ?? usualFlash.start;
  const end = base + (chip?.largestFlash ?? usualFlash.end - usualFlash.start);
  if (base <= applicationStart && applicationStart < end) return [];
  const flash = `${address32(base)} to ${address32(end - 1)}`;
  const message = `found ${address32(applicationStart)}; the flash of ${chip?.name ?? 'an STM32'} is ${flash}`;
  return [valueIssue(['target', 'applicationStart'], message)];
}

function targetIssues({ target }: BoardProfile): readonly YamlIssue[] {
  const known = chipKeys();
  if (!target || known.includes(target.family)) return [];
  const family = target.family;
  return [
    valueIssue(
      ['target', 'family'],
      `found ${JSON.stringify(family)}${didYouMean(family, known)}; allowed: ${known.join(', ')}`,
    ),
  ];
}

/** Faults that the schema cannot find: contradictions of circuit, wiring and methods, and of the id with `fileId`. */
export function profileIssues(profile: BoardProfile, fileId: string, options: CheckOptions = {}): readonly YamlIssue[] {
  const boot0 = boot0Issues(profile);
  // Times of an impossible circuit would only repeat its faults.
  const methods = boot0.length > 0 ? [] : profile.methods;
  return [
    ...(profile.id === fileId
      ? []
      : [valueIssue(['id'], `found ${profile.id}; allowed: ${fileId}, the name of the file`)]),
    ...targetIssues(profile),
    ...startIssues(profile),
    ...usbIssues(profile),
    ...idleIssues(profile),
    ...boot0,
    ...softJumpIssues(profile),
    ...methods.flatMap((method, index) => {
      const message = methodIssue(method, profile, options);
      return message === undefined ? [] : [valueIssue(['methods', index], message)];
    }),
  ];
}
