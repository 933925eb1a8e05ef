import { mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pageAccess } from '../../src/cli/given/page-access.ts';

const cwd = mkdtempSync(join(tmpdir(), 'bootctl-lead-'));
writeFileSync(join(cwd, 'lead'), ' BADGE-7 \r\nkept by Maria\n');
writeFileSync(join(cwd, 'empty'), '\n');

test.each([
  [{}, undefined],
  [{ BOOTCTL_LEAD: '1234' }, '1234'],
  [{ BOOTCTL_LEAD_FILE: 'lead' }, 'BADGE-7'],
  [{ BOOTCTL_LEAD: '', BOOTCTL_LEAD_FILE: '' }, undefined],
])('%j: the lead has %j', (env, lead) => {
  expect(pageAccess({ env, cwd })).toEqual({
    lead,
    ownNames: [hostname().toLowerCase(), `${hostname().toLowerCase()}.local`],
  });
});

test.each(['no-such-file', 'empty'])(
  'a file that says nothing is refused, so that nobody is lead by mistake: %s',
  (file) => {
    expect(() => pageAccess({ env: { BOOTCTL_LEAD_FILE: file }, cwd })).toThrow(/BOOTCTL_LEAD_FILE/);
  },
);
