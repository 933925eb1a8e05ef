import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { hardwareFolder } from '../../src/base/hardware-folder.ts';
import type { Random } from './random.ts';
import { type Family, familyNames } from './silicon.ts';

/** The built-in profiles from which those of the campaign are made. */
export const bases = [
  'rc-cap',
  'two-line',
  'cross-coupled',
  'soft-jump',
  'micropython',
  'betaflight',
  'klipper',
] as const;
export type Base = (typeof bases)[number];

/** A built-in profile, and what is changed in it; absent is as it was. */
export interface ProfileChoice {
  readonly base: Base;
  /** `null` takes the line out: what is not named has to be found out. */
  readonly family: Family | null;
  readonly path?: '1-2';
  readonly usart?: boolean;
  readonly application?: 'none';
  readonly methods?: readonly string[];
}

export function drawProfile(random: Random, family: Family): ProfileChoice {
  const base = random.weighted({
    'rc-cap': 40,
    'two-line': 20,
    'cross-coupled': 12,
    'soft-jump': 14,
    micropython: 5,
    betaflight: 5,
    klipper: 4,
  });
  const named = random.weighted({ right: 80, none: 16, wrong: 4 });
  const hasLines = base === 'rc-cap' || base === 'two-line' || base === 'cross-coupled' || base === 'soft-jump';
  return {
    base,
    family: named === 'right' ? family : named === 'none' ? null : random.pick(familyNames),
    ...(random.chance(0.35) ? { path: '1-2' as const } : {}),
    ...(hasLines && random.chance(0.3) ? { usart: true } : {}),
    ...(hasLines && base !== 'soft-jump' && random.chance(0.2) ? { application: 'none' as const } : {}),
    ...(base === 'soft-jump' && random.chance(0.4) ? { methods: ['soft-jump'] } : {}),
  };
}

const texts = new Map<Base, string>();

/** The profile as a user would have written it. */
export function profileText({ base, family, path, usart, application, methods }: ProfileChoice): string {
  const text = texts.get(base) ?? readFileSync(join(hardwareFolder('profiles'), `${base}.yaml`), 'utf8');
  texts.set(base, text);
  const { target: _, ...document } = parse(text);
  return stringify({
    ...document,
    id: 'board',
    ...(family ? { target: { family } } : {}),
    ...(path ? { usb: { ...document.usb, path } } : {}),
    ...(usart ? { usart: { ...document.usart, connected: true } } : {}),
    ...(application ? { application: { expect: application } } : {}),
    ...(methods ? { methods } : {}),
  });
}

/** Whether an adapter's lines can bring this board into its ROM. */
export const hasLines = ({ base, methods }: ProfileChoice): boolean =>
  methods === undefined && !['micropython', 'betaflight', 'klipper'].includes(base);
