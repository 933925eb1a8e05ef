import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { FleetView } from '../../../fleet/live/fleet-view.ts';
import { type FleetMessage, fleetAfter } from '../../fleet-message.ts';
import { type Language, sayIn } from '../../words/words.ts';
import { type Connection, listen } from '../connection.ts';
import { firstLanguage, keepLanguage, languageButtons, localeOf } from '../languages.ts';
import { PageElement } from '../page-element.ts';
import { DriftTable } from './drift-table.ts';
import { LotTable } from './lot-table.ts';
import { StationTile } from './station-tile.ts';
import { FleetTroubles } from './troubles.ts';

/** The page of a fleet: it shows, and does nothing. */
class BootctlFleet extends PageElement {
  static override properties = { view: { state: true }, connection: { state: true }, language: { state: true } };
  declare view: FleetView | undefined;
  declare connection: Connection;
  declare language: Language;
  private life: string | undefined;

  constructor() {
    super();
    this.language = firstLanguage();
    this.connection = 'lost';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    listen<FleetMessage>({ onMessage: this.take, onConnection: this.setConnection });
  }

  private readonly setConnection = (connection: Connection): void => {
    this.connection = connection;
  };

  private readonly take = (message: FleetMessage): void => {
    if (message.event === 'state') {
      if (this.life !== undefined && this.life !== message.life) location.reload();
      this.life = message.life;
    }
    this.view = fleetAfter(this.view, message);
  };

  private readonly setLanguage = (language: Language): void => {
    this.language = language;
    keepLanguage(language);
  };

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('language')) return;
    this.say = sayIn(this.language);
    document.documentElement.lang = this.language;
    document.title = this.say('title', { station: this.say('fleet.title') });
  }

  protected override updated(): void {
    const isOld = this.connection === 'live' && this.view?.lost !== undefined;
    document.body.dataset.connection = isOld ? 'lost' : this.connection;
  }

  protected override render(): TemplateResult {
    const { view, say, language } = this;
    const locale = localeOf(language);
    if (!view) return html`<main><p role="status">${say('connection.lost')}</p></main>`;
    return html`
      ${this.head(view)}
      ${this.banner(view)}
      <main>
        <fleet-troubles .say=${say} .view=${view} .locale=${locale}></fleet-troubles>
        <lot-table .say=${say} .lots=${view.lots} .locale=${locale}></lot-table>
        <section aria-labelledby="stations">
          <h2 id="stations">${say('fleet.stations')}</h2>
          ${view.stations.length === 0 ? html`<p>${say('fleet.no-stations')}</p>` : nothing}
          <div class="stations">${view.stations.map((one) => html`<station-tile .say=${say} .station=${one} .locale=${locale}></station-tile>`)}</div>
        </section>
        <drift-table .say=${say} .drifts=${view.drifts} .locale=${locale}></drift-table>
      </main>
      <footer>${languageButtons(say, language, this.setLanguage)} <small>${say('count.means')}</small></footer>`;
  }

  private head({ stations }: FleetView): TemplateResult {
    const { say, connection } = this;
    const locale = localeOf(this.language);
    const number = new Intl.NumberFormat(locale);
    const connected = stations.filter(({ isConnected }) => isConnected).length;
    const unsent = stations.reduce((sum, station) => sum + station.unsent, 0);
    return html`<header>
      <h1>${say('fleet.title')}</h1>
      <p>${say('fleet.connected', { connected: number.format(connected), all: number.format(stations.length) })}</p>
      <p>${unsent === 0 ? say('fleet.all-sent') : say('fleet.unsent', { count: number.format(unsent) })}</p>
      <p class="connection" data-connection=${connection}>${say(connection === 'live' ? 'connection.live' : 'connection.lost')}</p>
    </header>`;
  }

  private banner({ lost }: FleetView): TemplateResult | typeof nothing {
    const { say, connection } = this;
    const locale = localeOf(this.language);
    if (connection === 'full') return html`<p class="banner" role="alert">${say('connection.full')}</p>`;
    if (connection === 'lost')
      return html`<p class="banner lost" role="alert"><strong>${say('connection.lost')}</strong> ${say('fleet.page-lost')}</p>`;
    if (!lost) return nothing;
    const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(lost.since);
    return html`<p class="banner lost" role="alert"><strong>${say('fleet.database-lost', { time })}</strong> ${say('fleet.database-lost.do')} <small>${lost.message}</small></p>`;
  }
}

customElements.define('station-tile', StationTile);
customElements.define('lot-table', LotTable);
customElements.define('drift-table', DriftTable);
customElements.define('fleet-troubles', FleetTroubles);
customElements.define('bootctl-fleet', BootctlFleet);
