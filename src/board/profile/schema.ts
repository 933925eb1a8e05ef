import { z } from 'zod';
import { baudRate, oneOf, positive, quantity, strict, text } from '../../base/yaml-file/checked-values.ts';
import { dielectricNames } from '../analysis/dielectrics.ts';
import { methodNames } from '../circuit/plan.ts';
import { adapterPath, applicationStart, attempts, hexId, usbPath, usbPathOrAny } from './checked-values.ts';
import { commands, twiceMoved, wiring } from './wiring-schema.ts';

const boot0 = strict(
  {
    chargeResistor: positive('resistance', 'Between the driven line and BOOT0'),
    capacitor: positive('capacitance', 'From BOOT0 to ground'),
    bleedResistor: positive('resistance', 'From BOOT0 to ground'),
    boardPullDown: positive(
      'resistance',
      'From BOOT0 to ground on the board itself, in parallel with bleedResistor; default none',
    ).exactOptional(),
    diodeDrop: quantity('voltage', 'Forward voltage in series with the charge resistor; default 0V').exactOptional(),
    tolerance: quantity('percentage', 'Of the capacitor, either way, under 100%; default 20%')
      .refine((value) => value < 1, { error: 'a percentage under 100%' })
      .exactOptional(),
    dielectric: oneOf(
      dielectricNames,
      'Of the capacitor: what it loses by DC bias, temperature and age counts beside the tolerance; default: the tolerance alone',
    ).exactOptional(),
    vih: positive(
      'voltage',
      'BOOT0 surely reads 1 above this, at `supply`; default that of the target, 0.77 of the supply where it is not known',
    ).exactOptional(),
    vil: positive(
      'voltage',
      'BOOT0 surely reads 0 below this, at `supply`; default that of the target, 0.12 of the supply where it is not known',
    ).exactOptional(),
    supply: positive('voltage', 'VDD of the target; default 3.3V').exactOptional(),
  },
  'RC circuit on BOOT0; leave out where BOOT0 is driven directly',
);

const nrst = strict(
  {
    pullUp: positive(
      'resistance',
      'Internal or external, typical value; default that of the target, 40k where it is not known',
    ).exactOptional(),
    capacitor: quantity('capacitance', 'From NRST to ground, 0F for none; default 100nF').exactOptional(),
    pulse: positive('time', 'NRST is held low for this long; default 10ms').exactOptional(),
  },
  'Circuit on NRST',
);

const ids = (whose: string) => ({
  vendorId: hexId(`USB vendor id of ${whose}`),
  productId: hexId(`USB product id of ${whose}`),
});
const optionalIds = (whose: string) => ({
  vendorId: ids(whose).vendorId.exactOptional(),
  productId: ids(whose).productId.exactOptional(),
});
const timeout = () => positive('time', 'How long to wait for it; default 5s').exactOptional();

const via = oneOf(['adapter', 'target'], "Through the adapter's USART, or through the target's own USB serial port");
const ownIds = optionalIds('the running application');
const viaTarget = oneOf(['target'], "The target's own USB");
const talk = { baudRate: baudRate().exactOptional(), via, ...ownIds };
const sendAllowed = 'the bytes to send, as text in double quotes: \\r, \\n and \\x1c are bytes there, up to \\xff';
const send = text(sendAllowed, 'Bytes that ask the application for its bootloader, one a character').refine(
  // In single quotes YAML keeps the backslash before these letters: the escape was not decoded.
  (value) => [...value].every((character) => character <= '\xff') && !/\\[rnx]/.test(value),
  { error: sendAllowed },
);

const pinAllowed = 'a pin of the target, such as PB12';

/** Triggers, and what each needs. */
const softJumpForms = [
  strict({ trigger: z.literal('serial-command'), send, ...talk }, 'A command on a serial line'),
  strict(
    {
      trigger: z.literal('self-charge'),
      send,
      wait: positive('time', 'From the command to the reset, at most; default 1s').exactOptional(),
      pin: text(pinAllowed, 'Pin of the target that charges the capacitor; for `bootctl firmware`')
        .regex(/^P[A-K](?:\d|1[0-5])$/, { error: pinAllowed })
        .exactOptional(),
      level: z
        .literal([0, 1], { error: '0, 1' })
        .describe('Level of that pin while it charges; default 1')
        .exactOptional(),
      ...talk,
    },
    "A command after which the firmware charges BOOT0's capacitor itself, and resets",
  ),
  strict({ trigger: z.literal('touch-1200'), via: viaTarget, ...ownIds }, 'Open at 1200 baud, drop DTR and close'),
  strict({ trigger: z.literal('micropython'), ...talk }, 'machine.bootloader() at the REPL'),
  strict({ trigger: z.literal('betaflight'), ...talk }, 'MSP reboot into the ROM, or the CLI'),
  strict({ trigger: z.literal('klipper'), ...talk }, '1200-baud touch on USB, a request on a USART'),
  strict({ trigger: z.literal('katapult'), ...talk }, 'The request for the serial bootloader'),
  strict(
    { trigger: z.literal('dfu-detach'), via: viaTarget.exactOptional(), ...ownIds },
    'DFU_DETACH to a run-time DFU interface',
  ),
] as const;
const triggerNames = softJumpForms.map(({ shape }) => shape.trigger.value).join(', ');
const softJump = z.discriminatedUnion('trigger', softJumpForms, {
  error: `a mapping with trigger: one of ${triggerNames}`,
});

const application = z.discriminatedUnion(
  'expect',
  [
    strict(
      {
        expect: z.literal('usb'),
        ...ids('the application'),
        path: usbPathOrAny(
          'Where the application comes, if not where the bootloader does: another connector; any for anywhere',
        ).exactOptional(),
        timeout: timeout(),
      },
      'The application enumerates on USB',
    ),
    strict(
      {
        expect: z.literal('serial'),
        match: text('the text to wait for', 'Text that the application prints'),
        baudRate: baudRate().exactOptional(),
        timeout: timeout(),
      },
      'The application prints on the adapter',
    ),
    strict({ expect: z.literal('none') }, 'Nothing shows that the application runs'),
  ],
  { error: 'a mapping with expect: usb, serial or none' },
);

const spanForm = (description: string) => ({
  low: quantity('time', `${description}: at least this`),
  high: positive('time', `${description}: at most this`),
});
const span = (description: string) => strict(spanForm(description), description);
const resets = z
  .int({ error: 'a whole number' })
  .positive({ error: 'a whole number' })
  .describe('Resets it comes from');
const spanOfResets = (description: string) =>
  strict({ ...spanForm(description), resets: resets.exactOptional() }, description);
const dayAllowed = 'a day in quotes, such as "2026-11-28"';
const measured = strict(
  {
    at: text(dayAllowed, 'Day of the measurement').regex(/^\d{4}-\d\d-\d\d$/, { error: dayAllowed }),
    hold: spanOfResets(
      "From the release of BOOT0's line to that of NRST's, with BOOT0 still read as 1",
    ).exactOptional(),
    charge: spanOfResets("How long BOOT0's line has to charge an empty capacitor").exactOptional(),
    adapterLatency: span('One move of RTS and DTR').exactOptional(),
    enumeration: span("From the release of NRST's line until the ROM has answered").exactOptional(),
  },
  'What `bootctl calibrate` has measured of this board; it writes this',
);

const idAllowed = 'letters, digits, - and _, the same as the file name';
const methodsAllowed = `a list of one or more of ${methodNames.join(', ')}, each once`;

/** Schema of a profile file; its output has SI numbers (times in ms), without defaults. */
export const profileSchema = strict(
  {
    id: z
      .string({ error: idAllowed })
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, { error: idAllowed })
      .describe('Name of the profile'),
    description: text('one line of text', 'One line for lists').exactOptional(),
    target: strict(
      {
        family: text('a name of hardware/targets', 'Name of a file of hardware/targets').exactOptional(),
        applicationStart: applicationStart().exactOptional(),
      },
      'The STM32',
    ).exactOptional(),
    adapter: strict(
      {
        ...optionalIds('the adapter'),
        serialNumber: text('text in quotes', 'Serial number of the adapter').exactOptional(),
        path: adapterPath('Where the adapter is plugged in').exactOptional(),
      },
      'Which USB-serial adapter belongs to the board, where several are plugged in',
    ).exactOptional(),
    wiring: wiring.exactOptional(),
    commands: commands.exactOptional(),
    boot0: boot0.exactOptional(),
    nrst: nrst.exactOptional(),
    usart: strict(
      {
        connected: z.boolean({ error: 'true, false' }).describe('TX and RX of the adapter reach a bootloader USART'),
        baudRate: baudRate().exactOptional(),
        fastestBaudRate: baudRate()
          .describe('No faster rate than this is tried; baudRate itself keeps that one')
          .exactOptional(),
      },
      'USART of the ROM bootloader',
    ).exactOptional(),
    usb: strict(
      {
        connected: z
          .boolean({ error: 'true, false' })
          .describe("Whether the target's own USB reaches this host; false: no DFU device is waited for; default true")
          .exactOptional(),
        path: usbPath('Where the target is plugged in').exactOptional(),
        ...optionalIds('the ROM bootloader; default 0483:df11'),
        enumerationTimeout: positive('time', 'How long the DFU device may take to appear').exactOptional(),
      },
      "The target's DFU device",
    ).exactOptional(),
    attempts: attempts().exactOptional(),
    methods: z
      .array(oneOf(methodNames, 'Way of reaching the bootloader'), { error: methodsAllowed })
      .min(1, { error: methodsAllowed })
      .refine((methods) => new Set(methods).size === methods.length, { error: methodsAllowed })
      .describe('Ways of reaching the bootloader, in the order in which to try them'),
    softJump: z
      .array(softJump, { error: 'a list of triggers' })
      .describe('Ways of asking the application')
      .exactOptional(),
    measured: measured.exactOptional(),
    application: application.describe('How to see that the application runs; default expect: none').exactOptional(),
  },
  'A board that bootctl can recover',
).superRefine((profile, context) => {
  const message = twiceMoved(profile);
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['commands'], message });
});

/** A profile file after the schema has checked it. */
export type ProfileFile = z.output<typeof profileSchema>;

/** JSON Schema (draft 7, which YAML editors read) of a profile file. */
export const profileJsonSchema = (): object => z.toJSONSchema(profileSchema, { io: 'input', target: 'draft-07' });
