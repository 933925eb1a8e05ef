import { html, nothing, type TemplateResult } from 'lit';
import type { StationView } from '../../jig/station-view.ts';
import { linkIn } from '../words/link.ts';
import type { Connection } from './connection.ts';
import { PageElement } from './page-element.ts';

/** Which station and lot this is, how many are done, and whether what is shown is true now. */
export class StationHead extends PageElement {
  static override properties = {
    ...PageElement.properties,
    view: { attribute: false },
    connection: { attribute: false },
    language: { attribute: false },
    isDesk: { attribute: false },
  };
  declare view: StationView;
  declare connection: Connection;
  declare language: string;
  declare isDesk: boolean;

  protected override render(): TemplateResult {
    const { say, connection } = this;
    const { station, lot, profile, image, simulated } = this.view;
    return html`<header>
      <h1>${station}</h1>
      ${this.isDesk ? nothing : html`<p>${say('lot')} <b>${lot}</b></p>`}
      <p class="minor">${say('profile')} <b>${profile}</b></p>
      <p class="minor">${say('image')} <b>${image}</b></p>
      ${this.isDesk ? nothing : this.counts()}
      ${this.fleet()}
      ${simulated ? html`<p class="simulated">${say('simulated')}</p>` : nothing}
      <p class="connection" data-connection=${connection}>${say(connection === 'live' ? 'connection.live' : 'connection.lost')}</p>
    </header>`;
  }

  private fleet(): TemplateResult | typeof nothing {
    const { fleet } = this.view;
    if (!fleet) return nothing;
    const timeOf = (at: number) =>
      new Date(at).toLocaleTimeString(this.language, { hour: '2-digit', minute: '2-digit' });
    return html`<p class="fleet" data-fleet=${fleet.connection}>${linkIn(this.say, fleet, timeOf).join(' · ')}</p>`;
  }

  private counts(): TemplateResult {
    const { say } = this;
    const { counts, quantity } = this.view;
    const { units, passed, firstPass } = counts;
    const percent = new Intl.NumberFormat(this.language, { style: 'percent', maximumFractionDigits: 1 });
    return html`<p class="counts">
      <b>${say('count.passed', { count: passed })}</b>
      ${quantity === undefined ? nothing : say('count.of', { quantity })} ·
      <b>${say('count.failed', { count: units - passed })}</b>
      ${units > 0 ? html`· ${say('count.first', { percent: percent.format(firstPass / units) })}` : nothing}
    </p>`;
  }
}
