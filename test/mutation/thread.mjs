import { parentPort } from 'node:worker_threads';
import { init, runBaseTests, setupEnvironment } from 'vitest/worker';

// Vitest's own thread listens no more once it was told to stop. This one keeps its first listener, which takes the next run.
const listeners = [];

init({
  post: (response) => parentPort.postMessage(response),
  on: (listener) => {
    listeners.push(listener);
    parentPort.on('message', listener);
  },
  off: (listener) => parentPort.off('message', listener),
  teardown: () => {
    for (const one of listeners.splice(1)) parentPort.off('message', one);
  },
  runTests: (state, traces) => runBaseTests('run', state, traces),
  collectTests: (state, traces) => runBaseTests('collect', state, traces),
  setup: setupEnvironment,
});
