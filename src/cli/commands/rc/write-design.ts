import { join, resolve } from 'node:path';
import { analyse } from '../../../board/analysis/analyse.ts';
import type { ManyBoards } from '../../../board/analysis/many-boards.ts';
import { verdictOf } from '../../../board/analysis/verdict.ts';
import type { DesignedBoard } from '../../../board/design/design-profile.ts';
import { spiceNetlist } from '../../../board/design/spice-netlist.ts';
import { assumptionsOf, type Wish } from '../../../board/design/wish.ts';
import { circuitPictures, type NamedPicture } from '../../../board/pictures/circuit-pictures.ts';
import { marginPicture } from '../../../board/pictures/margin-picture.ts';
import type { CliContext } from '../../context.ts';
import { makeFolder, writeOutput } from '../../output/output-file.ts';
import { writeProfile } from '../profile/write-profile.ts';

/** Where the files of a design go; none without a name. */
interface DesignFiles {
  readonly write?: string;
  readonly spice?: string;
  readonly svg?: string;
  readonly force?: boolean;
}

/** Writes what was asked for, the profile first: it is the one that may be refused. @throws BootctlError `profile-exists`, `output-unwritable` */
export async function writeDesign(
  context: CliContext,
  { write, spice, svg, force }: DesignFiles,
  wish: Wish,
  { board, text }: DesignedBoard,
  many: ManyBoards,
): Promise<readonly string[]> {
  const { cwd } = context;
  const analysis = analyse(board, 'rc-cap', assumptionsOf(wish));
  if (write !== undefined) await writeProfile(context, write, text, force);
  if (spice !== undefined) await writeOutput(resolve(cwd, spice), spiceNetlist(board, analysis));
  const margin: NamedPicture = {
    file: `${board.id}-margin.svg`,
    svg: marginPicture(`${board.id}: margin of rc-cap`, verdictOf(board, analysis, many), many),
  };
  const pictures = svg === undefined ? [] : [...circuitPictures(board), margin];
  if (svg !== undefined) await makeFolder(resolve(cwd, svg));
  for (const picture of pictures) await writeOutput(resolve(cwd, svg!, picture.file), picture.svg);
  return [...[write, spice].filter((file) => file !== undefined), ...pictures.map(({ file }) => join(svg!, file))];
}
