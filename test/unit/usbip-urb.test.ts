import { describe, expect, test } from 'vitest';
import type { ControlReply, SetupPacket, UsbFunction } from '../../src/sim/board/usb-function.ts';
import { parseRequest, parseSetup, submitReply, unlinkReply } from '../../src/sim/usbip/urb.ts';
import { UrbServer } from '../../src/sim/usbip/urb-server.ts';
import { parseVhciStatus } from '../../src/sim/usbip/vhci.ts';
import { hex, show } from '../helpers/target-context.ts';

/** The example of Linux Documentation/usb/usbip_protocol.rst: IN on endpoint 1. */
const documented =
  '00000001 00000d05 0001000f 00000001 00000001 00000200 00000040 ffffffff 00000000 00000004 00000000 00000000';
const zeros = (words: number): string => ' 00000000'.repeat(words);

/** USBIP_CMD_SUBMIT in the layout of §7: command, seqnum, devid, direction, endpoint, flags, length, … setup, data. */
const submit = (seqnum: string, direction: 0 | 1, endpoint: number, length: string, setup = '', data = ''): string =>
  `00000001 ${seqnum} 00010001 0000000${direction} 0000000${endpoint} 00000000 ${length}${zeros(3)} ${setup || zeros(2)} ${data}`;
const unlink = (seqnum: string, victim: string): string =>
  `00000002 ${seqnum} 00010001 00000000 00000000 ${victim}${zeros(6)}`;
const retSubmit = (seqnum: string, status: string, length: string, data = ''): string =>
  `00000003 ${seqnum}${zeros(3)} ${status} ${length}${zeros(5)} ${data}`;
const retUnlink = (seqnum: string, status: string): string => `00000004 ${seqnum}${zeros(3)} ${status}${zeros(6)}`;
const bytes = (text: string): Uint8Array => hex(text.replaceAll(/\s/g, ''));

describe('messages', () => {
  test('the documented CMD_SUBMIT', () => {
    expect(parseRequest(bytes(documented))).toEqual({
      request: {
        command: 'submit',
        seqnum: 0xd05,
        direction: 'in',
        endpoint: 1,
        length: 64,
        setup: { requestType: 0, request: 0, value: 0, index: 0, length: 0 },
        data: new Uint8Array(0),
      },
      size: 48,
    });
  });

  test('the setup packet is little-endian, as on the bus', () => {
    expect(parseSetup(bytes('80 06 00 01 09 04 40 00'))).toEqual({
      requestType: 0x80,
      request: 6,
      value: 0x0100,
      index: 0x0409,
      length: 64,
    });
  });

  test.each([
    { what: 'a header cut short', arrived: bytes(documented).subarray(0, 47) },
    { what: 'OUT data cut short', arrived: bytes(submit('00000001', 0, 2, '00000003', '', 'aabb')) },
  ])('$what waits for more', ({ arrived }) => {
    expect(parseRequest(arrived)).toBeUndefined();
  });

  test('a command that no host sends is refused', () => {
    expect(() => parseRequest(bytes(retSubmit('00000001', '00000000', '00000000')))).toThrow('command 3');
  });

  test('replies: data of an IN, a stall (-32), an unlinked URB (-104)', () => {
    expect(show(submitReply(5, 0, 2, Uint8Array.of(0xaa, 0xbb)))).toBe(
      show(bytes(retSubmit('00000005', '00000000', '00000002', 'aabb'))),
    );
    expect(show(submitReply(5, -32, 0))).toBe(show(bytes(retSubmit('00000005', 'ffffffe0', '00000000'))));
    expect(show(unlinkReply(6, -104))).toBe(show(bytes(retUnlink('00000006', 'ffffff98'))));
  });

  test('status of vhci_hcd: column 3 is 004 for a free port, 006 for one in use', () => {
    const text = [
      'hub port sta spd dev      sockfd local_busid',
      'hs  0000 006 002 00010001 000021 1-1',
      'hs  0001 004 000 00000000 000000 0-0',
      'ss  0008 004 000 00000000 000000 0-0',
    ].join('\n');
    expect(parseVhciStatus(text)).toEqual([
      { hub: 'hs', number: 0, state: 'used' },
      { hub: 'hs', number: 1, state: 'free' },
      { hub: 'ss', number: 8, state: 'free' },
    ]);
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A device whose answers the test gives, behind a server. */
function served(own: Partial<UsbFunction> = {}) {
  const sent: string[] = [];
  const asked: SetupPacket[] = [];
  const controls: ((reply: ControlReply) => void)[] = [];
  const reads: ((data: Uint8Array) => void)[] = [];
  const device: UsbFunction = {
    name: 'device',
    deviceDescriptor: new Uint8Array(18),
    configurationDescriptor: new Uint8Array(9),
    control: (setup) => {
      asked.push(setup);
      return new Promise((resolve) => controls.push(resolve));
    },
    read: () => new Promise((resolve) => reads.push(resolve)),
    ...own,
  };
  const server = new UrbServer(device, (reply) => sent.push(show(reply)));
  const receive = async (...messages: readonly string[]) => {
    for (const message of messages) server.receive(bytes(message));
    await turn();
  };
  return { server, sent, asked, controls, reads, receive };
}

const reply = (text: string): string => show(bytes(text));
const getStatus = 'a103000000000600';

describe('URBs of one device', () => {
  test('control transfers are answered one after another, cut to wLength', async () => {
    const { sent, asked, controls, receive } = served();
    await receive(submit('00000001', 1, 0, '00000006', getStatus), submit('00000002', 1, 0, '00000006', getStatus));
    expect(asked).toHaveLength(1);
    controls[0]!(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    await turn();
    expect(sent).toEqual([reply(retSubmit('00000001', '00000000', '00000006', '010203040506'))]);
    expect(asked).toHaveLength(2);
  });

  test('what the host cannot read is -71 (EPROTO, asm-generic/errno.h)', async () => {
    const { sent, controls, receive } = served();
    await receive(submit('00000001', 1, 0, '00000040', '8006000100004000'));
    controls[0]!('garbled');
    await turn();
    expect(sent).toEqual([reply(retSubmit('00000001', 'ffffffb9', '00000000'))]);
  });

  test('a stall is -32; OUT data is acknowledged by its length', async () => {
    const { sent, controls, receive } = served();
    await receive(submit('00000001', 1, 0, '00000006', getStatus));
    controls[0]!('stall');
    await turn();
    await receive(submit('00000002', 0, 0, '00000002', '2101000000000200', 'aabb'));
    controls[1]!(new Uint8Array(0));
    await turn();
    expect(sent).toEqual([
      reply(retSubmit('00000001', 'ffffffe0', '00000000')),
      reply(retSubmit('00000002', '00000000', '00000002')),
    ]);
  });

  test('a bulk IN stays pending until there is data; an unlinked one is never answered', async () => {
    const { sent, reads, receive } = served();
    await receive(submit('00000001', 1, 1, '00000040'), submit('00000002', 1, 1, '00000040'));
    expect(sent).toEqual([]);
    await receive(unlink('00000003', '00000001'));
    expect(sent).toEqual([reply(retUnlink('00000003', 'ffffff98'))]);
    await turn();
    reads[1]!(Uint8Array.of(0x79));
    await turn();
    expect(sent.slice(1)).toEqual([reply(retSubmit('00000002', '00000000', '00000001', '79'))]);
  });

  test('an unlink that comes after the answer is answered with 0', async () => {
    const { sent, reads, receive } = served();
    await receive(submit('00000001', 1, 1, '00000040'));
    reads[0]!(new Uint8Array(0));
    await turn();
    await receive(unlink('00000002', '00000001'));
    expect(sent).toEqual([
      reply(retSubmit('00000001', '00000000', '00000000')),
      reply(retUnlink('00000002', '00000000')),
    ]);
  });

  test('a control transfer that the host gave up is finished by the device before the next one starts', async () => {
    const { sent, asked, controls, receive } = served();
    await receive(submit('00000001', 1, 0, '00000006', getStatus), unlink('00000002', '00000001'));
    await receive(submit('00000003', 1, 0, '00000006', getStatus));
    expect(asked).toHaveLength(1);
    controls[0]!('stall');
    await turn();
    controls[1]!(Uint8Array.of(0, 0, 0, 0, 2, 0));
    await turn();
    expect(sent).toEqual([
      reply(retUnlink('00000002', 'ffffff98')),
      reply(retSubmit('00000003', '00000000', '00000006', '000000000200')),
    ]);
  });

  test('after close nothing is answered, and the device is told once', async () => {
    let detached = 0;
    const { server, sent, reads, receive } = served({ detached: () => detached++ });
    await receive(submit('00000001', 1, 1, '00000040'));
    server.close();
    server.close();
    reads[0]!(Uint8Array.of(1));
    await turn();
    expect({ sent, detached }).toEqual({ sent: [], detached: 1 });
  });

  test('pulled out while the host still asks, it fails what waits and what comes with -19 (ENODEV), and is told once', async () => {
    let detached = 0;
    const { server, sent, controls, receive } = served({ detached: () => detached++ });
    await receive(submit('00000001', 1, 0, '00000040', getStatus));
    server.unplug();
    await receive(submit('00000002', 1, 0, '00000040', getStatus));
    controls[0]!(Uint8Array.of(1));
    await turn();
    server.close();
    const refused = (seqnum: string) => reply(retSubmit(seqnum, 'ffffffed', '00000000'));
    expect(sent).toEqual([refused('00000001'), refused('00000002')]);
    expect(detached).toBe(1);
  });

  test('messages may arrive in any pieces', async () => {
    const { server, sent, controls } = served();
    for (const byte of bytes(submit('00000001', 0, 0, '00000001', '2101000000000100', 'aa'))) {
      server.receive(Uint8Array.of(byte));
    }
    await turn();
    controls[0]!(new Uint8Array(0));
    await turn();
    expect(sent).toEqual([reply(retSubmit('00000001', '00000000', '00000001'))]);
  });
});
