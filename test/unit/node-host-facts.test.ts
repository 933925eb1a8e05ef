import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeHostFacts } from '../../src/host/system/host-facts.ts';
import { fakeTree } from '../helpers/fake-tree.ts';

const usb = 'sys/devices/pci/usb1';

describe.runIf(process.platform === 'linux')('what the kernel and udev say, without opening a port', () => {
  test('adapters, rules, processes, run-time DFU', async () => {
    using tree = fakeTree({
      // an FTDI adapter; udev was told to keep ModemManager away
      [`${usb}/1-1/uevent`]: 'MAJOR=189\nMINOR=4\n',
      [`${usb}/1-1/1-1:1.0/ttyUSB0/latency_timer`]: '16\n',
      [`${usb}/1-1/1-1:1.0/ttyUSB0/driver`]: { to: 'sys/bus/usb-serial/drivers/ftdi_sio' },
      'sys/class/tty/ttyUSB0/device': { to: `${usb}/1-1/1-1:1.0/ttyUSB0` },
      'run/udev/data/c189:4': 'N:bus/usb/001/005\nE:ID_MM_DEVICE_IGNORE=1\n',
      // a CDC-ACM adapter with line coding but without break (bmCapabilities 2), behind a hub
      [`${usb}/1-2/1-2.1/1-2.1:1.0/bmCapabilities`]: '2\n',
      [`${usb}/1-2/1-2.1/1-2.1:1.0/driver`]: { to: 'sys/bus/usb/drivers/cdc_acm' },
      'sys/class/tty/ttyACM0/device': { to: `${usb}/1-2/1-2.1/1-2.1:1.0` },
      'sys/class/tty/ttyS0/device': { to: 'sys/devices/platform/serial8250' },
      // an application with a run-time DFU interface
      'sys/bus/usb/devices/1-3:1.2/bInterfaceClass': 'fe\n',
      'sys/bus/usb/devices/1-3:1.2/bInterfaceSubClass': '01\n',
      'sys/bus/usb/devices/1-3:1.2/bInterfaceProtocol': '01\n',
      'sys/bus/usb/devices/usb1/devnum': '1\n',
      'proc/812/comm': 'ModemManager\n',
      'etc/10-st.rules': 'ATTR{idVendor}=="0483"\n',
      'lib/10-st.rules': 'ATTR{idVendor}=="0483", weaker\n',
      'lib/20-other.rules': 'ATTR{idVendor}=="0403"\n',
    });
    const at = (name: string) => join(tree.root, name);
    const roots = { sys: at('sys'), proc: at('proc'), run: at('run'), rules: [at('etc'), at('lib')] };
    const facts = await nodeHostFacts(roots);
    expect(facts).toMatchObject({
      udev: { isRunning: false, ruleFiles: [{ path: at('etc/10-st.rules') }] },
      modemManagerRuns: true,
      runtimeDfu: ['1-3'],
      usbBuses: [1],
    });
    expect(facts.ports).toEqual({
      '/dev/ttyUSB0': { driver: 'ftdi_sio', latencyTimer: 16, isIgnoredByModemManager: true },
      '/dev/ttyACM0': { driver: 'cdc_acm', sendsBreak: false, isIgnoredByModemManager: false },
    });
  });

  test('the modules of this installation load', async () => {
    expect((await nodeHostFacts()).modules).toEqual([{ name: 'serialport' }, { name: 'usb' }, { name: 'koffi' }]);
  });
});
