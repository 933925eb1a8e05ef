import { hex32, milliseconds } from '../../base/text.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { SoftJump } from '../../board/soft-jump.ts';
import { cString } from '../../firmware/c-string.ts';
import type { FirmwarePlan } from '../../firmware/choose.ts';
import { configText } from '../../firmware/config.ts';
import type { JumpWay } from '../../firmware/jump.ts';
import type { SelfChargeWay } from '../../firmware/self-charge.ts';

const row = (name: string, text: string): string => `${name.padEnd(10)} ${text}`;
const proofs = {
  field: 'seen to work on boards',
  'one-source': 'it rests on one source only',
  'sister-line': 'of a sister line; nobody has reported it of this one',
} as const;

/** A plan as a person reads it: what is done, why, and the registers with their sources. */
export function firmwareLines(plan: FirmwarePlan): readonly string[] {
  const { profile, chip, facts, way, notes } = plan;
  const does = way.method === 'jump' ? 'jumps into its ROM' : 'charges BOOT0 and resets';
  return [
    `${profile}: the firmware of ${chip.name} (${chip.key}) ${does} when it is asked`,
    '',
    ...askedRows(plan),
    ...(way.method === 'jump' ? jumpRows(way) : chargeRows(way)),
    row('delay', `${delayOf(plan)} ms from the request to the reset at least`),
    ...jumpFacts(plan),
    ...notes.map((note) => row('note', note)),
    '',
    'bootctl_config.h:',
    ...configText(plan)
      .split('\n')
      .filter((line) => /^#define BOOTCTL_\w+ /.test(line))
      .map((line) => `  ${line.replace('#define ', '')}`),
    '',
    'Sources:',
    ...Object.entries(facts.sources).map(([name, text]) => `  ${name.padEnd(9)} ${text}`),
  ];
}

/** The charge begins with the delay. */
const delayOf = ({ answers: { delay }, way }: FirmwarePlan): number =>
  way.method === 'self-charge' ? Math.max(delay, Math.ceil(way.charge)) : delay;

/** What is known of the jump on this line; a board that charges BOOT0 instead reads why. */
function jumpFacts({ facts: { verdict, proof, rule }, way }: FirmwarePlan): readonly string[] {
  if (way.method === 'self-charge') return rule === undefined ? [] : [row('no jump', rule)];
  return [
    ...(proof ? [row('known', proofs[proof])] : []),
    ...(rule ? [row(verdict === 'conditional' ? 'condition' : 'see to', rule)] : []),
  ];
}

function askedRows({ answers: { entries, touch } }: FirmwarePlan): readonly string[] {
  const where = { adapter: 'on the USART of the adapter', target: 'on its own USB serial port' } as const;
  return [
    ...entries.map(({ send, via, baudRate }) =>
      row('asked by', `${cString(send)} ${where[via]}${via === 'adapter' ? ` at ${baudRate} baud` : ''}`),
    ),
    ...(touch ? [row('asked by', '1200 baud and a falling DTR on its own USB serial port')] : []),
  ];
}

function jumpRows({ token, registers, boot0Pin, tries }: JumpWay): readonly string[] {
  const place =
    token.in === 'backup'
      ? `the backup register ${hex32(registers.backup!.register)}`
      : `RAM at ${hex32(token.address)}`;
  const { romId } = registers;
  return [
    row(
      'way',
      `a request in ${place}, a system reset, and at its start the jump to the table at ${hex32(registers.rom)}`,
    ),
    ...(romId
      ? [
          row(
            'only where',
            `the id of the ROM at ${hex32(romId.address)} is ${hex(romId.value)}, looked up when it is asked`,
          ),
        ]
      : []),
    ...(boot0Pin ? [row('only where', `${boot0Pin.name}, the pin of BOOT0, reads 1 when it is asked`)] : []),
    ...(tries > 1 ? [row('tries', `${tries}, for a ROM that resets itself`)] : []),
  ];
}

const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;

const chargeRows = ({ pin, level, charge, hold, needed }: SelfChargeWay): readonly string[] => [
  row('way', `${pin.name} at ${level} charges the capacitor on BOOT0 for ${Math.ceil(charge)} ms, then a system reset`),
  row(
    'holds',
    `BOOT0 reads 1 for ${milliseconds(hold)} afterwards in the worst corner; the reset needs ${milliseconds(needed)} at most`,
  ),
];

/** What is left to do for a person who has the files: lines of the firmware, and of the profile. */
export function whatToAdd(
  { answers, way }: FirmwarePlan,
  { softJump, methods }: BoardProfile,
  single: boolean,
): readonly string[] {
  const { commands, touch } = answers;
  return [
    'Add to the firmware:',
    ...(single ? ['  #define BOOTCTL_FIRMWARE_IMPLEMENTATION        in one file, before the #include'] : []),
    ...(way.method === 'jump'
      ? ['  bootctl_start();                     first line of SystemInit(), or of Reset_Handler']
      : []),
    ...(commands.length > 0 ? ['  bootctl_command_received(byte);      where its bytes come in'] : []),
    ...(touch ? ['  bootctl_touched(baud_rate, dtr);     where line coding or line state changes'] : []),
    '  bootctl_poll(milliseconds);          in the main loop',
    '',
    ...(methods.includes('soft-jump')
      ? ['The profile asks for it already:']
      : ['Add to the profile, with soft-jump first in `methods`:']),
    '  softJump:',
    ...softJump.map((jump) => `    - ${entryText(jump)}`),
  ];
}

/** An entry as it stands in a profile. */
function entryText(jump: SoftJump): string {
  const { trigger, ...rest } = jump;
  const values = Object.entries({ trigger, ...rest }).map(([name, value]) => {
    if (name === 'send') return `send: ${JSON.stringify(value)}`;
    if (name === 'wait') return `wait: ${value}ms`;
    return name === 'vendorId' || name === 'productId' ? `${name}: "${value}"` : `${name}: ${value}`;
  });
  return `{ ${values.join(', ')} }`;
}

/** A plan as values of `--json`. */
export function firmwareValues({ profile, chip, facts, answers, way, notes }: FirmwarePlan): object {
  const { commands, touch, delay } = answers;
  return {
    profile,
    target: chip.key,
    verdict: facts.verdict,
    proof: facts.proof,
    rule: facts.rule,
    ...way,
    commands,
    touch,
    delay,
    notes,
    sources: facts.sources,
  };
}
