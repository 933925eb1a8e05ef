import type { LevelOfVdd, Milliseconds, Ohms, Volts } from '../../base/units.ts';
import { boot0Levels } from '../../chips/boot0-levels.ts';
import type { Chip } from '../../chips/chip.ts';
import { findChip } from '../../chips/find-chip.ts';
import { keptShare } from '../analysis/dielectrics.ts';
import type { ApplicationProof, BoardProfile, Boot0Circuit, NrstCircuit } from '../profile.ts';
import type { SoftJump } from '../soft-jump.ts';
import { resolveWiring } from './resolve-wiring.ts';
import type { ProfileFile } from './schema.ts';

/** The ROM's DFU device: the same ids for every STM32 (AN2606). */
const romDfu = { vendorId: '0483', productId: 'df11' };
/** AN3155 ROMs find the baud rate by themselves, so this is a rate that every adapter has. */
const defaultBaudRate = 115_200;
const applicationTimeout: Milliseconds = 5_000;
/** Far more than an RC circuit on BOOT0 takes to charge, and a firmware to reset. */
const selfChargeWait: Milliseconds = 1_000;
/**
 * Typical internal pull-up (30/40/50 kΩ, F103 data sheet) with 100 nF, the usual value and that of the reference
 * circuit.
 */
const defaultNrst: NrstCircuit = { pullUp: 40e3, capacitor: 100e-9, pulse: 10 };

/**
 * A threshold from the profile is proportional to the supply. Otherwise the family's threshold or a safe one applies.
 */
function resolveBoot0(boot0: NonNullable<ProfileFile['boot0']>, chip: Chip | undefined): Boot0Circuit {
  const supply = boot0.supply ?? 3.3;
  const stated = (volts: Volts | undefined): LevelOfVdd | undefined =>
    volts === undefined ? undefined : { ofVdd: volts / supply, plus: 0 };
  const family = boot0Levels(chip);
  const levels = { vih: stated(boot0.vih) ?? family.vih, vil: stated(boot0.vil) ?? family.vil };
  const at = ({ ofVdd, plus }: LevelOfVdd) => ofVdd * supply + plus;
  const drain = chip?.boot0?.drain;
  return {
    diodeDrop: 0,
    tolerance: 0.2,
    vih: at(levels.vih),
    vil: at(levels.vil),
    ...boot0,
    supply,
    ...(boot0.dielectric !== undefined && { kept: keptShare(boot0.dielectric) }),
    ...((boot0.vih === undefined || boot0.vil === undefined) && { levels }),
    ...(drain !== undefined && { drain }),
  };
}

/** The pull-up inside the target. If the profile states another value, an external pull-up is in parallel. */
function resolveNrst(stated: ProfileFile['nrst'], chip: Chip | undefined): NrstCircuit {
  const range = chip?.nrstPullUp;
  const nrst = { ...defaultNrst, ...(range && { pullUp: range.typical }), ...stated };
  if (!range) return nrst;
  const isInternal = nrst.pullUp >= range.min;
  const end = (extreme: Ohms) => (nrst.pullUp * extreme) / range.typical;
  return isInternal
    ? { ...nrst, slowestPullUp: Math.max(range.max, nrst.pullUp), fastestPullUp: range.min }
    : { ...nrst, slowestPullUp: end(range.max), fastestPullUp: end(range.min) };
}

function resolveApplication(application: ProfileFile['application'], baudRate: number): ApplicationProof {
  if (!application || application.expect === 'none') return { expect: 'none' };
  const timeout = application.timeout ?? applicationTimeout;
  if (application.expect === 'serial') return { baudRate, ...application, timeout };
  const { path, ...expected } = application;
  const place = path === 'any' ? { isAnywhere: true as const } : path === undefined ? {} : { path };
  return { ...expected, ...place, timeout };
}

function resolveSoftJump(jump: NonNullable<ProfileFile['softJump']>[number], baudRate: number): SoftJump {
  if (jump.trigger === 'serial-command') return { baudRate, ...jump };
  if (jump.trigger === 'self-charge') return { baudRate, wait: selfChargeWait, ...jump };
  return jump.trigger === 'dfu-detach' ? { via: 'target', ...jump } : jump;
}

/** A profile with all defaults filled in; its physics are not checked yet. */
export function resolveProfile(file: ProfileFile): BoardProfile {
  const {
    target,
    wiring,
    commands,
    boot0,
    usart,
    softJump = [],
    application,
    description = '',
    adapter = {},
    ...rest
  } = file;
  const baudRate = usart?.baudRate ?? defaultBaudRate;
  const { family, applicationStart } = target ?? {};
  const chip = family === undefined ? undefined : findChip(family);
  return {
    ...rest,
    ...(family !== undefined && { target: { family } }),
    ...(applicationStart !== undefined && { applicationStart }),
    description,
    adapter,
    ...resolveWiring(wiring, commands),
    idleEntersBootloader: wiring?.idleEntersBootloader === 'accepted',
    ...(boot0 && { boot0: resolveBoot0(boot0, chip) }),
    nrst: resolveNrst(file.nrst, chip),
    usart: { ...usart, connected: usart?.connected ?? false, baudRate },
    usb: { ...romDfu, ...file.usb },
    softJump: softJump.map((entry) => resolveSoftJump(entry, baudRate)),
    application: resolveApplication(application, baudRate),
  };
}
