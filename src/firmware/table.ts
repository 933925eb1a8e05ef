import { hex32 } from '../base/text.ts';
import type { Chip } from '../chips/chip.ts';
import type { JumpRegisters } from '../chips/firmware/chip-firmware.ts';

const begin = '<!-- made by hardware/build.mjs of hardware/targets -->';
const end = '<!-- end -->';

/** A page with the table of the lines between its two marks. @throws Error if a mark is missing */
export function withTable(page: string, chips: readonly Chip[]): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error('The page has no marks for its table');
  return `${page.slice(0, from + begin.length)}\n\n${table(chips)}\n\n${page.slice(to)}`;
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
