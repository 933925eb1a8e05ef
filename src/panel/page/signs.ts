import { html, svg, type TemplateResult } from 'lit';
import type { Shown } from './shown.ts';

/** Drawn, so that no font has to have them. */
const shapes: Readonly<Record<Shown, TemplateResult>> = {
  pass: svg`<path d="M4 13l6 6L21 6" />`,
  fail: svg`<path d="M5 5l14 14M19 5L5 19" />`,
  error: svg`<path d="M12 3v11M12 18v3" />`,
  aborted: svg`<path d="M6 6h12v12H6z" />`,
  absent: svg`<circle cx="12" cy="12" r="8" />`,
  settling: svg`<path d="M12 6v6l4 3" /><circle cx="12" cy="12" r="9" />`,
  waiting: svg`<path d="M12 4v13M6 12l6 6 6-6" />`,
  claiming: svg`<path d="M12 6v6l4 3" /><circle cx="12" cy="12" r="9" />`,
  running: svg`<path d="M7 4l12 8-12 8z" />`,
  judging: svg`<path d="M7 4l12 8-12 8z" />`,
  recording: svg`<path d="M7 4l12 8-12 8z" />`,
  held: svg`<path d="M8 5v14M16 5v14" />`,
};

export const sign = (shown: Shown): TemplateResult =>
  html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes[shown]}</svg>`;
