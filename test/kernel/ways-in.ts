import { expect } from 'vitest';
import { boardOf, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { placeOf, setUp } from './kernel-test.ts';
import { type CaseProfile, changed, giveProfile, profileOf, seen } from './profiles.ts';

/** Does the main job on a board of this profile at a named place, and looks at what physically happened. */
export async function recoverOn(profile: CaseProfile, scenario: Parameters<typeof boardOf>[2]) {
  const { board } = await setUp({
    boards: [boardOf('board', profileOf(profile), scenario)],
    adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
  });
  const { result } = await bootctl(['recover', firmware, '--profile', await giveProfile(profile), ...placeOf(board)]);
  expect(result?.error).toBeNull();
  await expectFlashed('board');
  return result;
}

export const twoLine = (id: string, ...more: (readonly [string, string])[]) =>
  changed(id, 'two-line', [['id: two-line', `id: ${id}`], ...more]);

/** A two-line board whose application is asked first, by this trigger. */
export const asked = (trigger: string) =>
  twoLine(`${/\w+/.exec(trigger)?.[0]}-asked`, seen, [
    'methods: [lines, manual]',
    `methods: [soft-jump, lines]\nsoftJump: [{ trigger: ${trigger} }]`,
  ]);
