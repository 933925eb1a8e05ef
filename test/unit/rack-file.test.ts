import { expect, test } from 'vitest';
import { isBootctlError } from '../../src/base/errors.ts';
import { readRack } from '../../src/fleet/rack/rack-file.ts';

const board = 'profile: rc-cap, adapter: "1-3.2", target: "1-2.1"';
const refusal = (text: string, places?: (place: string) => string | undefined): string => {
  try {
    readRack(text, '/lab/boards.yaml', { name: 'boards.yaml', places });
  } catch (error) {
    if (isBootctlError(error, 'rack-invalid')) return error.message;
    throw error;
  }
  return '';
};

test('a board has the places of its adapter and its target in its profile', () => {
  const rack = readRack(`worker: rack-1\nboards:\n  crane: { ${board} }\n`, '/lab/boards.yaml', {
    places: (place) => place,
  });
  expect(rack.worker).toBe('rack-1');
  expect(rack.boards.map(({ name, profile }) => [name, profile.id, profile.adapter, profile.usb.path])).toEqual([
    ['crane', 'rc-cap', { path: '1-3.2' }, '1-2.1'],
  ]);
});

test('one of several ports of an adapter stays one, and the first interface of a target is the target', () => {
  const text =
    'worker: a\nboards:\n  b: { profile: rc-cap, adapter: "pci-0000:00:14.0-usb-0:3.2:1.1", target: "pci-0000:00:14.0-usb-0:2.1:1.0" }';
  const rack = readRack(text, '/lab/boards.yaml', {
    places: (place) => place.replace('pci-0000:00:14.0-usb-0:', '1-'),
  });
  expect(rack.boards.map(({ profile }) => [profile.adapter, profile.usb.path])).toEqual([
    [{ path: '1-3.2:1.1' }, '1-2.1'],
  ]);
});

test.each([
  ['boards: {}', 'boards.yaml:1:1: worker: missing; allowed: letters'],
  ['worker: a\nboards: {}', 'boards.yaml:2:9: boards: no board is described'],
  ['worker: a\nboards:\n  "b c": { profile: rc-cap, adapter: "1-3.2", target: "1-2.1" }', 'boards.yaml:3:3: boards'],
  [
    'worker: a\nboards:\n  b: { profile: no-such, adapter: "1-3.2", target: "1-2.1" }',
    'boards.yaml:3:17: boards.b.profile',
  ],
  [
    'worker: a\nboards:\n  b: { profile: rc-cap, adapter: "1:3", target: "1-2.1" }',
    'boards.yaml:3:34: boards.b.adapter',
  ],
  [`worker: a\nboards:\n  b: { ${board} }\n  c: { ${board} }`, 'boards.c.adapter: the adapter of b is there as well'],
  [`worker: a\nboards:\n  b: { ${board}, power: "1-1#1" }`, 'unknown key'],
])('%j is refused: %s', (text, message) => {
  expect(refusal(text)).toContain(message);
});

test('a place of a controller that this host lacks is named', () => {
  const text = `worker: a\nboards:\n  b: { ${board} }`;
  expect(refusal(text, () => undefined)).toBe(
    'boards.yaml:3:34: boards.b.adapter: this computer has no controller of the place 1-3.2; `bootctl jig check` shows its controllers',
  );
});
