import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../src/fleet/database.ts';
import type { StationLogin } from '../../src/fleet/station-login.ts';
import { type CliRun, runCli, untouchableBench } from './cli-context.ts';

/** Computers on which fleet commands run, each with a state folder of its own. */
export class FleetComputers implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'bootctl-fleet-'));

  run(computer: string, ...argv: readonly string[]): Promise<CliRun> {
    return runCli(['fleet', ...argv], {
      openBench: untouchableBench,
      stateFolder: join(this.folder, computer),
      cwd: this.folder,
    });
  }

  file(computer: string, name: string): string {
    return join(this.folder, computer, 'fleet', name);
  }

  login(computer: string, station: string): StationLogin {
    return JSON.parse(readFileSync(this.file(computer, `${station}.json`), 'utf8'));
  }

  /** As the station that has joined from this computer. */
  open(computer: string, station: string): Promise<Database> {
    const { database, ...login } = this.login(computer, station);
    return openDatabase(database, { name: station, login });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
