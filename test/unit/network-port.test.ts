import { expect, test } from 'vitest';
import { networkPort } from '../../src/bench/network-port.ts';

test.each([
  ['rfc2217://10.0.0.2:4000', { scheme: 'rfc2217', host: '10.0.0.2', port: 4000 }],
  ['socket://lab.example:2217', { scheme: 'socket', host: 'lab.example', port: 2217 }],
  ['RFC2217://lab:1/', { scheme: 'rfc2217', host: 'lab', port: 1 }],
  ['rfc2217://[::1]:65535', { scheme: 'rfc2217', host: '::1', port: 65535 }],
])('%s', (path, port) => {
  expect(networkPort(path)).toEqual(port);
});

test.each(['/dev/ttyUSB0', 'COM3', '/dev/serial/by-id/usb-FTDI_x:y-if00'])('%s is a port of this host', (path) => {
  expect(networkPort(path)).toBeUndefined();
});

test.each([
  ['tcp://10.0.0.2:4000', /tcp:\/\/ is no kind of port/],
  ['telnet://lab:23', /telnet:\/\/ is no kind of port/],
  ['rfc2217://10.0.0.2', /does not name a host and a TCP port/],
  ['rfc2217://10.0.0.2:0', /does not name/],
  ['rfc2217://10.0.0.2:65536', /does not name/],
  ['rfc2217://:4000', /does not name/],
  ['socket://me@lab:4000', /does not name/],
  ['rfc2217://lab:4000/?ign_set_control', /does not name/],
  ['rfc2217://lab:4000/a', /does not name/],
  ['socket://::1:4000', /does not name/],
])('%s is refused, with what is right', (path, message) => {
  expect(() => networkPort(path)).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('rfc2217://HOST:PORT'),
    }),
  );
});
