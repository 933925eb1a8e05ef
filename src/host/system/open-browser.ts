import { spawn } from 'node:child_process';

const openers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
};

/** Asks the desktop to show this address; says nothing where there is none. */
export function openBrowser(address: string, platform: string = process.platform): void {
  const [program, ...rest] = openers[platform] ?? ['xdg-open'];
  const child = spawn(program, [...rest, address], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
