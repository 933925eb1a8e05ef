import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { causeOf, openingCode, textOf, usingCode } from '../../src/host/serial/errors.ts';
import { explainBusy, explainDenied, explainMissing } from '../../src/host/serial/explain.ts';
import { findHolders, findLockHolder, isRunning, nameHolders } from '../../src/host/system/file-holder.ts';
import { fakeTree } from '../helpers/fake-tree.ts';

const coded = (code: string) => Object.assign(new Error(code), { code });

describe('what a failure to open means', () => {
  // Texts: src/serialport_unix.cpp and src/serialport_win.cpp of @serialport/bindings-cpp 13.0.0, with strerror(3)
  test.each([
    ['Error: No such file or directory, cannot open /dev/ttyUSB0', 'adapter-missing'],
    ['Error: No such device or address, cannot open /dev/ttyS9', 'adapter-missing'],
    ['Error: No such device, cannot open /dev/ttyUSB0', 'adapter-missing'],
    ['Opening COM7: File not found', 'adapter-missing'],
    ['Error: Permission denied, cannot open /dev/ttyUSB0', 'adapter-denied'],
    ['Error: Operation not permitted, cannot open /dev/ttyUSB0', 'adapter-denied'],
    ['Error Resource temporarily unavailable Cannot lock port', 'adapter-busy'],
    ['Error: Device or resource busy, cannot open /dev/ttyUSB0', 'adapter-busy'],
    ['Error: Resource busy, cannot open /dev/tty.usbserial-1', 'adapter-busy'],
    ['Opening COM7: Access denied', 'adapter-busy'],
    ['Error: Input/output error, cannot open /dev/ttyUSB0', 'adapter-failed'],
    ['Error: Inappropriate ioctl for device setting custom baud rate of 115200', 'adapter-failed'],
    ['Opening COM7: Unknown error code 121', 'adapter-failed'],
  ])('%s: %s', (text, code) => {
    expect(openingCode(new Error(text))).toBe(code);
  });
});

describe('what a failure of an open port means', () => {
  // Measured on Linux 6.1: an FT232R unplugged, a CP2102 unplugged, CDC-ACM without break, a pty; then sources as above
  test.each([
    ['Error: No such device, cannot set', 'adapter-lost'],
    ['Error: Input/output error, cannot set', 'adapter-lost'],
    ['Error: Operation not supported, cannot set', 'adapter-lines-unsupported'],
    ['Error: Inappropriate ioctl for device, cannot set', 'adapter-lines-unsupported'],
    ['Port is not open', 'adapter-lost'],
    ['Canceled', 'adapter-lost'],
    ['Error: I/O error, cannot set', 'adapter-lost'], // musl
    ['Error: Device not configured, cannot set', 'adapter-lost'], // macOS
    ['Error: Invalid argument, cannot set', 'adapter-lines-unsupported'],
    ['Error: Broken pipe, cannot set', 'adapter-lines-unsupported'],
    ['Writing to COM port (GetOverlappedResult): Access denied', 'adapter-lost'],
    ['Writing to COM port (WriteFileEx): Unknown error code 22', 'adapter-lost'],
    ['Reading from COM port (ReadFileEx): Operation aborted', 'adapter-lost'],
    ['Writing to COM port (WriteFileEx): Unknown error code 223', 'adapter-failed'],
    ['Error: Connection timed out, cannot set', 'adapter-failed'],
  ])('%s: %s', (text, code) => {
    expect(usingCode(new Error(text), true)).toBe(code);
  });

  test.each([
    ['EIO', 'adapter-lost'],
    ['ENXIO', 'adapter-lost'],
    ['ENODEV', 'adapter-lost'],
    ['EBADF', 'adapter-lost'],
    ['ENOTTY', 'adapter-failed'], // nothing about lines was asked
    ['ENOSPC', 'adapter-failed'],
  ])('errno %s while reading: %s', (code, expected) => {
    expect(usingCode(coded(code), false)).toBe(expected);
  });

  test('what is no error has no cause, and the message loses only its leading word', () => {
    expect(causeOf('EIO')).toBeUndefined();
    expect(causeOf(new Error('something else'))).toBeUndefined();
    expect(textOf(new Error('Error: No such device, cannot set'))).toBe('No such device, cannot set');
    expect(textOf('plain')).toBe('plain');
  });
});

describe('a port that may not be opened', () => {
  const facts = { path: '/dev/ttyUSB0', user: 'ada', cause: 'EACCES', group: 'dialout', mode: 0o20660, member: false };
  test.each([
    { name: 'the group and the command', change: {}, hint: 'Run `sudo usermod -aG dialout ada`, then log out' },
    { name: 'a member since the last login', change: { member: true }, hint: 'log out and in again' },
    { name: 'a group without rights', change: { mode: 0o20600 }, hint: 'udev rule: SUBSYSTEM=="tty"' },
    { name: 'group root', change: { group: 'root' }, hint: 'KERNEL=="ttyUSB0"' },
    { name: 'a container', change: { cause: 'EPERM' }, hint: '--device /dev/ttyUSB0' },
  ])('names $name', ({ change, hint }) => {
    const error = explainDenied({ ...facts, ...change });
    expect(error.code).toBe('adapter-denied');
    expect(error.hint).toContain(hint);
  });

  test('the message says whose it is', () => {
    expect(explainDenied(facts).message).toBe('ada may not open /dev/ttyUSB0: it belongs to group dialout, mode 0660');
  });
});

describe('a port that is in use', () => {
  const facts = { path: '/dev/ttyUSB0', heldByUs: false, modemManager: false };
  test.each([
    [{ holders: 'minicom (pid 812)' }, 'in use by minicom (pid 812)', 'Close the program that holds the port.'],
    [{ holders: 'ModemManager (pid 9)' }, 'in use by ModemManager (pid 9)', 'ENV{ID_MM_DEVICE_IGNORE}="1"'],
    [{}, 'in use by another program', 'sudo fuser -v /dev/ttyUSB0'],
    [{ modemManager: true }, 'in use by another program', 'ModemManager runs here'],
    [{ heldByUs: true }, 'in use by this process', 'Close the program that holds the port.'],
  ])('%j', (change, message, hint) => {
    const error = explainBusy({ ...facts, ...change });
    expect(error).toMatchObject({ code: 'adapter-busy', message: expect.stringContaining(message) });
    expect(error.hint).toContain(hint);
  });
});

describe('a port that is not there', () => {
  const port = { path: '/dev/ttyUSB1', vendorId: '0403', productId: '6001' };
  test.each([
    { ports: [], message: 'There is no port /dev/ttyUSB0; this host has no serial port', hint: 'Plug the adapter in' },
    {
      ports: [port, { path: '/dev/ttyS0' }],
      message: 'There is no port /dev/ttyUSB0; this host has /dev/ttyUSB1 (0403:6001), /dev/ttyS0',
      hint: 'Plug the adapter in',
    },
    {
      ports: [{ path: '/dev/ttyUSB0' }],
      message: 'The kernel lists /dev/ttyUSB0, but it cannot be reached here',
      hint: 'docker run --device /dev/ttyUSB0',
    },
  ])('$message', ({ ports, message, hint }) => {
    const error = explainMissing('/dev/ttyUSB0', ports);
    expect(error).toMatchObject({ code: 'adapter-missing', message });
    expect(error.hint).toContain(hint);
  });
});

describe('who holds a file', () => {
  test('by the descriptors that procfs shows', async () => {
    using tree = fakeTree({
      'dev/ttyUSB0': '',
      'proc/812/comm': 'minicom\n',
      'proc/7/comm': 'other\n',
      'proc/uptime': '1',
    });
    using held = fakeTree({ 'proc/812/comm': 'minicom\n', 'proc/812/fd/3': { to: 'port' }, 'proc/7/comm': 'other\n' });
    expect(await findHolders(`${held.root}/port`, `${held.root}/proc`)).toEqual([{ pid: 812, name: 'minicom' }]);
    expect(await findHolders(`${tree.root}/dev/ttyUSB0`, `${tree.root}/proc`)).toEqual([]);
    expect(await findHolders('/nowhere', `${tree.root}/no-proc`)).toEqual([]);
  });

  test('several are all named; nobody is undefined; a hidden name is still a process', () => {
    expect(nameHolders([])).toBeUndefined();
    expect(
      nameHolders([
        { pid: 1, name: 'a' },
        { pid: 2, name: '' },
      ]),
    ).toBe('a (pid 1), a process (pid 2)');
  });

  test.skipIf(process.platform !== 'linux')('by the lock, which every user may read', async () => {
    using tree = fakeTree({ port: '', other: '', 'proc/812/comm': 'serialterm\n' });
    const { statSync, writeFileSync } = await import('node:fs');
    const inode = (name: string) => {
      const { dev, ino } = statSync(`${tree.root}/${name}`);
      const major = (dev >> 8) & 0xfff;
      const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
      return `${[major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':')}:${ino}`;
    };
    // layout: proc_locks(5)
    const lines = [
      `1: POSIX  ADVISORY  WRITE 5 ${inode('port')} 0 EOF`,
      `2: FLOCK  ADVISORY  READ  6 ${inode('port')} 0 EOF`,
      `3: FLOCK  ADVISORY  WRITE 812 ${inode('other')} 0 EOF`,
      '',
    ];
    writeFileSync(`${tree.root}/proc/locks`, lines.join('\n'));
    expect(await findLockHolder(`${tree.root}/port`, `${tree.root}/proc`)).toBeUndefined();
    expect(await findLockHolder(`${tree.root}/other`, `${tree.root}/proc`)).toEqual({ pid: 812, name: 'serialterm' });
    expect(await findLockHolder(`${tree.root}/absent`, `${tree.root}/proc`)).toBeUndefined();
  });

  test('a program is found by the name that the kernel keeps, 15 characters of it', async () => {
    using tree = fakeTree({ '44/comm': 'NetworkManager-\n', '45/comm': 'ModemManager\n' });
    expect(await isRunning('ModemManager', tree.root)).toBe(true);
    expect(await isRunning('NetworkManager-dispatcher', tree.root)).toBe(true);
    expect(await isRunning('minicom', tree.root)).toBe(false);
  });
});

test('the rule that the ModemManager hint names is in the file it names', () => {
  const rules = readFileSync(new URL('../../hardware/udev/60-bootctl.rules', import.meta.url), 'utf8');
  for (const id of ['0403', '10c4', '1a86', '067b']) {
    expect(rules).toMatch(new RegExp(`^ATTR\\{idVendor\\}=="${id}", .*ENV\\{ID_MM_DEVICE_IGNORE\\}="1"$`, 'm'));
  }
});
