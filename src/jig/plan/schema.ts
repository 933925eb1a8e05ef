import { z } from 'zod';
import { baudRate, oneOf, positive, strict, text, wholeNumber } from '../../base/yaml-file/checked-values.ts';
import { pageAddress, usualPage } from './page-address.ts';
import {
  adapterPlace,
  argv,
  hubPort,
  name,
  numberLimits,
  pattern,
  period,
  place,
  speedLimits,
  timeLimits,
  timeout,
} from './values.ts';

const slot = strict(
  {
    adapter: adapterPlace('Where its adapter is plugged in'),
    target: place('Where its target comes up on USB'),
    power: hubPort('Hub and port that switch its power').exactOptional(),
    profile: text('the id or file of a profile', 'Profile of this slot alone').exactOptional(),
  },
  'A place for a unit: where its adapter and its target are plugged in',
);

const checkDigits = ['mod37-36', 'luhn'] as const;

const serialForms = [
  strict(
    {
      from: z.literal('range'),
      first: wholeNumber('The first number'),
      last: wholeNumber('The last number'),
      format: text(
        'text with {number}, such as "SN{number:06}"',
        'Serial number of a number: {number}, {lot}, and {check} or {luhn} at the end; default "{number}"',
      ).exactOptional(),
    },
    'Numbers of a range, one a unit',
  ),
  strict(
    {
      from: z.literal('scan'),
      match: pattern('What a serial number looks like; the whole code has to'),
      check: oneOf(checkDigits, 'Check digit at the end of the code').exactOptional(),
    },
    'What the scanner reads from the label of the unit',
  ),
  strict(
    {
      from: z.literal('csv'),
      file: text('a CSV file', 'CSV file with a row a unit, and the names of its columns in the first'),
      column: text('the name of a column', 'Column with the serial number'),
    },
    'Rows of a CSV file, one a unit',
  ),
] as const;

const list = (allowed: string, description: string) =>
  z.array(text(allowed, description), { error: `a list of ${allowed}` });

const unit = strict(
  {
    serial: z
      .discriminatedUnion('from', serialForms, { error: 'a mapping with from: range, scan or csv' })
      .describe('Where serial numbers come from; without it units have none')
      .exactOptional(),
    identify: oneOf(
      ['chip'],
      'A unit is known by the unique id of its chip as well, read in the bootloader before the run is claimed; {uid} in a patch implies it',
    ).exactOptional(),
    patch: list(
      'ADDRESS=VALUE, as --patch takes it',
      'Bytes of this unit alone; {serial}, {number}, … stand for its data',
    )
      .describe('Bytes that each unit has for itself')
      .exactOptional(),
    secret: list(
      'names of columns of the CSV file',
      'Column whose values are never stored, only their SHA-256',
    ).exactOptional(),
    again: oneOf(['refuse', 'reprogram'], 'A unit that has passed before; default refuse').exactOptional(),
    failed: oneOf(['retry', 'burn'], 'The serial number of a unit that has failed; default retry').exactOptional(),
  },
  'What is made of each unit',
);

const sendAllowed = 'the bytes to send, as text in double quotes: \\r, \\n and \\x1c are bytes there, up to \\xff';
const exchange = strict(
  {
    send: text(sendAllowed, 'Sent to the application')
      // In single quotes YAML keeps the backslash before these letters: the escape was not decoded.
      .refine((value) => [...value].every((character) => character <= '\xff') && !/\\[rnx]/.test(value), {
        error: sendAllowed,
      })
      .exactOptional(),
    expect: pattern('What it has to say then; named groups are measurements', 'um').exactOptional(),
    timeout: timeout('How long it may take to say it; default 2s'),
  },
  'One exchange with the application',
);

const stepAllowed = 'a step: `name` with `command`, or `name` with `talk`';
const talkAllowed = 'a list of exchanges with send, expect or both';
const step = strict(
  {
    name: name('Name of the step'),
    command: argv(
      'Program that does it: JSON of the unit on its standard input; exit status 0 is its success',
    ).exactOptional(),
    timeout: timeout('The program is stopped after this; default 30s'),
    talk: z
      .array(
        exchange.refine(({ send, expect }) => send !== undefined || expect !== undefined, {
          error: 'send, expect or both',
        }),
        { error: talkAllowed },
      )
      .min(1, { error: talkAllowed })
      .describe('A conversation with the application over the adapter')
      .exactOptional(),
    baudRate: baudRate().describe('Baud rate of the conversation; default 115200').exactOptional(),
  },
  'A program of the host, or a conversation with the application',
)
  .refine(({ command, talk }) => (command === undefined) !== (talk === undefined), { error: stepAllowed })
  .refine(({ command, baudRate: rate }) => command === undefined || rate === undefined, {
    error: 'a step with `command` has no baudRate',
    path: ['baudRate'],
  })
  .refine(({ talk, timeout: limit }) => talk === undefined || limit === undefined, {
    error: 'a step with `talk` has its timeouts at each exchange',
    path: ['timeout'],
  });
const steps = (description: string) =>
  z.array(step, { error: 'a list of steps' }).describe(description).exactOptional();

const limits = z
  .object({
    enter: timeLimits('Until the bootloader was reached'),
    holdMargin: timeLimits('What the hold window of BOOT0 had left'),
    program: speedLimits('Speed of writing'),
    applicationSeen: timeLimits('From the leave until the application was seen'),
  })
  .catchall(numberLimits)
  .describe('Limits for PASS: of what bootctl measures, and of measurements of the steps by their names');

const golden = strict(
  {
    every: period('A golden unit is due again after this'),
    units: z
      .record(z.string(), text('pass, or the code of an error', 'What it has to show'), {
        error: 'a mapping from the label of a golden unit to pass, or to the code of the error that it has to show',
      })
      .describe('Labels of the golden units'),
  },
  'Units that are known to be good or bad, by which the station proves itself',
);

const startWays = ['insert', 'scan', 'button'] as const;
const startAllowed = `a list of one or more of ${startWays.join(', ')}, each once`;

const listenAllowed = `an address and a port in quotes, such as "${usualPage}"`;
const page = strict(
  {
    listen: text(listenAllowed, `Where the page is; default ${usualPage}`)
      .refine((listen) => pageAddress(listen) !== undefined, { error: listenAllowed })
      .exactOptional(),
    token: text('16 characters or more', 'Who opens the page from another computer has to name it')
      .min(16, { error: '16 characters or more' })
      .exactOptional(),
  },
  'The page of the station',
).refine(({ listen = usualPage, token }) => token !== undefined || pageAddress(listen)?.isLoopback !== false, {
  error:
    'an address that only this computer reaches; for any other a `token` of 16 characters or more has to stand beside it',
  path: ['listen'],
});

/** What is made of each unit, and what it has to show: the same in a jig.yaml and in a lot.yaml. */
export const madeOf = {
  image: z
    .union([text('a file', 'An image'), z.array(text('a file', 'An image')).min(1)], {
      error: 'an image file or a list of them; a raw binary with its address: "app.bin@0x08008000"',
    })
    .describe('Firmware, as the command line takes it'),
  unit: unit.exactOptional(),
  gate: strict(
    { command: argv('Program that may refuse a unit'), timeout: timeout('It is stopped after this; default 10s') },
    'A program that is asked before each unit: JSON of the unit on its standard input, {"ok":…} on its output',
  ).exactOptional(),
  before: steps('What is done before the flash'),
  after: steps('What is done after the flash'),
  limits: limits.exactOptional(),
  retests: wholeNumber('How often a unit that has failed may be tried again; default 2', 0, 99).exactOptional(),
  hold: strict(
    {
      failuresInARow: wholeNumber(
        'So many failures of a slot one after the other hold it; default 3',
        1,
        99,
      ).exactOptional(),
      golden: golden.exactOptional(),
    },
    'When the station stops by itself and waits for the lead',
  ).exactOptional(),
} as const;

/** Schema of jig.yaml; its output has times in ms, without defaults. */
export const jigSchema = strict(
  {
    station: name('Name of the station: one jig with its computer'),
    lot: name('What is made: every run belongs to a lot; default the name of the station').exactOptional(),
    quantity: wholeNumber('No more good units than this; default no end', 1).exactOptional(),
    profile: text('the id or file of a profile', 'Profile of all slots, unless a slot names its own').exactOptional(),
    image: madeOf.image,
    slots: z
      .record(z.string(), slot, {
        error: 'a mapping from the name of a slot to its places; `bootctl jig pair` writes it',
      })
      .describe('Places for units')
      .exactOptional(),
    adapters: oneOf(
      ['jig', 'unit'],
      'Whose the adapters are: fixed in the jig, or each on the board of its unit, which brings it; default jig',
    ).exactOptional(),
    start: strict(
      {
        on: z
          .array(oneOf(startWays, 'What lets a slot begin'), { error: startAllowed })
          .min(1, { error: startAllowed })
          .refine((ways) => new Set(ways).size === ways.length, { error: startAllowed })
          .describe('All of these have to have come; default [insert]')
          .exactOptional(),
        settle: positive('time', 'A unit has to stay for this long; default 500ms').exactOptional(),
      },
      'What lets a slot begin',
    ).exactOptional(),
    mode: oneOf(
      ['sequential', 'parallel', 'batch'],
      'One slot at a time, each by itself, or all together; default parallel',
    ).exactOptional(),
    together: wholeNumber('How many jobs run at once at most; default all slots', 1, 64).exactOptional(),
    unit: madeOf.unit,
    gate: madeOf.gate,
    before: madeOf.before,
    after: madeOf.after,
    limits: madeOf.limits,
    retests: madeOf.retests,
    hold: madeOf.hold,
    page: page.exactOptional(),
    records: text('a file', 'Records of the station; default records.db').exactOptional(),
    fleet: text('a database', 'Several stations at one lot').exactOptional(),
  },
  'One jig: its slots, and what is made on them',
);

/** A jig.yaml after the schema has checked it. */
export type JigFile = z.output<typeof jigSchema>;
