import { type DraftEntry, quoted } from '../../profile/draft.ts';
import type { ImportNote } from '../imported.ts';

interface From {
  readonly text: string;
  readonly from: string;
}

/** How a Klipper is reached and asked. */
export interface KlipperWay {
  readonly entries: readonly DraftEntry[];
  readonly assumed: readonly ImportNote[];
  readonly notes: readonly ImportNote[];
  /** The device is a port of the adapter, and not the target's own. */
  readonly usesAdapter: boolean;
}

const methods: DraftEntry = {
  key: 'methods',
  lines: ['methods: [soft-jump, manual]'],
  comment:
    'Klipper is asked; then, at a terminal, a person holds BOOT0 and taps reset. Nothing here says that a line does',
};

/** Ids of Klipper on USB (src/generic/usb_cdc.c; docs/FAQ.md): OpenMoko's, for all boards. */
const klipperIds = { vendorId: '1d50', productId: '614e' } as const;

/** On the target's own USB: a touch at 1200 baud, as scripts/flash_usb.py does it. */
export function klipperOnUsb(
  device: From | undefined,
  ids: (typeof klipperIds | { vendorId: string; productId: string }) & { from?: string } = klipperIds,
): KlipperWay {
  const from = ids.from ?? device?.from;
  return {
    entries: [
      methods,
      {
        key: 'softJump',
        lines: ['softJump:', '  - { trigger: klipper, via: target }'],
        comment: `from ${device?.from ?? 'a build for USB'}: touched at 1200 baud`,
        ...(device && { from: device.from }),
      },
      {
        key: 'application',
        lines: [
          `application: { expect: usb, vendorId: ${quoted(ids.vendorId)}, productId: ${quoted(ids.productId)}, timeout: 10s }`,
        ],
        comment: ids.from ? `from ${ids.from}` : 'the ids of Klipper on USB, where a build has no others',
        ...(from !== undefined && ids.from && { from }),
      },
    ],
    assumed: [
      {
        about: "that Klipper is on the target's own USB",
        why: device ? `${device.text} is no port of a USB-serial adapter by its name` : 'the build is for USB',
      },
    ],
    notes: device
      ? [
          {
            about: device.from,
            why: 'the port of the application; bootctl finds it by its ids, and where several are alike, by `usb: { path: … }` or `--usb-path`',
          },
        ]
      : [],
    usesAdapter: false,
  };
}

/** On an adapter: the request as text, at the rate of the firmware. */
export function klipperOnUsart(baudRate: { readonly rate: number; readonly from: string } | undefined): KlipperWay {
  const rate = baudRate ? `, baudRate: ${baudRate.rate}` : ', baudRate: 250000';
  return {
    entries: [
      methods,
      {
        key: 'usart',
        lines: ['usart: { connected: true }'],
        comment: 'the same port is taken to reach a USART of the ROM',
      },
      {
        key: 'softJump',
        lines: ['softJump:', `  - { trigger: klipper, via: adapter${rate} }`],
        comment: baudRate
          ? `from ${baudRate.from}`
          : "250000 is Klipper's own rate (src/generic/serial_irq.c, Kconfig)",
        ...(baudRate && { from: baudRate.from }),
      },
    ],
    assumed: [
      {
        about: 'usart: { connected: true }',
        why: "the USART of Klipper is taken to be one of the ROM's; AN2606 and `usarts` in hardware/targets list those",
      },
    ],
    notes: [],
    usesAdapter: true,
  };
}
