import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { SlotView, StationAnswer, StationRequest } from '../../jig/station-view.ts';
import { after, type PageMessage, type PageState } from '../page-state.ts';
import { reasonIn, refusalIn, remedyIn } from '../words/reasons.ts';
import { type Language, sayIn } from '../words/words.ts';
import { ask, type Connection, listen } from './connection.ts';
import { DeskForm } from './desk-form.ts';
import { EngineerView } from './engineer-view.ts';
import { firstLanguage, keepLanguage, languageButtons } from './languages.ts';
import { LastRuns } from './last-runs.ts';
import { LeadForm, type LeadRequest } from './lead-form.ts';
import { PageElement } from './page-element.ts';
import { ScanForm } from './scan-form.ts';
import { sentenceOf, shownOf } from './shown.ts';
import { SlotTile } from './slot-tile.ts';
import { allowSound, playVerdict } from './sound.ts';
import { StationHead } from './station-head.ts';

type Given<R> = R extends unknown ? Omit<R, 'id' | 'operator'> & { readonly lead?: string } : never;

/** The page of one station: everything it shows comes from the server, and everything it does is a request. */
class BootctlPage extends PageElement {
  static override properties = Object.fromEntries(
    ['state', 'connection', 'language', 'note', 'isBad', 'chosen', 'isEngineer', 'isLead', 'spoken', 'isDesk'].map(
      (name) => [name, { state: true }],
    ),
  );
  declare state: PageState | undefined;
  declare connection: Connection;
  declare language: Language;
  declare note: string;
  declare isBad: boolean;
  declare chosen: string | undefined;
  declare isEngineer: boolean;
  declare isLead: boolean;
  /** What is done is chosen here: there is no jig.yaml. */
  declare isDesk: boolean;
  /** For a screen reader. */
  declare spoken: string;
  private life: string | undefined;
  /** Said by a scanned code; the slot holds for one code only. */
  private forSlot: string | undefined;

  constructor() {
    super();
    this.language = firstLanguage();
    Object.assign(this, {
      connection: 'lost',
      note: '',
      isBad: false,
      isEngineer: false,
      isLead: false,
      isDesk: false,
      spoken: '',
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    listen<PageMessage>({ onMessage: this.take, onConnection: this.setConnection });
    addEventListener('keydown', this.onKey);
    addEventListener('pointerdown', allowSound);
  }

  private readonly setConnection = (connection: Connection): void => {
    this.connection = connection;
  };

  private readonly take = (message: PageMessage): void => {
    if (message.event === 'state') {
      if (this.life !== undefined && this.life !== message.life) location.reload();
      this.life = message.life;
      this.isDesk = message.desk;
      this.state = message.state;
      return;
    }
    if (!this.state) return;
    const before = this.state;
    this.state = after(before, message);
    if (message.event === 'slot') this.announce(before, message.slot);
  };

  private announce({ view }: PageState, slot: SlotView): void {
    const isNew = view.slots.find(({ name }) => name === slot.name)?.state !== 'verdict' && slot.state === 'verdict';
    if (!isNew || !slot.verdict) return;
    playVerdict(slot.verdict.outcome);
    const name = this.say('slot.name', { slot: slot.name });
    this.spoken = `${name}: ${this.say(`word.${shownOf(slot)}`)}. ${this.say(sentenceOf(slot))}`;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    allowSound();
    const actions: Readonly<Record<string, () => void>> = {
      F4: this.toggleEngineer,
      ...(this.isDesk ? {} : { F2: this.toggleLead }),
    };
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (!action) return;
    event.preventDefault();
    action();
  };

  private readonly toggleLead = (): void => {
    this.isLead = !this.isLead;
    if (!this.isLead) this.querySelector<HTMLInputElement>('.scan input')?.focus();
  };

  private readonly toggleEngineer = (): void => {
    this.isEngineer = !this.isEngineer;
  };

  private readonly setLanguage = (language: Language): void => {
    this.language = language;
    keepLanguage(language);
  };

  /** Codes beside labels of units: `OP:name` and `SLOT:name`. */
  private readonly scanned = ({ detail: code }: CustomEvent<string>): void => {
    const [, kind, name = ''] = /^(OP|SLOT):(.+)$/.exec(code) ?? [];
    if (code === '') this.tell(this.say('scan.empty'), true);
    else if (kind === 'OP') this.setOperator(name);
    else if (kind === 'SLOT') this.setSlot(name);
    else void this.sendScan(code);
  };

  private setOperator(operator: string): void {
    sessionStorage.setItem('operator', operator.slice(0, 64));
    this.tell(this.say('scan.operator', { operator }), false);
  }

  private setSlot(slot: string): void {
    this.forSlot = slot;
    this.tell(this.say('scan.slot', { slot }), false);
  }

  private async sendScan(code: string): Promise<void> {
    const slot = this.forSlot;
    this.forSlot = undefined;
    const answer = await this.send({ request: 'scan', code, ...(slot === undefined ? {} : { slot }) });
    if (!answer) this.tell(this.say('scan.unsent', { code }), true);
    else if (answer.ok) this.tell(this.say('scan.took', { code }), false);
  }

  /** Says why not, where it was refused. */
  private async send(request: Given<StationRequest>) {
    const operator = sessionStorage.getItem('operator') ?? '';
    const answer = await ask({ ...request, operator } as StationRequest);
    if (answer && !answer.ok) this.tell(this.say('request.refused', { why: refusalIn(this.say, answer) }), true);
    return answer;
  }

  private readonly leadAsks = async ({ detail }: CustomEvent<LeadRequest>): Promise<void> => {
    const { request, slot, why, lead } = detail;
    const ofSlot = request === 'clear' && slot !== undefined ? { slot } : {};
    const answer = await this.send({ request, why, lead, ...ofSlot });
    if (!answer?.ok) return;
    this.tell(this.say('request.taken'), false);
    this.toggleLead();
  };

  private tell(note: string, isBad: boolean): void {
    this.note = note;
    this.isBad = isBad;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('language')) return;
    this.say = sayIn(this.language);
    document.documentElement.lang = this.language;
  }

  protected override updated(): void {
    document.body.dataset.connection = this.connection;
    if (this.state) document.title = this.say('title', { station: this.state.view.station });
  }

  protected override render(): TemplateResult {
    const { state, say } = this;
    if (!state) return html`<main><p role="status">${say('connection.lost')}</p></main>`;
    const { view, logs, alarms } = state;
    const names = view.slots.map(({ name }) => name);
    const chosen = this.chosen ?? names[0] ?? '';
    return html`
      <station-head .say=${say} .view=${view} .connection=${this.connection} .language=${this.language} .isDesk=${this.isDesk}></station-head>
      ${this.banner()}
      <main>
        ${this.forms(names)}
        <div class="tiles">${view.slots.map((slot) => html`<slot-tile .say=${say} .view=${slot} @slot-request=${this.slotAsks}></slot-tile>`)}</div>
        ${
          this.isEngineer
            ? html`<engineer-view .say=${say} .slots=${names} .chosen=${chosen} .log=${logs[chosen]} @chosen=${this.choose}></engineer-view>`
            : nothing
        }
        <last-runs .say=${say} .view=${view} .alarms=${alarms} .language=${this.language}></last-runs>
      </main>
      ${this.foot()}
      <p class="spoken" role="status">${this.spoken}</p>`;
  }

  private forms(slots: readonly string[]): TemplateResult {
    const { say, note, isBad, isDesk } = this;
    if (isDesk)
      return html`
        <desk-form .say=${say} .isBusy=${this.state?.view.slots[0]?.state === 'running'} @answered=${this.answered}></desk-form>
        <output class=${isBad ? 'bad' : ''}>${note}</output>`;
    return html`
      <scan-form .say=${say} .note=${note} .isBad=${isBad} @scanned=${this.scanned}></scan-form>
      ${this.isLead ? html`<lead-form .say=${say} .slots=${slots} @lead-request=${this.leadAsks} @closed=${this.toggleLead}></lead-form>` : nothing}`;
  }

  private readonly slotAsks = ({ detail }: CustomEvent<Given<StationRequest>>): void => {
    if (this.isDesk && detail.request !== 'abort') void this.querySelector<DeskForm>('desk-form')?.start();
    else void this.send(detail);
  };

  private readonly answered = ({ detail }: CustomEvent<StationAnswer | undefined>): void => {
    if (detail?.ok) this.tell('', false);
    else
      this.tell(
        this.say('request.refused', { why: detail ? refusalIn(this.say, detail) : this.say('connection.lost') }),
        true,
      );
  };

  private readonly choose = ({ detail }: CustomEvent<string>): void => {
    this.chosen = detail;
  };

  private banner(): TemplateResult | typeof nothing {
    const { say, connection } = this;
    const { state, heldReason } = this.state!.view;
    if (connection === 'full') return html`<p class="banner" role="alert">${say('connection.full')}</p>`;
    if (connection === 'lost')
      return html`<p class="banner lost" role="alert"><strong>${say('connection.lost')}</strong> ${say('connection.lost.do')}</p>`;
    if (state === 'ready') return nothing;
    return html`<p class="banner" role="alert"><strong>${say(`station.${state}`)}</strong> ${heldReason ? html`${say('station.why', { why: reasonIn(say, heldReason) })} ${remedyIn(say, heldReason)}` : nothing}</p>`;
  }

  private foot(): TemplateResult {
    const { say } = this;
    return html`<footer>
      ${this.isDesk ? nothing : html`<button type="button" aria-expanded=${this.isLead} @click=${this.toggleLead}>F2 ${say('button.hold')}</button>`}
      <button type="button" aria-expanded=${this.isEngineer} @click=${this.toggleEngineer}>F4 ${say('button.engineer')}</button>
      ${languageButtons(say, this.language, this.setLanguage)}
      ${this.isDesk ? nothing : html`<small>${say('count.means')}</small>`}
    </footer>`;
  }
}

customElements.define('station-head', StationHead);
customElements.define('scan-form', ScanForm);
customElements.define('lead-form', LeadForm);
customElements.define('desk-form', DeskForm);
customElements.define('slot-tile', SlotTile);
customElements.define('engineer-view', EngineerView);
customElements.define('last-runs', LastRuns);
customElements.define('bootctl-page', BootctlPage);
