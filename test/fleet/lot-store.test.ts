import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { BootctlError } from '../../src/base/errors.ts';
import type { LotRow } from '../../src/fleet/link/centre-talk.ts';
import { LotStore } from '../../src/fleet/link/lot-store.ts';
import { type LotDefinition, signDefinition, signerOf } from '../../src/fleet/lot/definition.ts';
import { openAt, recordsFolder } from '../helpers/records.ts';

const image = readFileSync('test/fixtures/firmware/blink-f405.hex');
const program = Buffer.from('#!/bin/sh\necho ok\n');
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const newKey = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const key = newKey();

const definition: LotDefinition = {
  ...{ format: 1, id: 'L1', quantity: 50, leaseSeconds: 3600 },
  profile: { name: 'rc-cap', text: readFileSync('hardware/profiles/rc-cap.yaml', 'utf8') },
  images: [{ name: 'boot.hex', sha256: sha256(image) }],
  programs: [{ name: 'label.sh', sha256: sha256(program) }],
  unit: { serial: { from: 'range', first: 1, last: 99 } },
  before: [{ name: 'label', command: ['./label.sh'] }],
};

const own = parse(`station: line2-a
fleet: postgres://db.example/fleet
image: of-this-file.hex
slots: { A1: { adapter: "1-3.1", target: "1-2.1" } }
`);

const rowOf = (changes: Partial<LotRow> = {}, signed = signDefinition(definition, key)): LotRow => ({
  ...{ id: 'L1', definition: signed.text, signature: signed.signature, signer: signed.signer },
  ...{ lease_seconds: 3600, state: 'open', held_by: null },
  ...changes,
});

function store() {
  const folder = recordsFolder();
  const records = openAt(join(folder, 'records.db'));
  const contents = new Map<string, Uint8Array>([image, program].map((content) => [sha256(content), content]));
  const fetched: string[] = [];
  const lots = new LotStore({
    records,
    folder: join(folder, 'lots'),
    signers: [signerOf(key)],
    own,
    ownFolder: folder,
  });
  return {
    ...{ folder, lots, contents, fetched },
    keep: (row: LotRow) =>
      lots.keep([row], async (hash) => {
        fetched.push(hash);
        return contents.get(hash)!;
      }),
    jig: () => lots.jigOf(lots.lots[0]!),
  };
}

test('a lot is fetched once, and read as the jig.yaml of this station', async () => {
  const { keep, jig, fetched, folder } = store();
  await keep(rowOf());
  await keep(rowOf());
  expect(fetched).toEqual([sha256(image), sha256(program)]);
  const { plan, image: read } = await jig();
  expect(plan).toMatchObject({ station: 'line2-a', lot: 'L1', quantity: 50, records: join(folder, 'records.db') });
  expect(plan.slots.map(({ name, adapter }) => [name, adapter])).toEqual([['A1', '1-3.1']]);
  expect(read.name).toContain('boot.hex');
  expect(plan.before).toMatchObject([{ name: 'label', command: [expect.stringMatching(/\/lots\/\w+\/label\.sh$/)] }]);
});

test.each<{ what: string; row: LotRow; says: string }>([
  {
    what: 'a definition with a changed byte',
    row: rowOf({ definition: signDefinition(definition, key).text.replace('"quantity":50', '"quantity":51') }),
    says: 'does not fit it',
  },
  {
    what: 'a changed signature',
    row: rowOf({ signature: signDefinition({ ...definition, quantity: 51 }, key).signature }),
    says: 'does not fit it',
  },
  {
    what: 'an unknown signer',
    row: rowOf({}, signDefinition(definition, newKey())),
    says: 'this station trusts SHA256:',
  },
  { what: 'the definition of another lot', row: rowOf({ id: 'L2' }), says: 'it is the definition of lot L1' },
])('$what is never run, and nothing of it is fetched', async ({ row, says }) => {
  const { keep, jig, fetched } = store();
  await keep(row);
  await expect(jig()).rejects.toMatchObject({ code: 'lot-unverified', message: expect.stringContaining(says) });
  expect(fetched).toEqual([]);
});

test('an image that is another one is not kept, and one that was changed here is not run', async () => {
  const { keep, jig, contents, folder } = store();
  contents.set(sha256(image), Buffer.from('another'));
  await keep(rowOf());
  await expect(jig()).rejects.toMatchObject({
    code: 'lot-incomplete',
    message: 'Lot L1 is not whole here: boot.hex is missing',
  });
  contents.set(sha256(image), image);
  await keep(rowOf());
  const path = join(folder, 'lots', sha256(Buffer.from(rowOf().definition)).slice(0, 32), 'boot.hex');
  const changed = Uint8Array.from(readFileSync(path));
  changed[100]! ^= 1;
  writeFileSync(path, changed);
  await expect(jig()).rejects.toMatchObject({
    code: 'lot-unverified',
    message: 'Lot L1 is not run: boot.hex is not the file that was signed',
  });
  await keep(rowOf());
  expect((await jig()).plan.lot).toBe('L1');
});

test('a file that the centre does not have leaves the lot incomplete, and the others are fetched', async () => {
  const { lots, jig, folder } = store();
  await lots.keep([rowOf()], async (hash) => {
    if (hash === sha256(image)) throw new BootctlError('lot-unknown', 'no lot of station a has this image');
    return program;
  });
  await expect(jig()).rejects.toMatchObject({ code: 'lot-incomplete' });
  const hashed = sha256(Buffer.from(rowOf().definition)).slice(0, 32);
  expect(readFileSync(join(folder, 'lots', hashed, 'label.sh'))).toEqual(program);
});

test('a lot that was stopped is known to be, also where its files cannot be fetched', async () => {
  const { lots } = store();
  const failing = lots.keep([rowOf({ state: 'held', held_by: 'a wrong label' })], () =>
    Promise.reject(new Error('cut')),
  );
  await expect(failing).rejects.toThrow('cut');
  expect(lots.lots).toMatchObject([{ id: 'L1', state: 'held', heldBy: 'a wrong label', lease: 3_600_000 }]);
});
