import type { Quirk } from './rom-behaviour.ts';

const KiB = 1024;
/** Sizes by the third character of a GD32VF103's serial number, which is part of its order code: `3CBJ` is a CB. */
const gd32vf103Sizes = { B: 128, 8: 64, 6: 32, 4: 16 } as const;

/** Rows of the quirk table for other makers' chips: src/chips/rom-quirks.ts. */
export const cloneQuirks: readonly Quirk[] = [
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
  ...Object.entries(gd32vf103Sizes).map(([code, size]) => ({
    id: `gd32vf103-${size}k`,
    source: 'dfu-util 0.11 quirks.c, fixup_dfuse_layout: the layout says 1 MB, the serial number what there is',
    when: { interface: 'dfu' as const, vendorId: /^28e9$/, serialNumber: new RegExp(`^3.${code}J$`) },
    does: { flashSize: size * KiB },
  })),
  {
    id: 'clone-at32',
    source: 'hardware/QUIRKS.md Q47: clones without GETSTATUS at the leave; betaflight-configurator@e1320fe usbdfu.js',
    when: { interface: 'dfu', vendorId: /^2e3c$/ },
    does: { polling: 'announced', pointer: 'each-block', massErase: 'never', clearStatus: 'in-error-only' },
  },
  {
    id: 'at32f437-sector-types',
    source:
      'betaflight-configurator usbdfu.js, parseDescriptor: "08*04Ka,1000*04Kg", of which it erases and writes the first 32 KB as well',
    when: { interface: 'dfu', vendorId: /^2e3c$/, layout: /\/0*8\*0*4Ka,0*1000\*0*4Kg/ },
    does: { sectorTypes: 'wrong' },
  },
];
