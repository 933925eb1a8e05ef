import { html, nothing, type TemplateResult } from 'lit';
import type { SlotView } from '../../jig/station-view.ts';
import { reasonIn } from '../words/reasons.ts';
import { PageElement } from './page-element.ts';
import { sentenceOf, shownOf, stepWord } from './shown.ts';
import { sign } from './signs.ts';

/** What a button of a slot asks for; the page adds the rest. */
export type SlotRequest = 'start' | 'again' | 'abort';

/** One slot: its state by a sign, a word, a border and a pattern, and the sentence that says what to do. */
export class SlotTile extends PageElement {
  static override properties = { ...PageElement.properties, view: { attribute: false } };
  declare view: SlotView;

  protected override render(): TemplateResult {
    const { view, say } = this;
    const shown = shownOf(view);
    const word = say(`word.${shown}`);
    return html`
      <article class="tile" data-shown=${shown} aria-label=${say('slot.name', { slot: view.name })}>
        <h2>${view.name}</h2>
        <p class="word">${sign(shown)}<strong>${word}</strong></p>
        <p class="serial">${view.serial ?? ' '}${attemptText(view, say)}</p>
        ${view.state === 'running' ? this.progress() : nothing}
        <p class="do">${say(sentenceOf(view))}</p>
        ${this.detail()}
        ${this.adapterNote()}
        <p class="buttons">${this.buttons()}</p>
      </article>`;
  }

  /** By the object model: the page allows no styles in its HTML. */
  protected override updated(): void {
    this.style.setProperty('--letters', String(widthOf(this.say(`word.${shownOf(this.view)}`))));
  }

  private progress(): TemplateResult {
    const { view, say } = this;
    const { name, done, total } = view.step ?? { name: 'enter', done: 0, total: 0 };
    const part = total > 0 ? Math.min(done / total, 1) : undefined;
    return html`
      <p class="step">${stepWord(name, say)}${part === undefined ? nothing : html` ${Math.floor(part * 100)} %`}</p>
      <progress max="1" .value=${part ?? 0} aria-label=${say('slot.progress', { slot: view.name })}></progress>`;
  }

  private detail(): TemplateResult | typeof nothing {
    const { view, say } = this;
    if (view.heldReason) return html`<p class="detail">${reasonIn(say, view.heldReason)}</p>`;
    if (!view.verdict || view.state !== 'verdict') return nothing;
    const { code, message, tookSeconds } = view.verdict;
    const seconds = tookSeconds.toFixed(1);
    return html`<p class="detail">${code === undefined ? nothing : html`<b>${code}</b> ${message} · `}${say('slot.took', { seconds })}</p>`;
  }

  private adapterNote(): TemplateResult | typeof nothing {
    const { adapter } = this.view;
    if (!adapter) return nothing;
    return html`<p class="note" data-note=${adapter.is}>${this.say(`adapter.${adapter.is}`, { place: adapter.place })}</p>`;
  }

  private buttons(): readonly TemplateResult[] {
    const { state, needs, verdict } = this.view;
    const offered: Readonly<Record<SlotRequest, boolean>> = {
      start: state === 'waiting' && needs.includes('button'),
      again: state === 'verdict' && verdict?.outcome !== 'pass',
      abort: state === 'running',
    };
    return (Object.keys(offered) as SlotRequest[]).filter((request) => offered[request]).map((one) => this.button(one));
  }

  private button(request: SlotRequest): TemplateResult {
    const { view, say } = this;
    const button = say(`button.${request}`);
    const press = () => this.dispatchEvent(new CustomEvent('slot-request', { detail: { request, slot: view.name } }));
    return html`<button type="button" @click=${press} aria-label=${say('button.of-slot', { button, slot: view.name })}>${button}</button>`;
  }
}

/** How wide a word is, in Latin capitals. */
const widthOf = (word: string): number =>
  [...word].reduce((sum, letter) => sum + (letter > '\u2e80' ? 1.35 : letter === 'W' ? 1.3 : 1), 0);

const attemptText = ({ attempt }: SlotView, say: PageElement['say']): string =>
  attempt !== undefined && attempt > 1 ? ` · ${say('slot.attempt', { attempt })}` : '';
