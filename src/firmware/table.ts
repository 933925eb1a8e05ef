import { hex32 } from '../base/text.ts';
import type { Chip } from '../chips/chip.ts';
import { type ChipFirmware, firmwareVerdicts, type JumpRegisters } from '../chips/firmware/chip-firmware.ts';

const begin = '<!-- made by hardware/build.mjs of hardware/targets -->';
const end = '<!-- end -->';

/** A page with what is known of the lines, and their table, between its two marks. @throws Error if a mark is missing */
export function withTable(page: string, chips: readonly Chip[]): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error('The page has no marks for its table');
  return `${page.slice(0, from + begin.length)}\n\n${summary(chips)}\n\n${table(chips)}\n\n${page.slice(to)}`;
}

/** How well all of it is known, in sentences. */
function summary(chips: readonly Chip[]): string {
  const keys = (is: (firmware: ChipFirmware) => boolean) =>
    chips.filter(({ firmware }) => firmware && is(firmware)).map(({ key }) => key);
  const named = (found: readonly string[]) => `${found.length} lines: ${found.map((key) => `\`${key}\``).join(', ')}.`;
  const verdicts = firmwareVerdicts.map((one) => `${keys(({ verdict }) => verdict === one).length} ${one}`);
  const inRam = keys(({ jump }) => jump?.romRam !== undefined);
  return [
    `Of ${chips.length} lines: ${verdicts.join(', ')}.`,
    `On **one source only** rest ${named(keys(({ proof }) => proof === 'one-source'))}`,
    `Known **of a sister line only** are ${named(keys(({ proof }) => proof === 'sister-line'))}`,
    `Which RAM the ROM uses is written down for ${named(inRam)} A request in RAM may not lie there. Of all others it is **not known**: there a request in RAM is used up before the ROM runs, \`--ram-token\` is refused where it would have to outlive the ROM, and a leave may lack the reset that cleans up after the ROM.`,
  ].join('\n\n');
}

function table(chips: readonly Chip[]): string {
  const rows = chips.flatMap(({ key, name, firmware }) =>
    firmware
      ? [[`\`${key}\``, name, firmware.verdict, firmware.proof ?? '', ...jumpCells(firmware.jump), firmware.rule ?? '']]
      : [],
  );
  const head = [
    'line',
    'parts',
    'verdict',
    'proof',
    'table of the ROM',
    'remap',
    'request in',
    'condition, or what to see to',
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function jumpCells(jump: JumpRegisters | undefined): readonly string[] {
  if (!jump) return ['', '', ''];
  const { rom, remap, backup } = jump;
  return [hex32(rom), remap ? hex32(remap.register) : 'none: VTOR', backup ? hex32(backup.register) : 'RAM only'];
}
