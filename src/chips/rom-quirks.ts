import { cloneQuirks } from './clone-quirks.ts';
import { programmedAtOnce } from './memories.ts';
import { type Quirk, type RomBehaviour, type RomIdentity, unknownChip, usualBehaviour } from './rom-behaviour.ts';

/**
 * Later rows win. `usual` recovers by itself from polls that stall, from a layout or an erase that the verify refutes.
 */
const quirks: readonly Quirk[] = [
  {
    id: 'l4-stalls-early-polls',
    source: 'gamelaster/dfu-util@9d0638b src/dfuse.c: GETSTATUS stalls while an L4 is busy, the last timeout again',
    when: { interface: 'dfu', family: /^L4/ },
    does: { polling: 'announced' },
  },
  {
    id: 'l4-by-layout',
    source:
      'layout strings of L43x and L47x listings (mobilinkd/tnc3-firmware#12): old generation, pages of 2 KB, flash of 256 KB to 1 MB; F303xE and F072 share some, and lose nothing',
    when: {
      interface: 'dfu',
      bcdDevice: /^2[0-2]00$/,
      layout: /^@Internal Flash {2}\/0x08000000\/0*(128|256|512)\*0*2Kg/,
    },
    does: { polling: 'announced' },
  },
  ...cloneQuirks,
  {
    id: 'h74x-stuck-busy',
    source:
      'betaflight/betaflight-configurator@e1320fe usbdfu.js: rev V stays in dfuDNBUSY after the first sector of bank 2; DS12110: 128 KB take 4 s at most',
    when: { interface: 'dfu', layout: /0*16\*0*128Kg/ },
    does: { stuckAfter: 5_000 },
  },
  {
    id: 'h74x-mass-erase',
    source: 'AN2606 Rev 70, chapter 60: V13.3 mass erase by DFU does not work',
    when: { interface: 'dfu', family: /^H74x/ },
    does: { stuckAfter: 5_000, massErase: 'never' },
  },
  {
    id: 'h74x-bank-2-early',
    source:
      'AN2606 Rev 70, chapter 60: V9.1 acknowledges an erase in bank 2 early, 4 s at worst; ids: Tables 3 and 226',
    when: { interface: 'dfu', layout: /0*16\*0*128Kg/ },
    does: {
      doubtErase: {
        from: 0x0810_0000,
        lasts: 4_000,
        idAt: 0x1ff1_e7fe,
        ids: [0x91],
        otherIds: [0x90, 0x92, 0xd2, 0xd3],
        what: 'V9.1 of the ROM of an H74x acknowledges an erase in bank 2 early (AN2606, chapter 60)',
      },
    },
  },
  {
    id: 'c5-clear-status',
    source: 'betaflight/betaflight-configurator@e1320fe usbdfu.js (PR #5300): CLRSTATUS outside dfuERROR stalls',
    when: { interface: 'dfu', family: /^C5/ },
    does: { clearStatus: 'in-error-only' },
  },
  {
    id: 'c5-by-layout',
    source: 'betaflight/betaflight-configurator@e1320fe test/usbdfu: one alternate setting, one blank before the slash',
    when: { interface: 'dfu', layout: /^@Internal Flash \/0x08000000\/64\*08Kg/ },
    does: { clearStatus: 'in-error-only' },
  },
  {
    id: 'h7a3-page-size',
    source: 'AN2606 Rev 70, Table 138: V9.0 reports 256*02Kg, the sectors have 8 KB',
    when: { interface: 'dfu', family: /^H7A3/, layout: /256\*0*2Kg/ },
    does: { sectorSize: 8 * 1024 },
  },
  {
    id: 'h7a3-by-layout',
    source:
      'AN2606 Rev 70, Table 138: V9.0 of an H7A3 reports 256*02Kg as G4 and L4 do (hardware/targets), and erases 8 KB',
    when: { interface: 'dfu', family: /^$/, layout: /256\*0*2Kg/ },
    does: { mayErase: 8 * 1024 },
  },
  {
    id: 'f2-f4-core-stands-still',
    source:
      'RM0090, flash interface: while a bank is written the bus stalls for who reads it; the ROM lies in the only one',
    when: {
      interface: 'dfu',
      bcdDevice: /^2200$/,
      layout: /^@Internal Flash {2}\/0x08000000\/04\*016Kg,01\*064Kg,\d+\*128Kg$/,
    },
    does: { whileProgramming: 'stands-still' },
  },
  {
    id: 'f42x-bank-2',
    source: 'AN2606 Rev 70, Table 90: V7.0 does not erase bank 2 in dual-bank mode',
    when: { interface: 'dfu', layout: /04\*016Kg,01\*064Kg,07\*128Kg,04\*016Kg/ },
    does: {
      doubtErase: {
        from: 0x0810_0000,
        lasts: 'for-good',
        idAt: 0x1fff_76de,
        ids: [0x70],
        otherIds: [0x91],
        what: 'V7.0 of the ROM of an F42x/43x does not erase bank 2 by DFU (AN2606, Table 90)',
      },
    },
  },
  {
    id: 'g07-early-erase',
    source: 'AN2606 Rev 70, Table 108: V11.3 acknowledges an erase early: one sector at a time, 40 ms',
    when: { family: /^G07x/ },
    does: { eraseSettles: 40, massErase: 'never' },
  },
  {
    id: 'g0b0-one-at-a-time',
    source: 'AN2606 Rev 70, Table 110: V13.0 erases one sector of bank 2 a command, so nothing at once',
    when: { family: /^G0B0$/ },
    does: { massErase: 'never' },
  },
  {
    id: 'l0-l1-erases-to-zero',
    source: 'openocd src/flash/nor/stm32lx.c: erased is 0x00; stm32flash dev_table.c: no mass erase by 43/44 (AN3155)',
    when: { family: /^L[01](\d|_)/ },
    does: { erased: 0x00, massErase: 'never' },
  },
  {
    id: 'l0-l1-by-layout',
    source: 'the same; pages of 128 or 256 bytes are those of L0 and L1 only (hardware/targets)',
    when: { interface: 'dfu', layout: /^@Internal Flash {2}\/0x08000000\/\d+\*0*(128|256) ?g/ },
    does: { erased: 0x00, massErase: 'never', programsAtOnce: 128 },
  },
  {
    id: 'wb55-wireless-stack',
    source: 'ST community m-p/222327: the top of the flash belongs to FUS and the wireless stack',
    when: { family: /^WB/ },
    does: { massErase: 'never' },
  },
  {
    id: 'wb55-unprotect-power',
    source: 'AN2606 Rev 70, Table 184: V13.5 resets instead of loading its option bytes anew',
    when: { family: /^WB55$/ },
    does: { unprotectNeedsPower: 'the ROM V13.5 of an STM32WB55 (AN2606, Table 184)' },
  },
];

/** Ids and sources of all rows, for tests. */
export const quirkRows: readonly { readonly id: string; readonly source: string }[] = quirks;

/** How to treat this ROM, and the ids of the rows that decide it. */
export function behaviourOf(rom: RomIdentity): { readonly behaviour: RomBehaviour; readonly ids: readonly string[] } {
  const found = quirks.filter(({ when }) => fits(when, rom));
  return {
    behaviour: Object.assign(
      {},
      usualBehaviour,
      rom.family ? {} : unknownChip,
      ...found.map(({ does }) => does),
      rom.family ? { programsAtOnce: programmedAtOnce(rom.family) } : {},
    ) as RomBehaviour,
    ids: found.map(({ id }) => id),
  };
}

function fits(when: Quirk['when'], rom: RomIdentity): boolean {
  if (when.interface !== undefined && when.interface !== rom.interface) return false;
  return (['vendorId', 'bcdDevice', 'serialNumber', 'layout', 'family'] as const).every(
    (field) => when[field] === undefined || when[field].test(rom[field] ?? ''),
  );
}
