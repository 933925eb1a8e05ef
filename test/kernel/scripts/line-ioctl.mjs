// Opens a port, then drives the lines with TIOCMSET on serialport's descriptor: RTS only, DTR only, none.
import koffi from 'koffi';
import { SerialPort } from 'serialport';

const [TIOCMSET, DTR, RTS] = [0x5418, 0x002, 0x004]; // asm-generic/ioctls.h, termios.h
const ioctl = koffi.load('libc.so.6').func('int ioctl(int, unsigned long, _In_ int *)');
const port = new SerialPort({ path: process.argv[2], baudRate: 115200, autoOpen: false });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
port.open(async (error) => {
  const results = [];
  for (const bits of error ? [] : [RTS, DTR, 0]) {
    results.push(ioctl(port.port.fd, TIOCMSET, [bits]));
    await wait(50);
  }
  process.stdout.write(JSON.stringify({ results, message: error?.message ?? null }));
  process.exit();
});
