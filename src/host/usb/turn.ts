import { setTimeout as delay } from 'node:timers/promises';
import type { Milliseconds } from '../../base/units.ts';

/** Another process looks for its board for a second or two. */
const turnPause: Milliseconds = 20;

/** An abstract name: it is free again when its process has ended, however it ended (unix(7)). */
const turnName = '\0bootctl-finds-its-board';

/**
 * Waits until no other process of this host holds `name`, and holds it. Resolves with the function that frees it. A host
 * that cannot do it lets everybody go on: then a person has to see to it.
 */
export async function hostTurn(
  signal: AbortSignal | undefined,
  onWait: () => void,
  name = turnName,
): Promise<() => void> {
  if (process.platform !== 'linux') return () => {};
  const { createServer } = await import('node:net');
  for (let told = false; ; told = true) {
    const server = createServer();
    const trouble = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(name, () => resolve(undefined));
    });
    if (trouble?.code !== 'EADDRINUSE') {
      server.unref();
      return () => void server.close(() => {});
    }
    if (!told) onWait();
    await delay(turnPause, undefined, signal ? { signal } : {});
  }
}
