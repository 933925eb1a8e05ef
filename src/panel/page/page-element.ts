import { LitElement } from 'lit';
import type { Say } from '../words/words.ts';

/** An element without a tree of its own: one style sheet and one outline for the whole page. */
export class PageElement extends LitElement {
  static override properties: Record<string, object> = { say: { attribute: false } };
  declare say: Say;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
