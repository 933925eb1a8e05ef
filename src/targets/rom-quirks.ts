import type { Milliseconds } from '../units.ts';

/** How a ROM wants to be treated, where AN3156 leaves it open or the ROM does not keep to it. */
export interface RomBehaviour {
  /** `announced`: a DFU_GETSTATUS before bwPollTimeout is over does harm. */
  readonly polling: 'early' | 'announced';
  /** `once`: blocks follow their pointer by rising wBlockNum. `each-block`: the ROM may count otherwise. */
  readonly pointer: 'once' | 'each-block';
  /** Whether DFU_CLRSTATUS is allowed outside dfuERROR, to free a ROM that stays in dfuDNBUSY. */
  readonly clearStatus: 'anywhere' | 'in-error-only';
  /** An erase that is busy for longer is stuck. */
  readonly stuckAfter: Milliseconds;
  readonly massErase: 'works' | 'never';
  /** How long after the acknowledgement of an erase the flash is still busy. */
  readonly eraseSettles: Milliseconds;
  /** From this address on an erase may be acknowledged and do nothing: look. */
  readonly doubtEraseFrom?: number;
  /** True size of a sector, where the layout's is wrong. */
  readonly sectorSize?: number;
  /** Whether the GETSTATUS of the leave is sent. */
  readonly leaveStatus: 'asked' | 'not-asked';
}

/** What is known of a ROM once it has been opened. */
export interface RomIdentity {
  /** `usart` where it speaks AN3155. */
  readonly interface: 'dfu' | 'usart';
  /** Four hex digits. */
  readonly vendorId?: string;
  readonly bcdDevice?: string;
  /** Name of the flash's alternate setting. */
  readonly layout: string;
  /** Row of hardware/targets, where the profile names it. */
  readonly family?: string | undefined;
}

interface Quirk {
  readonly id: string;
  readonly source: string;
  /** Every field that is given must fit. */
  readonly when: {
    readonly interface?: 'dfu' | 'usart';
    readonly vendorId?: RegExp;
    readonly bcdDevice?: RegExp;
    readonly layout?: RegExp;
    readonly family?: RegExp;
  };
  readonly does: Partial<RomBehaviour>;
}

const usual: RomBehaviour = {
  polling: 'early',
  pointer: 'once',
  clearStatus: 'anywhere',
  stuckAfter: 10_000,
  massErase: 'works',
  eraseSettles: 0,
  leaveStatus: 'asked',
};

/** A line that nobody named may be a WB, whose mass erase takes the radio's firmware with it (AN2606, WB55; ours). */
const unknown: Partial<RomBehaviour> = { massErase: 'never' };

/** Later rows win. `usual` recovers by itself from polls that stall, from a layout or an erase that the verify refutes. */
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
  {
    id: 'clone-gd32',
    source: 'gamelaster/dfu-util@9d0638b src/quirks.c: GD32 leave and layout; hardware/QUIRKS.md Q47',
    when: { interface: 'dfu', vendorId: /^28e9$/ },
    does: {
      polling: 'announced',
      pointer: 'each-block',
      leaveStatus: 'not-asked',
      massErase: 'never',
      clearStatus: 'in-error-only',
    },
  },
  {
    id: 'gd32vf103-pages',
    source: 'dfu-util issues on GD32VF103: the layout says 512*002Kg, the pages have 1 KB',
    when: { interface: 'dfu', vendorId: /^28e9$/, layout: /512\*0*2Kg/ },
    does: { sectorSize: 1024 },
  },
  {
    id: 'clone-at32',
    source: 'hardware/QUIRKS.md Q47: clones without GETSTATUS at the leave; betaflight-configurator@e1320fe usbdfu.js',
    when: { interface: 'dfu', vendorId: /^2e3c$/ },
    does: { polling: 'announced', pointer: 'each-block', massErase: 'never', clearStatus: 'in-error-only' },
  },
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
    id: 'f42x-bank-2',
    source: 'AN2606 Rev 70, Table 90: V7.0 does not erase bank 2 in dual-bank mode',
    when: { interface: 'dfu', layout: /04\*016Kg,01\*064Kg,07\*128Kg,04\*016Kg/ },
    does: { doubtEraseFrom: 0x0810_0000 },
  },
  {
    id: 'g07-early-erase',
    source: 'AN2606 Rev 70, Table 108: V11.3 acknowledges an erase early: one sector at a time, 40 ms',
    when: { family: /^G07x/ },
    does: { eraseSettles: 40, massErase: 'never' },
  },
  {
    id: 'wb55-wireless-stack',
    source: 'ST community m-p/222327: the top of the flash belongs to FUS and the wireless stack',
    when: { family: /^WB/ },
    does: { massErase: 'never' },
  },
];

/** Ids and sources of all rows, for tests and `bootctl info`. */
export const quirkRows: readonly { readonly id: string; readonly source: string }[] = quirks;

/** How to treat this ROM, and the ids of the rows that say so. */
export function behaviourOf(rom: RomIdentity): { readonly behaviour: RomBehaviour; readonly ids: readonly string[] } {
  const found = quirks.filter(({ when }) => fits(when, rom));
  return {
    behaviour: Object.assign({}, usual, ...found.map(({ does }) => does), rom.family ? {} : unknown) as RomBehaviour,
    ids: found.map(({ id }) => id),
  };
}

function fits(when: Quirk['when'], rom: RomIdentity): boolean {
  if (when.interface !== undefined && when.interface !== rom.interface) return false;
  return (['vendorId', 'bcdDevice', 'layout', 'family'] as const).every(
    (field) => when[field] === undefined || when[field].test(rom[field] ?? ''),
  );
}
