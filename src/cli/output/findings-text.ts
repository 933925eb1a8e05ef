import { count } from '../../base/text.ts';
import type { Verdict } from '../../ops/doctor/doctor-check.ts';
import type { CheckedFinding } from '../../ops/doctor.ts';
import type { Colours } from './colours.ts';

/** A row a finding, its advice below it, and how many there are of what. */
export function findingLines(findings: readonly CheckedFinding[], colours: Colours): readonly string[] {
  const paint: Readonly<Record<Verdict, (text: string) => string>> = {
    ok: colours.green,
    warning: colours.yellow,
    problem: colours.red,
  };
  const width = Math.max(...findings.map(({ check }) => check.length));
  const counted = (verdict: Verdict) => count(findings.filter((one) => one.verdict === verdict).length, verdict);
  const lines = findings.flatMap(({ check, verdict, seen, advice }) => [
    `${paint[verdict](verdict.padEnd(7))}  ${check.padEnd(width)}  ${seen}`,
    ...(advice === undefined ? [] : [`${' '.repeat(width + 11)}${advice}`]),
  ]);
  return [...lines, '', `${counted('problem')}, ${counted('warning')}`];
}
