import { type CliRun, type CliSetup, runCli } from './cli-context.ts';

/** A page that `bootctl ui` serves, in this process. */
export interface Ui extends AsyncDisposable {
  readonly address: string;
  /** Ctrl-C. Resolves when the command has ended. */
  end(): Promise<CliRun>;
}

export async function startUi(argv: readonly string[], setup: CliSetup = {}): Promise<Ui> {
  const controller = new AbortController();
  let found: (address: string) => void = () => {};
  const address = new Promise<string>((resolve) => {
    found = resolve;
  });
  const run = runCli(['ui', '--listen', '127.0.0.1:0', ...argv], {
    signal: controller.signal,
    onOutput: (text) => {
      const [printed] = /http:\S+/.exec(text) ?? [];
      if (printed !== undefined) found(printed);
    },
    ...setup,
  });
  const failed = run.then(({ stderr }) => Promise.reject(new Error(stderr)));
  const end = () => {
    controller.abort();
    return run;
  };
  return { address: await Promise.race([address, failed]), end, [Symbol.asyncDispose]: async () => void (await end()) };
}
