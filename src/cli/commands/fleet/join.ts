import { Command } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { sharedAddress, shown } from '../../../fleet/database.ts';
import { type Joined, joinComputer } from '../../../fleet/join-computer.ts';
import { fingerprint } from '../../../fleet/lot/definition.ts';
import { openOffice } from '../../../fleet/office.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import { type FleetOptions, givenDatabase, stationName, thisPerson, withDatabase } from '../../given/database.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { joinAsWorker } from './join-worker.ts';

const notes = `
It is run once on the computer of the jig, or of the boards, with the login of whoever made the fleet; that one is not stored. The station gets a login
of its own, which can do nothing but what a station does. Run it again on the same computer to take over a new address of the database,
or keys of another office.`;

interface JoinOptions extends FleetOptions {
  readonly station?: string;
  readonly worker?: string;
}

/** `fleet join`: makes this computer a station of a fleet, or the owner of boards in a rack. */
export function joinCommand(context: CliContext): Command {
  const command = new Command('join')
    .description('make this computer a station of a fleet, or a worker that owns boards of a rack')
    .option('--station <name>', 'its name, as `station` of its jig.yaml', stationName)
    .option('--worker <name>', 'its name, as `worker` of its boards.yaml', stationName)
    .addHelpText('after', notes)
    .action(({ station, worker, ...options }: JoinOptions) => {
      if ((station === undefined) === (worker === undefined))
        throw new BootctlError('usage', 'A computer joins by one name', {
          hint: 'Add `--station NAME` or `--worker NAME`.',
        });
      return station === undefined ? joinAsWorker(context, worker!, options) : join(context, station, options);
    });
  return withDatabase(command, context);
}

/** @throws BootctlError `station-joined`, `fleet-refused`, … */
async function join(context: CliContext, station: string, { json, ...options }: FleetOptions): Promise<void> {
  const { stdout, now, stateFolder = context.cwd } = context;
  const started = now();
  const address = givenDatabase(options);
  await using office = await openOffice(address, 'fleet join');
  const joined = await joinComputer(office, { station, address, stateFolder, person: thisPerson() });
  if (!json) return writeLines(stdout, joinLines(station, shown(address), joined));
  const { path, user, wasHere, signers } = joined;
  const keys = signers.map((signer) => ({ fingerprint: fingerprint(signer), name: signer.name }));
  writeLine(stdout, 'joined', now() - started, { station, path, user, wasHere, keys });
  writeResultLine(stdout, now() - started, emptyResult);
}

const joinLines = (station: string, address: string, { path, user, wasHere, signers }: Joined): readonly string[] => [
  wasHere
    ? `${address}: this computer is station ${station} already; address and keys are those of now`
    : `${address}: station ${station} has joined, with the login ${user}`,
  `login and keys: ${path}, for this user alone`,
  'It runs lots that one of these keys has signed. Compare with what `bootctl fleet init` has shown:',
  ...signers.map((signer) => `  ${fingerprint(signer)}  ${signer.name}`),
  '',
  'Next:',
  `  in its jig.yaml   station: ${station} and fleet: ${JSON.stringify(sharedAddress(address))}`,
  '  here              bootctl jig run',
];
