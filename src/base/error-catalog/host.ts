import type { CatalogRow } from './row.ts';

/** The adapter, and rights on the host. */
export const hostErrors = {
  'adapter-missing': { kind: 'adapter', recovery: 'stop', hint: 'Plug the adapter in, or choose one with `--port`.' },
  'adapter-unknown': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Choose the adapter with `--port`, or write its ids into `adapter` of the profile.',
  },
  'adapter-ambiguous': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Choose one with `--port`, or name its serial number or its USB path in `adapter` of the profile.',
  },
  'adapter-busy': { kind: 'adapter', recovery: 'stop', hint: 'Close the program that holds the port.' },
  'adapter-denied': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Add yourself to the group that owns the port and log in again.',
  },
  'adapter-lines-unsupported': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'This port cannot move RTS and DTR; use an adapter that can.',
  },
  'adapter-format-unsupported': {
    kind: 'adapter',
    recovery: 'stop',
    hasMoved: true,
    hint: 'Use another adapter or driver, or another rate with `--baud`: a port that sends something else reaches no ROM.',
  },
  'adapter-too-slow': {
    kind: 'adapter',
    recovery: 'next-method',
    hasMoved: true,
    hint: 'Run bootctl on the host of the adapter, or over a nearer network; use a larger capacitor, or the method `lines` where the wiring allows it.',
  },
  'adapter-lost': {
    kind: 'adapter',
    recovery: 'stop',
    hasMoved: true,
    hint: 'Plug the adapter in again, check the cable, and run the command again, or `bootctl reset`. Without the adapter the circuit may hold the board in reset, and then start its ROM.',
  },
  'adapter-failed': {
    kind: 'adapter',
    recovery: 'stop',
    hasMoved: true,
    hint: 'Unplug the adapter, plug it in again and run the command again.',
  },
  'gpio-missing': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Correct `chip` and `offset` of the line in `wiring`: `gpiodetect` and `gpioinfo` list chips and lines.',
  },
  'gpio-busy': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Close the program that holds the line, or take the overlay or the LED that uses it out of the device tree.',
  },
  'gpio-denied': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Add yourself to the group that owns the chip (`gpio` on Raspberry Pi OS) and log in again; in a container pass the chip through: `docker run --device /dev/gpiochip0 …`.',
  },
  'gpio-unavailable': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Lines of GPIO need Linux 5.10 or newer with its character devices; use an adapter with RTS and DTR elsewhere.',
  },
  'gpio-failed': {
    kind: 'adapter',
    recovery: 'stop',
    hasMoved: true,
    hint: 'See `dmesg` for what the GPIO chip says, and run the command again, or `bootctl reset`.',
  },
  'port-power-denied': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Run as root, or give this user the right to `disable` of the port in sysfs and to the device file of the hub; or leave `power` out of the slot.',
  },
  'port-power-failed': {
    kind: 'adapter',
    recovery: 'stop',
    hasMoved: true,
    hint: 'See `dmesg` for what the hub says; the next job of the slot switches the port on again, and so does plugging the hub out and in.',
  },
  'port-power-unavailable': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'It takes Linux 6.0 or newer and a hub that switches each of its ports; `bootctl jig check` says which part is missing. Leave `power` out of the slot where the power comes from elsewhere.',
  },
  'command-missing': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Install it, or give its whole path in `commands` of the profile: a list of the program and its arguments, which no shell reads.',
  },
  'command-failed': {
    kind: 'adapter',
    recovery: 'stop',
    hasMoved: true,
    hint: 'Run that command by hand until it works, then run bootctl again, or `bootctl reset`: it may have left the board half moved.',
  },
  'command-timeout': {
    kind: 'adapter',
    recovery: 'stop',
    hasMoved: true,
    hint: 'Run that command by hand and see how long it takes; a longer limit is `timeout` in `commands` of the profile.',
  },
  'usb-denied': {
    kind: 'adapter',
    recovery: 'stop',
    opensLater: true,
    hint: 'Install hardware/udev/60-bootctl.rules and plug the target in again.',
  },
  'usb-busy': { kind: 'adapter', recovery: 'stop', hint: 'Close the other program that uses the DFU device.' },
  'usb-driver-missing': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Install the WinUSB driver for the DFU device, with Zadig for instance.',
  },
  'usb-unavailable': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'This host shows no USB bus; in a container, pass /dev/bus/usb through.',
  },
  'host-not-ready': { kind: 'adapter', recovery: 'stop', hint: 'See what each check of `bootctl doctor` advises.' },
  'kernel-bench-unavailable': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'On Linux run `sudo modprobe vhci-hcd`, and this command as root.',
  },
} as const satisfies Record<string, CatalogRow>;
