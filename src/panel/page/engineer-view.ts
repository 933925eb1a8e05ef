import { html, nothing, type TemplateResult } from 'lit';
import { eventText } from '../../trace/event-text.ts';
import type { SlotLog } from '../page-state.ts';
import { type Attempt, attemptsOf } from './attempts.ts';
import { PageElement } from './page-element.ts';
import { waveform } from './waveform.ts';

const mostLines = 60;

/** For the engineer: what the last run of one slot has tried, what its lines did, and what it said. */
export class EngineerView extends PageElement {
  static override properties = {
    ...PageElement.properties,
    slots: { attribute: false },
    chosen: { attribute: false },
    log: { attribute: false },
  };
  declare slots: readonly string[];
  declare chosen: string;
  declare log: SlotLog | undefined;

  protected override render(): TemplateResult {
    const { say, log } = this;
    const choose = ({ target }: Event) =>
      this.dispatchEvent(new CustomEvent('chosen', { detail: (target as HTMLSelectElement).value }));
    return html`<section class="engineer" aria-label=${say('button.engineer')}>
      <label>${say('engineer.choose')}
        <select @change=${choose}>${this.slots.map((slot) => html`<option ?selected=${slot === this.chosen}>${slot}</option>`)}</select>
      </label>
      ${log ? this.run(log) : html`<p>${say('engineer.none')}</p>`}
    </section>`;
  }

  private run({ run, events }: SlotLog): TemplateResult {
    const { say } = this;
    const attempts = attemptsOf(events);
    const lines = events.flatMap(({ progress }) => eventText(progress, true)?.trim() ?? []);
    return html`
      <h2>${say('engineer.title', { slot: this.chosen, run })}</h2>
      ${this.lines(attempts.at(-1))}
      <h3>${say('ladder.title')}</h3>
      <ol class="ladder">${attempts.map((attempt) => this.rung(attempt))}</ol>
      <details><summary>${say('log.title')}</summary><ul class="log">${lines.slice(-mostLines).map((line) => html`<li>${line}</li>`)}</ul></details>`;
  }

  private rung({ attempt, method, change, outcome, message }: Attempt): TemplateResult {
    const words: Readonly<Record<string, string>> = { entered: this.say('ladder.entered') };
    const word = outcome === undefined ? this.say('ladder.running') : (words[outcome] ?? outcome);
    return html`<li value=${attempt} data-outcome=${outcome ?? 'running'}>${method} (${change}): <b>${word}</b> ${message}</li>`;
  }

  private lines(attempt: Attempt | undefined): TemplateResult | typeof nothing {
    if (!attempt || attempt.levels.length === 0) return nothing;
    const { say } = this;
    const title = say('waveform.title', { attempt: attempt.attempt });
    const { window } = attempt;
    return html`
      <h3>${title}</h3>
      <div class="scroll" tabindex="0" role="group" aria-label=${title}>${waveform(attempt, title)}</div>
      <p class="detail">${say('waveform.means', { asserted: '▔' })}
        ${window ? say('waveform.window', { held: window.held.toFixed(1), limit: window.limit.toFixed(1) }) : nothing}</p>`;
  }
}
