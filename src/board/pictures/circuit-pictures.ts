import { isLineMethod } from '../circuit/planner.ts';
import { bootLadder } from '../ladder.ts';
import type { BoardProfile } from '../profile.ts';
import { chargedByPin, selfChargePicture } from './self-charge-picture.ts';
import { waveformPicture } from './waveform-picture.ts';
import { wiringPicture } from './wiring-picture.ts';

/** A drawing and the name of its file. */
export interface NamedPicture {
  readonly file: string;
  readonly svg: string;
}

const movesPins = ({ wiring }: BoardProfile): boolean =>
  new Set(Object.values(wiring).map(({ boot0, nrst }) => `${boot0} ${nrst}`)).size > 1;

/**
 * All drawings of a board: `<id>.svg` with its wiring, `<id>-<method>.svg` for each method that moves lines, and
 * `<id>-firmware.svg` where its firmware charges BOOT0 by a pin; none of a board without any of them.
 */
export function circuitPictures(profile: BoardProfile): readonly NamedPicture[] {
  const charging = profile.boot0 && chargedByPin(profile);
  const own = charging ? [{ file: `${profile.id}-firmware.svg`, svg: selfChargePicture(profile, charging) }] : [];
  if (!movesPins(profile)) return own;
  const waveforms = bootLadder(profile).flatMap(({ method, change }) =>
    change === 'nominal' && isLineMethod(method)
      ? [{ file: `${profile.id}-${method}.svg`, svg: waveformPicture(profile, method) }]
      : [],
  );
  return [{ file: `${profile.id}.svg`, svg: wiringPicture(profile) }, ...waveforms, ...own];
}
