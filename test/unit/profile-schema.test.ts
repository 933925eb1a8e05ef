import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { profileJsonSchema } from '../../src/board/profile/schema.ts';

const path = 'hardware/profiles/profile.schema.json';
const command = 'BOOTCTL_WRITE_SCHEMA=1 npx vitest run test/unit/profile-schema.test.ts && npx biome format --write';

test('the JSON Schema beside the profiles is that of the code', () => {
  const current = profileJsonSchema();
  if (process.env.BOOTCTL_WRITE_SCHEMA) writeFileSync(path, `${JSON.stringify(current, null, 2)}\n`);
  expect(JSON.parse(readFileSync(path, 'utf8')), `${path} is stale; run: ${command} ${path}`).toEqual(current);
});
test('it shows editors the contract: strict mappings, units as patterns', () => {
  expect(profileJsonSchema()).toMatchObject({
    additionalProperties: false,
    required: ['id', 'methods'],
    properties: {
      boot0: { properties: { capacitor: { type: 'string', pattern: expect.stringContaining('uF') } } },
      methods: { items: { enum: ['lines', 'rc-cap', 'soft-jump', 'manual'] } },
    },
  });
});
