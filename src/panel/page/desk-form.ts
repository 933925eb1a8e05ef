import { html, nothing, type TemplateResult } from 'lit';
import type { StationAnswer } from '../../jig/station-view.ts';
import type { DeskChoice, DeskChoices } from '../desk-choice.ts';
import { deskChoices, sendImage, startDesk } from './connection.ts';
import { PageElement } from './page-element.ts';

/** Chooses a board, an adapter and an image, and starts: what a jig.yaml says of a station. */
export class DeskForm extends PageElement {
  static override properties = {
    ...PageElement.properties,
    isBusy: { attribute: false },
    choices: { state: true },
    image: { state: true },
  };
  /** A job is under way. */
  declare isBusy: boolean;
  declare choices: DeskChoices | undefined;
  declare image: string;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  /** The adapters as they are now. */
  private readonly load = async (): Promise<void> => {
    this.choices = await deskChoices();
    this.image ??= this.choices.chosen.images?.join(' ') ?? '';
  };

  /** What is chosen now, to be started by a button elsewhere as well. */
  readonly start = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    const form = new FormData(this.querySelector('form')!);
    const [profile, port, image] = ['profile', 'port', 'image'].map((name) => String(form.get(name) ?? '').trim());
    const choice: DeskChoice = { profile: profile!, port: port || undefined, images: image ? [image] : [] };
    this.tell(await startDesk(choice).catch(() => undefined));
  };

  private readonly send = async ({ target }: Event): Promise<void> => {
    const [file] = (target as HTMLInputElement).files ?? [];
    if (!file) return;
    const answer = await sendImage(file).catch(() => undefined);
    if (answer?.ok) this.image = answer.path;
    else this.tell(answer);
  };

  private tell(answer: StationAnswer | undefined): void {
    this.dispatchEvent(new CustomEvent('answered', { detail: answer }));
  }

  private readonly type = ({ target }: Event): void => {
    this.image = (target as HTMLInputElement).value;
  };

  protected override render(): TemplateResult | typeof nothing {
    const { say, choices } = this;
    if (!choices) return nothing;
    const { profiles, adapters, chosen } = choices;
    return html`<form class="desk" aria-label=${say('desk.title')} @submit=${this.start}>
      <label>${say('desk.profile')}
        <select name="profile">${profiles.map((id) => html`<option ?selected=${id === chosen.profile}>${id}</option>`)}</select>
      </label>
      <label>${say('desk.adapter')}
        <select name="port" @focus=${this.load}>
          <option value="">${say('desk.any-adapter')}</option>
          ${adapters.map(({ port, text }) => html`<option value=${port} ?selected=${port === chosen.port}>${text}</option>`)}
        </select>
      </label>
      <label>${say('desk.image')} <input name="image" autocomplete="off" spellcheck="false" .value=${this.image} @input=${this.type} /></label>
      <label>${say('desk.file')} <input type="file" @change=${this.send} /></label>
      <button type="submit" ?disabled=${this.isBusy}>${say('button.start')}</button>
    </form>`;
  }
}
