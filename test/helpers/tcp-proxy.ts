import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What a network does to those who are connected through it. `silent`: it swallows everything, and delivers what the computers have sent
 * again once it is back. `slow`: each piece comes late, and few bytes at a time. `cut`: connections end, and none is made.
 */
export type Network = 'well' | 'slow' | 'silent' | 'cut';

const slowPiece = 2_048;
const slowDelay = 40;

/** A network between a client and a server on this computer. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<{ readonly ends: readonly [Socket, Socket] }>();
  #network: Network = 'well';

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The same address by this way. */
  address(of: string): string {
    const url = new URL(of);
    url.port = String(this.port);
    return url.href;
  }

  get network(): Network {
    return this.#network;
  }

  set network(network: Network) {
    this.#network = network;
    for (const { ends } of this.#pairs)
      for (const end of ends) {
        if (network === 'cut') end.destroy();
        else if (network === 'silent') end.pause();
        else end.resume();
      }
  }

  #accept(client: Socket): void {
    if (this.#network === 'cut') return void client.destroy();
    const server = connect(this.#target, '127.0.0.1');
    const pair = { ends: [client, server] as const };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (bytes) => void this.#pass(from, to, bytes));
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      if (this.#network === 'silent') from.pause();
    }
  }

  async #pass(from: Socket, to: Socket, bytes: Buffer): Promise<void> {
    if (this.#network !== 'slow') return void to.write(bytes);
    from.pause();
    for (let at = 0; at < bytes.length; at += slowPiece) {
      await new Promise((resolve) => setTimeout(resolve, slowDelay));
      to.write(bytes.subarray(at, at + slowPiece));
    }
    if (this.network !== 'silent') from.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { ends } of this.#pairs) for (const end of ends) end.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
