import { z } from 'zod';
import { oneOf, positive, strict, text } from '../../base/yaml-file/checked-values.ts';

const pinForms =
  '`line` rts, dtr or gpio with `asserted`, a gpio with `chip` and `offset`; or `{ line: none }` where nobody drives it';
type PinKeys = 'line' | 'asserted' | 'chip' | 'offset' | 'inverted';
/** What each kind of line needs, and what it may have. */
const keysOfLine: Readonly<Record<string, { readonly needs: readonly PinKeys[]; readonly may: readonly PinKeys[] }>> = {
  rts: { needs: ['asserted'], may: [] },
  dtr: { needs: ['asserted'], may: [] },
  gpio: { needs: ['asserted', 'chip', 'offset'], may: ['inverted'] },
  none: { needs: [], may: [] },
};
const offsetAllowed = 'a whole number from 0 to 65535, the line of the chip as `gpioinfo` lists it';
const pinLine = (pin: string) =>
  strict(
    {
      line: oneOf(
        ['rts', 'dtr', 'gpio', 'none'],
        `Line that moves ${pin}: of the adapter, or a GPIO of this host; none where nobody drives it: a person does`,
      ),
      asserted: oneOf([0, 1], `Level of ${pin} while the line is asserted (pin of a TTL adapter LOW)`).exactOptional(),
      chip: text(
        'gpiochip0, /dev/gpiochip0 or the label of a chip',
        'GPIO chip, by name, path or label',
      ).exactOptional(),
      offset: z
        .int({ error: offsetAllowed })
        .min(0, { error: offsetAllowed })
        .max(0xffff, { error: offsetAllowed })
        .describe('Line of the GPIO chip')
        .exactOptional(),
      inverted: z
        .boolean({ error: 'true, false' })
        .describe(`A transistor inverts the GPIO: it is at 1 while ${pin} is at 0; default false`)
        .exactOptional(),
    },
    `How ${pin} follows one line`,
  ).superRefine((value, context) => {
    const { needs, may } = keysOfLine[value.line]!;
    const missing = needs.find((key) => value[key] === undefined);
    if (missing === 'asserted') context.addIssue({ code: 'custom', path: ['asserted'], message: '0, 1' });
    const odd = (['asserted', 'chip', 'offset', 'inverted'] as const).some(
      (key) => value[key] !== undefined && !needs.includes(key) && !may.includes(key),
    );
    if (odd || (missing !== undefined && missing !== 'asserted'))
      context.addIssue({ code: 'custom', message: pinForms });
  });

const pins = strict(
  { boot0: oneOf([0, 1], 'Level of BOOT0'), nrst: oneOf([0, 1], 'Level of NRST') },
  'Levels of the pins in this line state',
);
const table = strict(
  {
    'rts released, dtr released': pins,
    'rts asserted, dtr released': pins,
    'rts released, dtr asserted': pins,
    'rts asserted, dtr asserted': pins,
  },
  'Truth table, four rows',
);
const wiringForms = 'either `nrst` and `boot0`, or `table` with all four rows';
/** `wiring` of a profile. */
export const wiring = strict(
  {
    nrst: pinLine('NRST').exactOptional(),
    boot0: pinLine('BOOT0').exactOptional(),
    table: table.exactOptional(),
    idleEntersBootloader: oneOf(
      ['accepted'],
      'The board starts its bootloader while no program holds the port, and that is meant',
    ).exactOptional(),
  },
  `What RTS and DTR, or lines of this host, do to the pins: ${wiringForms}; leave out where nothing moves them`,
)
  .refine((value) => (value.table ? !value.nrst && !value.boot0 : value.nrst && value.boot0), { error: wiringForms })
  .refine((value) => value.table || value.nrst?.line !== 'none' || value.boot0?.line !== 'none', {
    error: '`line` rts or dtr of one pin at least, or gpio; without `wiring` no line moves anything',
  })
  .refine(
    ({ nrst, boot0 }) =>
      nrst?.line !== 'gpio' || boot0?.line !== 'gpio' || nrst.chip !== boot0.chip || nrst.offset !== boot0.offset,
    {
      error: 'a GPIO of its own for each of NRST and BOOT0',
    },
  );

const argvAllowed = 'a list of a program and its arguments, such as [uhubctl, -l, 1-1, -a, cycle]';
const argv = (description: string) =>
  z
    .tuple([text(argvAllowed, 'Program')], text(argvAllowed, 'Argument').or(z.literal('')), { error: argvAllowed })
    .describe(`${description}; without a shell`)
    .exactOptional();

/** `commands` of a profile. */
export const commands = strict(
  {
    boot0High: argv('Puts BOOT0 at 1'),
    boot0Low: argv('Puts BOOT0 at 0 again'),
    reset: argv('Pulls NRST low and lets it go; it ends when that is done'),
    powerCycle: argv(
      'Cuts the power of the target and restores it; it ends when that is done. Where something else moves NRST it is the last attempt',
    ),
    timeout: positive('time', 'How long each command may take; default 30s').exactOptional(),
  },
  'Programs of this host that move what no line reaches',
)
  .refine(({ boot0High, boot0Low }) => (boot0High === undefined) === (boot0Low === undefined), {
    error: 'boot0High and boot0Low together',
  })
  .refine(({ boot0High, reset, powerCycle }) => boot0High ?? reset ?? powerCycle, {
    error: 'one command at least: boot0High with boot0Low, reset or powerCycle',
  });

interface Movers {
  readonly wiring?: z.output<typeof wiring>;
  readonly commands?: z.output<typeof commands>;
}

/** What moves each pin twice, as a sentence; a pin has one line or one command. */
export function twiceMoved({ wiring, commands }: Movers): string | undefined {
  if (!wiring || !commands) return undefined;
  const { boot0High, reset } = commands;
  if (wiring.table) {
    if (!boot0High && !reset) return undefined;
    return 'boot0High, boot0Low and reset beside `nrst` and `boot0` in `wiring`, not beside a table';
  }
  const both = (pin: 'nrst' | 'boot0', has: unknown) => has !== undefined && wiring[pin]?.line !== 'none';
  if (both('nrst', reset)) return '`nrst: { line: none }` in `wiring` beside reset';
  if (both('boot0', boot0High)) return '`boot0: { line: none }` in `wiring` beside boot0High';
  return undefined;
}
