// Opens one port after the other as a program without special care does; releases both lines in the callback. Prints, for
// each path, what set() said.
import { SerialPort } from 'serialport';

const linger = 100; // ms

function openAndClose(path) {
  const port = new SerialPort({ path, baudRate: 115200, autoOpen: false });
  return new Promise((resolve) => {
    port.open((openError) => {
      port.set({ rts: false, dtr: false, brk: false }, (setError) => {
        const message = openError?.message ?? setError?.message ?? null;
        setTimeout(() => port.close(() => resolve(message)), linger);
      });
    });
  });
}

const messages = {};
for (const path of process.argv.slice(2)) messages[path] = await openAndClose(path);
process.stdout.write(JSON.stringify(messages));
process.exit();
