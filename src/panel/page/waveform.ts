import { html, svg, type TemplateResult } from 'lit';
import type { Milliseconds } from '../../base/units.ts';
import type { Attempt, Level } from './attempts.ts';

const labelWidth = 64;
const columnWidth = 92;
const rowHeight = 34;
const swing = 18;
/** Two edges of one call are told together: what lies between them, the hold window has. */
const shortestSeen: Milliseconds = 1;

const tracks = ['rts', 'dtr', 'nrst', 'boot0'] as const;
type Track = (typeof tracks)[number];

/** The lines and pins of an attempt, one column a state, with how long it lasted: not to scale, since 2 ms stand beside 3 s. */
export function waveform(attempt: Attempt, label: string): TemplateResult {
  const { levels, names } = attempt;
  const width = labelWidth + Math.max(levels.length, 1) * columnWidth;
  const height = (tracks.length + 1) * rowHeight;
  const titles: Readonly<Record<Track, string>> = { rts: names.rts, dtr: names.dtr, nrst: 'NRST', boot0: 'BOOT0' };
  return html`<svg class="waveform" role="img" aria-label=${label} viewBox="0 0 ${width} ${height}" width=${width} height=${height}>
    ${tracks.map(
      (track, row) => svg`
        <text x="0" y=${row * rowHeight + 22}>${titles[track]}</text>
        <path class=${track} d=${pathOf(levels, track, row)} />`,
    )}
    ${levels.map((level, column) => times(level, column))}
  </svg>`;
}

const times = ({ lasted }: Level, column: number) =>
  lasted === undefined || lasted < shortestSeen
    ? svg``
    : svg`<text class="time" x=${labelWidth + (column + 0.5) * columnWidth} y=${tracks.length * rowHeight + 20}>${timeText(lasted)}</text>`;

const timeText = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** Exported for its test: a line along the levels, with an upright at each change. */
export function pathOf(levels: readonly Level[], track: Track, row: number): string {
  const yOf = (level: Level) => row * rowHeight + (rowHeight - swing) / 2 + (level[track] ? 0 : swing);
  return levels
    .map(
      (level, column) =>
        `${column === 0 ? `M${labelWidth}` : 'V'}${column === 0 ? ' ' : ''}${yOf(level)}H${labelWidth + (column + 1) * columnWidth}`,
    )
    .join('');
}
