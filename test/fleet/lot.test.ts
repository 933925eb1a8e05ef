import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  fingerprint,
  mergedJig,
  type SignedDefinition,
  signDefinition,
  signerOf,
  verifiedDefinition,
} from '../../src/fleet/lot/definition.ts';
import { type ReadLot, readLot } from '../../src/fleet/lot/read-lot.ts';
import { readJig } from '../../src/jig/plan/read-jig.ts';
import { jigFolder } from '../helpers/jig-file.ts';

const lot = `id: "2611-A"
quantity: 500
lease: 8h
profile: rc-cap
image: [boot.hex, "app.bin@0x08010000"]
unit:
  serial: { from: range, first: 1, last: 999, format: "SN{number:06}" }
  patch: ["0x0801FF00=text:{serial}"]
gate: { command: [./bin/gate.sh, "--line"], timeout: 5s }
before:
  - { name: label, command: [print-label] }
limits: { enter: { high: 900ms } }
retests: 1
`;

const files = { 'app.bin': new Uint8Array(64).fill(7), 'lot.yaml': lot };
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

function lotFolder(text = lot) {
  const folder = jigFolder({ ...files, 'lot.yaml': text });
  mkdirSync(folder.path('bin'));
  writeFileSync(folder.path('bin/gate.sh'), '#!/bin/sh\necho \'{"ok":true}\'\n');
  return folder;
}

const readFrom = (folder: ReturnType<typeof lotFolder>): Promise<ReadLot> =>
  readLot(folder.path('lot.yaml'), { name: 'lot.yaml' });

const newKey = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

test('a lot.yaml becomes a definition with everything that it names by its hash', async () => {
  using folder = lotFolder();
  const { definition, numbers, contents } = await readFrom(folder);
  const boot = readFileSync(folder.path('boot.hex'));
  expect(definition).toEqual({
    ...{ format: 1, id: '2611-A', quantity: 500, leaseSeconds: 28_800 },
    profile: { name: 'rc-cap', text: readFileSync('hardware/profiles/rc-cap.yaml', 'utf8') },
    images: [
      { name: 'boot.hex', sha256: sha256(boot) },
      { name: 'app.bin', sha256: sha256(files['app.bin']), address: '0x08010000' },
    ],
    programs: [{ name: 'gate.sh', sha256: sha256(readFileSync(folder.path('bin/gate.sh'))) }],
    unit: {
      serial: { from: 'range', first: 1, last: 999, format: 'SN{number:06}' },
      patch: ['0x0801FF00=text:{serial}'],
    },
    gate: { command: ['./gate.sh', '--line'], timeout: '5s' },
    before: [{ name: 'label', command: ['print-label'] }],
    limits: { enter: { high: '900ms' } },
    retests: 1,
  });
  expect(numbers).toEqual({ first: 1, last: 999 });
  expect(contents.map(({ name }) => name)).toEqual(['gate.sh', 'boot.hex', 'app.bin']);
});

test('a station reads it as its own jig.yaml, and what is made comes from the lot', async () => {
  using office = lotFolder();
  const { definition, contents } = await readFrom(office);
  using cache = jigFolder({
    ...Object.fromEntries(contents.map(({ name, content }) => [name, content])),
    [`${definition.profile.name}.yaml`]: definition.profile.text,
  });
  const own = {
    ...{
      station: 'line2-a',
      fleet: 'postgres://jig-db/bootctl',
      image: 'old.hex',
      lot: 'old',
      quantity: 7,
      mode: 'batch',
    },
    slots: { A1: { adapter: '1-3.2', target: '1-2.1', profile: 'two-line' } },
    ...{ hold: { failuresInARow: 5 }, start: { on: ['insert', 'scan'], settle: '700ms' } },
  };
  const text = mergedJig(own, definition, '/etc/line2');
  const { plan, image, profiles } = await readJig(text, cache.path('jig.yaml'));
  expect(plan).toMatchObject({
    ...{ station: 'line2-a', lot: '2611-A', quantity: 500, mode: 'batch', records: '/etc/line2/records.db' },
    ...{ retests: 1, hold: { failuresInARow: 5 }, start: { on: ['insert', 'scan'], settle: 700 } },
    slots: [{ name: 'A1', adapter: '1-3.2', target: '1-2.1', profile: cache.path('rc-cap.yaml') }],
    unit: { serial: { first: 1, last: 999 } },
    gate: { command: [cache.path('gate.sh'), '--line'], timeout: 5000 },
    before: [{ name: 'label', command: ['print-label'] }],
    limits: [{ name: 'enter', high: 900 }],
  });
  expect(image.segments.at(-1)).toMatchObject({ address: 0x0801_0000, data: files['app.bin'] });
  expect(profiles.get('A1')?.id).toBe('rc-cap');
});

describe('what a station cannot verify', () => {
  const key = newKey();
  const signer = signerOf(key);
  const signed = async (): Promise<SignedDefinition> => {
    using folder = lotFolder();
    return signDefinition((await readFrom(folder)).definition, key);
  };

  test('is not run: another key, a changed text, another lot', async () => {
    const good = await signed();
    expect(verifiedDefinition('2611-A', good, [signer]).quantity).toBe(500);
    const other = signerOf(newKey());
    const refused = (id: string, definition: SignedDefinition, pinned: Parameters<typeof verifiedDefinition>[2]) =>
      expect(() => verifiedDefinition(id, definition, pinned));
    refused('2611-A', good, [other]).toThrow(
      expect.objectContaining({
        code: 'lot-unverified',
        message: `Lot 2611-A is not run: it is signed by ${fingerprint(signer)}, and this station trusts ${fingerprint(other)}`,
      }),
    );
    refused('2611-A', { ...good, text: good.text.replace('500', '501') }, [signer]).toThrow(
      expect.objectContaining({ code: 'lot-unverified', message: expect.stringContaining('does not fit it') }),
    );
    refused('2611-B', good, [signer]).toThrow(
      expect.objectContaining({ code: 'lot-unverified', message: expect.stringContaining('of lot 2611-A') }),
    );
  });

  test('a definition of a later form asks for a newer bootctl', async () => {
    const later = { ...JSON.parse((await signed()).text), format: 2 };
    expect(() => verifiedDefinition('2611-A', signDefinition(later, key), [signer])).toThrow(
      expect.objectContaining({ code: 'fleet-newer' }),
    );
  });
});

describe('a lot.yaml that is wrong is refused with its place', () => {
  test.each([
    ['quantity: 500', 'quantity: 1000', 'lot.yaml:2:11: quantity: found 1000, and unit.serial has 999 numbers'],
    ['quantity: 500', 'quantty: 500', 'lot.yaml:2:1: quantty: unknown key (did you mean "quantity"?)'],
    ['8h', '8', 'lot.yaml:3:8: lease: found 8'],
    ['profile: rc-cap', 'profile: rc-cup', 'lot.yaml:4:10: profile: No profile is named "rc-cup"'],
    ['boot.hex', 'no.hex', 'lot.yaml:5:9: image[0]: '],
    ['app.bin@', 'bin/boot.hex@', 'lot.yaml:5:19: image[1]: '],
    ['./bin/gate.sh', './gate.sh', 'lot.yaml:9:19: gate.command[0]: gate.sh cannot be read (ENOENT)'],
    [
      'from: range, first: 1, last: 999, format: "SN{number:06}"',
      'from: csv, file: u.csv, column: c',
      'lot.yaml:7:19: unit.serial.from: the rows of a CSV file belong to one station',
    ],
    ['text:{serial}', 'text:{color}', 'lot.yaml:8:11: unit.patch[0]: '],
    [
      'high: 900ms',
      'low: 1s, high: 900ms',
      'lot.yaml:12:18: limits.enter: the lower limit, 1000, is above the upper one, 900',
    ],
  ])('%s -> %s', async (from, to, message) => {
    using folder = lotFolder(lot.replace(from, to));
    await expect(readFrom(folder)).rejects.toMatchObject({
      code: 'lot-invalid',
      message: expect.stringContaining(message),
    });
  });
});
