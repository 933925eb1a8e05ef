// For scripts inside the guest: calls of the agent (test/kernel/agent/protocol.ts), as in `await bench('plug', 'stranger')`.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

let next = 1;

export function bench(call, argument = null) {
  return new Promise((resolve, reject) => {
    const socket = connect('/run/bootctl-bench.sock');
    socket.on('error', reject);
    createInterface({ input: socket }).once('line', (line) => {
      socket.end();
      const message = JSON.parse(line);
      if (message.error === undefined) resolve(message.result);
      else reject(new Error(message.error));
    });
    socket.write(`${JSON.stringify({ id: next++, call, argument })}\n`);
  });
}
