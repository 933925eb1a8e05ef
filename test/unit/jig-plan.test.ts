import { expect, test } from 'vitest';
import { planOfJig } from '../../src/jig/plan/read-jig.ts';
import { after, faultsOf, jigFolder, shortest } from '../helpers/jig-file.ts';

test('the shortest file, with all defaults', async () => {
  using folder = jigFolder();
  const { plan, profiles, image, rows } = await folder.read(shortest);
  expect(plan).toEqual({
    station: 'line2-a',
    lot: 'line2-a',
    quantity: undefined,
    image: [folder.path('boot.hex')],
    slots: [{ name: 'A1', adapter: '1-3.2', target: '1-2.1', power: undefined, profile: 'rc-cap' }],
    adapters: 'jig',
    start: { on: ['insert'], settle: 500 },
    mode: 'parallel',
    together: 1,
    unit: { serial: undefined, identifies: false, patch: [], secret: [], again: 'refuse', failed: 'retry' },
    gate: undefined,
    before: [],
    after: [],
    limits: [],
    retests: 2,
    hold: { failuresInARow: 3, golden: undefined },
    page: { host: '127.0.0.1', port: 8470, token: undefined },
    records: folder.path('records.db'),
  });
  expect(profiles.get('A1')?.id).toBe('rc-cap');
  expect(image.bytes).toBeGreaterThan(100);
  expect(rows).toEqual([]);
});

test('every key there is', async () => {
  using folder = jigFolder({
    'app.bin': new Uint8Array(256).fill(1),
    'units.csv': 'sn,key\nSN-001,0011\nSN-002,0022\n',
  });
  const { plan, rows } = await folder.read(`
station: line2-a
lot: 2611-A
quantity: 500
profile: rc-cap
image: [boot.hex, "app.bin@0x08060000"]
slots:
  A1: { adapter: "pci-0000:00:14.0-usb-0:3.2", target: "pci-0000:00:14.0-usb-0:2.1", power: "1-3#2" }
  A2: { adapter: "1-3.3", target: "1-2.2", profile: two-line }
  A3: { adapter: "1-3.4", target: "1-2.3" }
start: { on: [scan, button], settle: 1s }
mode: batch
together: 2
unit:
  serial: { from: csv, file: units.csv, column: sn }
  patch: ["0x0807FF00=text:{serial:16}", "0x0807FF20={key}"]
  secret: [key]
  again: reprogram
  failed: burn
gate: { command: [./mes.sh, --ask], timeout: 3s }
before:
  - { name: label, command: [./label.sh], timeout: 5s }
after:
  - name: self-test
    baudRate: 9600
    talk:
      - { send: "selftest\\r\\n", expect: 'vdd=(?<vdd>[0-9.]+)', timeout: 4s }
      - { expect: '^OK$' }
limits: { enter: { high: 1.5s }, holdMargin: { low: 5ms }, program: { low: 60kB/s }, vdd: { low: 3.2, high: 3.4, unit: V } }
retests: 0
hold: { failuresInARow: 5, golden: { every: 8h, units: { GOLD-1: pass, GOLD-BAD: application-not-seen } } }
page: { listen: "0.0.0.0:80", token: 0123456789abcdef }
records: ../records/line2.db
`);
  expect(plan).toMatchObject({
    lot: '2611-A',
    quantity: 500,
    image: [folder.path('boot.hex'), `${folder.path('app.bin')}@0x08060000`],
    slots: [{ power: '1-3#2' }, { profile: 'two-line' }, { profile: 'rc-cap', power: undefined }],
    start: { on: ['scan', 'button'], settle: 1000 },
    mode: 'batch',
    together: 2,
    unit: {
      serial: { from: 'csv', file: folder.path('units.csv'), column: 'sn' },
      secret: ['key'],
      again: 'reprogram',
      failed: 'burn',
    },
    gate: { name: 'gate', command: [folder.path('mes.sh'), '--ask'], timeout: 3000 },
    before: [{ name: 'label', command: [folder.path('label.sh')], timeout: 5000 }],
    after: [
      {
        name: 'self-test',
        baudRate: 9600,
        talk: [
          { send: 'selftest\r\n', expect: /vdd=(?<vdd>[0-9.]+)/mu, timeout: 4000 },
          { send: undefined, expect: /^OK$/mu, timeout: 2000 },
        ],
      },
    ],
    limits: [
      { name: 'enter', low: undefined, high: 1500, unit: 'ms' },
      { name: 'holdMargin', low: 5, high: undefined, unit: 'ms' },
      { name: 'program', low: 60, high: undefined, unit: 'kB/s' },
      { name: 'vdd', low: 3.2, high: 3.4, unit: 'V' },
    ],
    retests: 0,
    hold: {
      failuresInARow: 5,
      golden: { every: 28_800_000, units: { 'GOLD-1': 'pass', 'GOLD-BAD': 'application-not-seen' } },
    },
    page: { host: '0.0.0.0', port: 80, token: '0123456789abcdef' },
    records: folder.path('../records/line2.db'),
  });
  expect(rows).toEqual([
    { sn: 'SN-001', key: '0011' },
    { sn: 'SN-002', key: '0022' },
  ]);
});

test('the example of the contract is a plan, but for its fleet', async () => {
  using folder = jigFolder({ 'app.bin': new Uint8Array(256).fill(1) });
  const { plan } = await folder.read(`
station: line2-a
profile: rc-cap                       # of all slots, unless a slot names its own
image: [boot.hex, "app.bin@0x08040000"]
slots:
  A1: { adapter: "1-3.2", target: "1-2.1" }                         # USB paths; or controller-relative:
  A2: { adapter: "pci-0000:00:14.0-usb-0:3.3", target: "pci-0000:00:14.0-usb-0:2.2" }
start: { on: [insert] }                 # insert, scan, button, or several: [insert, scan]
mode: parallel                          # sequential, parallel, batch
unit:
  serial: { from: range, first: 1000, last: 1999, format: "SN{number:06}" }
  patch: ["0x0800FF00=text:{serial}", "0x0800FF20=u32:{number}"]
  again: refuse                         # a unit that has passed before: refuse · reprogram (same serial)
  failed: retry                         # its serial: retry (the same unit takes it again) · burn
page: { listen: "127.0.0.1:8470" }
records: ./records.db
`);
  expect(plan.unit.serial).toEqual({ from: 'range', first: 1000, last: 1999, format: 'SN{number:06}' });
  expect(plan.together).toBe(2);
});

/** The slots of the shortest file replaced by these. */
const slots = (...lines: readonly string[]) =>
  shortest.replace(/ {2}A1.*\n/, lines.map((line) => `  ${line}\n`).join(''));

test.each<[what: string, text: string, faults: readonly (string | RegExp)[]]>([
  ['nothing', '', [/^jig\.yaml:1:1: found nothing; allowed: a mapping with the keys station, lot, /]],
  [
    'unknown keys, with near names, all at once',
    'station: a\nprofil: rc-cap\nimage: boot.hex\nslots:\n  A1: { adaptor: "1-3", target: "1-2" }\n',
    [
      /^jig\.yaml:2:1: profil: unknown key \(did you mean "profile"\?\); allowed: station, lot/,
      /^jig\.yaml:5:3: slots\.A1\.adapter: missing; allowed: a place on USB in quotes/,
      /^jig\.yaml:5:9: slots\.A1\.adaptor: unknown key \(did you mean "adapter"\?\); allowed: adapter, target, power, profile/,
    ],
  ],
  ['no YAML', 'station: [', [/^jig\.yaml:1:\d+: /]],
  ['two documents', `${shortest}---\na: 1\n`, ['jig.yaml:6:1: a second YAML document starts here; a jig.yaml is one']],
  [
    'a name with a space',
    shortest.replace('line2-a', 'line 2'),
    ['jig.yaml:1:10: station: found "line 2"; allowed: letters, digits, - . and _, 64 at most'],
  ],
  [
    'a fleet, for now',
    after('fleet: postgres://station@host/bootctl'),
    [
      'jig.yaml:6:1: fleet: what this station makes comes from the lots of its fleet: `bootctl jig run` makes them; leave this out to make what stands in this file',
    ],
  ],
  ['no slot', shortest.replace(/slots:.*/s, ''), [/slots: no slot is described; `bootctl jig pair` finds them/]],
  [
    'a port of an adapter that another slot has',
    slots(
      'A1: { adapter: "1-3:1.0", target: "1-2.1" }',
      'A2: { adapter: "1-3:1.1", target: "1-2.2" }',
      'A3: { adapter: "1-3:1.0", target: "1-2.3" }',
      'A4: { adapter: "1-3", target: "1-2.4" }',
    ),
    [
      'jig.yaml:7:18: slots.A3.adapter: the adapter of A1 is there as well',
      'jig.yaml:8:18: slots.A4.adapter: the adapter of A1 is there as well',
    ],
  ],
  [
    'a target with an interface',
    slots('A1: { adapter: "1-3", target: "1-2.4:1.0" }'),
    [/slots\.A1\.target: found "1-2\.4:1\.0"; allowed: a place on USB in quotes/],
  ],
  [
    'units that bring one adapter for two',
    `${slots('A1: { adapter: "1-3:1.0", target: "1-2.1" }', 'A2: { adapter: "1-3:1.1", target: "1-2.2" }')}adapters: unit\n`,
    ['jig.yaml:6:18: slots.A2.adapter: with `adapters: unit` each unit brings its own, and A1 has this one'],
  ],
  [
    'two slots with one adapter, and one with one place for both',
    slots(
      'A1: { adapter: "1-3.2", target: "1-2.1" }',
      'A2: { adapter: "1-3.2", target: "1-2.2" }',
      'A3: { adapter: "1-4", target: "1-4" }',
    ),
    [
      'jig.yaml:6:18: slots.A2.adapter: the adapter of A1 is there as well',
      'jig.yaml:7:33: slots.A3.target: the adapter of A3 is there as well',
    ],
  ],
  [
    'one place under two names of udev',
    slots(
      'A1: { adapter: "pci-0000:00:14.0-usb-0:3.2", target: "1-2.1" }',
      'A2: { adapter: "pci-0000:00:14.0-usbv2-0:3.2:1.0", target: "1-2.2" }',
    ),
    ['jig.yaml:6:18: slots.A2.adapter: the adapter of A1 is there as well'],
  ],
  [
    'an adapter where another one is behind it',
    slots('A1: { adapter: "1-3", target: "1-2.1" }', 'A2: { adapter: "1-3.4", target: "1-2.2" }'),
    ['jig.yaml:5:18: slots.A1.adapter: a hub has to be there: the adapter of A2 is plugged in behind it, at 1-3.4'],
  ],
  [
    'more hubs in a row than USB has',
    slots('A1: { adapter: "1-1.2.3.4.5.6", target: "pci-0000:00:14.0-usb-0:1.2.3.4.5.6.7" }'),
    ['jig.yaml:5:43: slots.A1.target: 6 hubs in a row; USB has 5 at most'],
  ],
  [
    'no place at all',
    slots('A1: { adapter: "3.2", target: "usb-0:3" }'),
    [
      'jig.yaml:5:18: slots.A1.adapter: found "3.2"; allowed: a place on USB in quotes, such as "1-3.2" or "pci-0000:00:14.0-usb-0:3.2"; ":1.1" behind it is one of several ports of an adapter',
      /slots\.A1\.target: found "usb-0:3"/,
    ],
  ],
  [
    'the name of a slot, and power that is shared or no port',
    slots(
      'A 1: { adapter: "1-3", target: "1-2.1", power: "1-2#1" }',
      'A2: { adapter: "1-4", target: "1-2.2", power: "1-2#1" }',
    ),
    [
      'jig.yaml:5:3: slots["A 1"]: the name of a slot has letters, digits, - . and _, 16 at most',
      'jig.yaml:6:49: slots.A2.power: it switches the power of A 1 as well',
    ],
  ],
  [
    'power that an adapter or another target has as well, by whichever name',
    slots(
      'A1: { adapter: "1-3.1", target: "1-2.1", power: "1-3#1" }',
      'A2: { adapter: "1-4", target: "pci-0000:00:14.0-usb-0:5.2.1", power: "1-2#1" }',
      'A3: { adapter: "1-6", target: "1-2.3", power: "pci-0000:00:14.0-usb-0:5#2" }',
    ),
    [
      'jig.yaml:5:51: slots.A1.power: it switches the power of the adapter of A1 as well',
      'jig.yaml:6:72: slots.A2.power: it switches the power of the target of A1 as well',
      'jig.yaml:7:49: slots.A3.power: it switches the power of the target of A2 as well',
    ],
  ],
  [
    'power without a port',
    slots('A1: { adapter: "1-3", target: "1-2.1", power: "1-2" }'),
    ['jig.yaml:5:49: slots.A1.power: found "1-2"; allowed: a hub and its port in quotes, such as "1-3#2"'],
  ],
  [
    'no profile anywhere, an unknown one, and one that is no file',
    `station: a
image: boot.hex
slots:
  A1: { adapter: "1-3", target: "1-2.1" }
  A2: { adapter: "1-4", target: "1-2.2", profile: rc-cup }
  A3: { adapter: "1-5", target: "1-2.3", profile: ./none.yaml }
`,
    [
      'jig.yaml:4:7: slots.A1: no profile: give it here, or one for all slots as `profile` at the top',
      /^jig\.yaml:5:51: slots\.A2\.profile: No profile is named "rc-cup" \(did you mean "rc-cap"\?\); there are: /,
      /^jig\.yaml:6:51: slots\.A3\.profile: The profile .*none\.yaml cannot be read \(ENOENT\)/,
    ],
  ],
  [
    'an image that is missing, and one that is none',
    shortest.replace('boot.hex', '[boot.hex, none.hex, "jig.csv"]'),
    [/^jig\.yaml:3:19: image\[1\]: .*none\.hex/, /^jig\.yaml:3:29: image\[2\]: .*jig\.csv/],
  ],
  [
    'no image',
    shortest.replace('image: boot.hex\n', ''),
    [/^jig\.yaml:1:1: image: missing; allowed: an image file or a list/],
  ],
  [
    'two images at one address',
    shortest.replace('boot.hex', '[boot.hex, "app.bin@0x08000000"]'),
    [/^jig\.yaml:3:8: image: boot\.hex \+ app\.bin: 0x0800_0000 is 0x00 by boot\.hex line 2 and 0x01 by app\.bin/],
  ],
  [
    'nothing to start on',
    after('start: { on: [] }'),
    [/start\.on: found a list; allowed: a list of one or more of insert, scan, button, each once/],
  ],
  ['the same start twice', after('start: { on: [scan, scan] }'), [/start\.on: found a list; allowed:/]],
  [
    'sequential and together',
    after('mode: sequential\ntogether: 2'),
    ['jig.yaml:7:11: together: found 2, but with `mode: sequential` one slot works at a time'],
  ],
  [
    'a scanned serial number without a scan',
    after("unit: { serial: { from: scan, match: '^SN[0-9]{6}$' } }"),
    [/start\.on: the serial number is scanned, so that a slot has to wait for the scan: add `scan`/],
  ],
  [
    'a match that is no regular expression',
    after("start: { on: [scan] }\nunit: { serial: { from: scan, match: '^SN[0-9{6}$' } }"),
    [
      /^jig\.yaml:7:38: unit\.serial\.match: found "\^SN\[0-9\{6\}\$"; allowed: a regular expression in single quotes, .*Invalid regular expression/,
    ],
  ],
  [
    'a serial from nowhere',
    after('unit: { serial: { from: mes } }'),
    [/unit\.serial(\.from)?: found .*; allowed: a mapping with from: range, scan or csv/],
  ],
  [
    'an empty range',
    after('unit: { serial: { from: range, first: 10, last: 9 } }'),
    ['jig.yaml:6:49: unit.serial.last: the range is empty: it begins at 10 and ends at 9'],
  ],
  [
    'a range that collides',
    after('unit: { serial: { from: range, first: 1, last: 9, format: "SN" } }'),
    ['jig.yaml:6:59: unit.serial.format: without {number} all units would have one serial number'],
  ],
  [
    'a range that does not fit',
    after('unit: { serial: { from: range, first: 1, last: 10000, format: "{number:04}" } }'),
    ['jig.yaml:6:63: unit.serial.format: {number:04} has room for 4 digits, and its value has 5'],
  ],
  [
    'a format with another field, a stray brace, a check digit in the midst',
    after('unit: { serial: { from: range, first: 1, last: 9, format: "{nummer}" } }'),
    ['jig.yaml:6:59: unit.serial.format: {nummer} is none of the fields of a format: {number}, {lot}, {check}, {luhn}'],
  ],
  [
    'a secret without a file',
    after('unit: { secret: [key] }'),
    ['jig.yaml:6:18: unit.secret[0]: secrets are columns of a CSV file, and `unit.serial` names none'],
  ],
  [
    'a limit upside down, an empty one, and one of nothing',
    after('limits: { enter: { low: 2s, high: 1s }, holdMargin: {}, vbat: { high: 3 } }'),
    [
      'jig.yaml:6:18: limits.enter: the lower limit, 2000, is above the upper one, 1000',
      'jig.yaml:6:53: limits.holdMargin: a limit has `low`, `high` or both',
      'jig.yaml:6:57: limits.vbat: nothing measures it; there are: enter, holdMargin, program, applicationSeen',
    ],
  ],
  [
    'limits in other units',
    after('limits: { enter: { high: 2 }, program: { low: 60 } }'),
    [
      /limits\.enter\.high: found 2, a number; allowed: a time with its unit/,
      /limits\.program\.low: found 60, a number; allowed: a speed with its unit \(kB\/s\), such as 60kB\/s/,
    ],
  ],
  [
    'a near name of a measurement',
    after("after: [{ name: t, talk: [{ expect: 'vdd=(?<vdd>.*)' }] }]\nlimits: { vddd: { low: 1 } }"),
    [/limits\.vddd: nothing measures it \(did you mean "vdd"\?\); there are: enter, .*, vdd/],
  ],
  [
    'steps with the same name, of both kinds, of none, with an unknown key',
    after(`before:
  - { name: a, command: [x] }
after:
  - { name: a, command: [x] }`),
    ['jig.yaml:9:13: after[0].name: another step is named a as well'],
  ],
  [
    'steps that are none',
    after(`before:
  - { name: a }
  - { name: b, command: [x], talk: [{ expect: a }] }
  - { name: c, comand: [x] }
  - { name: d, command: [x], baudRate: 9600 }
  - { name: e, talk: [{ timeout: 1s }] }
  - { name: f, talk: [{ expect: a }], timeout: 1s }`),
    [
      /^jig\.yaml:7:5: before\[0\]: found a mapping; allowed: a step: `name` with `command`, or `name` with `talk`/,
      /^jig\.yaml:8:5: before\[1\]: found a mapping; allowed: a step/,
      /^jig\.yaml:9:5: before\[2\]: found a mapping; allowed: a step/,
      /^jig\.yaml:9:16: before\[2\]\.comand: unknown key \(did you mean "command"\?\)/,
      /^jig\.yaml:10:40: before\[3\]\.baudRate: found 9600, a number; allowed: a step with `command` has no baudRate/,
      /^jig\.yaml:11:23: before\[4\]\.talk\[0\]: found a mapping; allowed: send, expect or both/,
      /^jig\.yaml:12:48: before\[5\]\.timeout: found "1s"; allowed: a step with `talk` has its timeouts at each exchange/,
    ],
  ],
  [
    'what is sent with its escapes not decoded',
    after("after: [{ name: a, talk: [{ send: 'x\\r' }] }]"),
    [/after\[0\]\.talk\[0\]\.send: found .*allowed: the bytes to send, as text in double quotes/],
  ],
  [
    'golden units',
    after('hold: { golden: { every: 8, units: {} } }'),
    [/hold\.golden\.every: found 8, a number; allowed: a time with its unit \(min, h, d\), such as 8h/],
  ],
  [
    'no golden unit',
    after('hold: { golden: { every: 8h, units: {} } }'),
    ['jig.yaml:6:37: hold.golden.units: no golden unit is named'],
  ],
  [
    'a golden unit with an outcome that nothing has',
    after('hold: { golden: { every: 30min, units: { G: application-not-sen } } }'),
    [
      /hold\.golden\.units\.G: found "application-not-sen" \(did you mean "application-not-seen".*; allowed: pass, or the code of an error/,
    ],
  ],
  [
    'a page that others reach, without a token',
    after('page: { listen: "0.0.0.0:8470" }'),
    [
      /^jig\.yaml:6:17: page\.listen: found "0\.0\.0\.0:8470"; allowed: an address that only this computer reaches; for any other a `token`/,
    ],
  ],
  [
    'a name that may lead anywhere',
    after('page: { listen: "station:8470" }'),
    [/page\.listen: found "station:8470"; allowed: an address that only/],
  ],
  [
    'no port',
    after('page: { listen: "127.0.0.1" }'),
    [/page\.listen: found "127\.0\.0\.1"; allowed: an address and a port in quotes/],
  ],
  [
    'a port too high',
    after('page: { listen: "127.0.0.1:70000" }'),
    [/page\.listen: found "127\.0\.0\.1:70000"; allowed: an address and a port/],
  ],
  [
    'a short token',
    after('page: { listen: "0.0.0.0:1", token: short }'),
    [/page\.token: found "short"; allowed: 16 characters or more/],
  ],
])('%s', async (_what, text, faults) => {
  const found = await faultsOf(text, { 'jig.csv': 'a,b\n', 'app.bin': '\u0001'.repeat(64) });
  expect(found).toEqual(faults.map((fault) => (typeof fault === 'string' ? fault : expect.stringMatching(fault))));
});

test.each(['127.0.0.1:0', '127.9.9.9:80', 'localhost:8470', '[::1]:8470'])('%s needs no token', async (listen) => {
  using folder = jigFolder();
  const { plan } = await folder.read(after(`page: { listen: "${listen}" }`));
  expect(`${plan.page.host}:${plan.page.port}`).toBe(listen.replace(/[[\]]/g, ''));
});

test('to pair, no slot and no other file is needed', () => {
  const { plan, profile } = planOfJig('station: a\nprofile: none.yaml\nimage: none.hex\n', '/x/jig.yaml');
  expect([plan.slots, plan.image, profile]).toEqual([[], ['/x/none.hex'], 'none.yaml']);
  expect(planOfJig('station: a\nfleet: postgres://db/fleet\n', '/x/jig.yaml').plan).toMatchObject({
    image: [],
    slots: [],
  });
});
