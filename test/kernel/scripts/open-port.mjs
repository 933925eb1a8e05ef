// Opens a port as a program without special care does; releases both lines in the callback. Prints ms since the start.
import { SerialPort } from 'serialport';

const port = new SerialPort({ path: process.argv[2], baudRate: 115200, autoOpen: false });
const began = performance.now();
port.open((openError) => {
  const opened = performance.now() - began;
  port.set({ rts: false, dtr: false, brk: false }, (setError) => {
    const set = performance.now() - began;
    setTimeout(() => {
      port.close(() => {
        const message = openError?.message ?? setError?.message ?? null;
        process.stdout.write(JSON.stringify({ opened, set, message }));
        process.exit();
      });
    }, 100);
  });
});
