import { html, nothing, type TemplateResult } from 'lit';
import type { Alarm, StationView } from '../../jig/station-view.ts';
import { reasonIn, remedyIn } from '../words/reasons.ts';
import { PageElement } from './page-element.ts';

/** What has happened: the last runs, alarms, and devices that no slot has. */
export class LastRuns extends PageElement {
  static override properties = {
    ...PageElement.properties,
    view: { attribute: false },
    alarms: { attribute: false },
    language: { attribute: false },
  };
  declare view: StationView;
  declare alarms: readonly Alarm[];
  declare language: string;

  protected override render(): TemplateResult {
    const { say } = this;
    const { lastRuns, strangers } = this.view;
    return html`
      ${list(
        say('alarms.title'),
        this.alarms.map(({ reason }) => [reasonIn(say, reason), remedyIn(say, reason)].join(' ')),
      )}
      <section aria-labelledby="runs">
        <h2 id="runs">${say('runs.title')}</h2>
        ${lastRuns.length === 0 ? html`<p>${say('runs.none')}</p>` : this.table()}
      </section>
      ${list(
        say('strangers.title'),
        strangers.map(({ place, what }) => `${place} · ${what}`),
      )}`;
  }

  private table(): TemplateResult {
    const { say } = this;
    const heads = ['runs.time', 'runs.slot', 'runs.serial', 'runs.verdict', 'runs.code'] as const;
    const clock = new Intl.DateTimeFormat(this.language, { timeStyle: 'medium' });
    const rows = this.view.lastRuns.map(
      ({ started, ended, slot, serial, outcome, code }) => html`
        <tr data-outcome=${outcome ?? 'running'}>
          <td>${clock.format(ended ?? started)}</td>
          <td>${slot}</td>
          <td>${serial ?? '–'}</td>
          <td>${say(`word.${outcome ?? 'running'}`)}</td>
          <td>${code ?? ''}</td>
        </tr>`,
    );
    return html`<table>
      <thead><tr>${heads.map((head) => html`<th scope="col">${say(head)}</th>`)}</tr></thead>
      <tbody>${rows}</tbody>
    </table>`;
  }
}

const list = (title: string, lines: readonly string[]): TemplateResult | typeof nothing =>
  lines.length === 0
    ? nothing
    : html`<section class="notes"><h2>${title}</h2><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></section>`;
