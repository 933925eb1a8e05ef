import { Command } from 'commander';
import { roles } from '../../../fleet/centre/roles.ts';
import { openDatabase, shown } from '../../../fleet/database.ts';
import { fingerprint, signerOf } from '../../../fleet/lot/definition.ts';
import { makeFleet } from '../../../fleet/make-fleet.ts';
import { makeOfficeKey } from '../../../fleet/office-key.ts';
import { addSigner, stationsJoined } from '../../../fleet/signers.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import {
  type FleetOptions,
  givenDatabase,
  keyOption,
  keyPlace,
  thisPerson,
  withDatabase,
} from '../../given/database.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

/** `fleet init`: makes the tables and roles of a fleet, or brings them up to date, and the key of this office. */
export function initCommand(context: CliContext): Command {
  const command = new Command('init')
    .description(
      'make the tables and roles of a fleet in a database, or bring them up to date; and the key of this office',
    )
    .argument('[address]', 'the database, instead of --database')
    .addOption(keyOption())
    .action((address: string | undefined, options: FleetOptions) => init(context, address, options));
  return withDatabase(command, context);
}

/** @throws BootctlError those of `openDatabase`, `makeFleet` and `makeOfficeKey` */
async function init(context: CliContext, argument: string | undefined, options: FleetOptions): Promise<void> {
  const { stdout, now } = context;
  const started = now();
  const address = givenDatabase(options, argument);
  const connection = { name: 'fleet init' };
  await using database = await openDatabase(address, connection);
  const schema = await makeFleet(database, address, connection);
  const path = keyPlace(context, options);
  const { key, isNew } = await makeOfficeKey(path);
  const signer = signerOf(key);
  const isAdded = await addSigner(database, signer, thisPerson());
  const mustJoinAgain = isAdded ? await stationsJoined(database) : [];
  const told = {
    database: shown(address),
    schema,
    mustJoinAgain,
    key: { path, fingerprint: fingerprint(signer), isNew, isAdded },
  };
  if (options.json) {
    writeLine(stdout, 'fleet', now() - started, told);
    return writeResultLine(stdout, now() - started, emptyResult);
  }
  writeLines(stdout, initLines(told));
}

interface Told {
  readonly database: string;
  readonly schema: { readonly from: number; readonly to: number };
  /** Stations that do not know the key yet. */
  readonly mustJoinAgain: readonly string[];
  readonly key: {
    readonly path: string;
    readonly fingerprint: string;
    readonly isNew: boolean;
    /** The fleet did not know it. */
    readonly isAdded: boolean;
  };
}

function initLines({ database, schema: { from, to }, mustJoinAgain, key }: Told): readonly string[] {
  const tables = from === 0 ? `schema ${to} was made` : `schema ${from} was brought to ${to}`;
  const isDone = from === to && !key.isAdded;
  return [
    `${database}: ${from === to ? `schema ${to}, nothing was missing` : `${tables}, with the roles ${roles.join(', ')}`}`,
    `key of this office: ${key.path}${key.isNew ? ' (new: keep a copy where nobody else can read it)' : ''}`,
    `  ${key.fingerprint}${key.isAdded ? '' : ' (known to the fleet)'}`,
    ...(mustJoinAgain.length === 0
      ? []
      : [
          `  these stations do not know it before \`bootctl fleet join\` is run there again: ${mustJoinAgain.join(', ')}`,
        ]),
    ...(isDone ? [] : nextLines(database)),
  ];
}

const nextLines = (database: string): readonly string[] => [
  '',
  'Next:',
  `  on each jig   bootctl fleet join --station NAME --database ${database}`,
  '                it shows this fingerprint again: compare the two',
  '  here          bootctl fleet lot create lot.yaml --station NAME',
];
