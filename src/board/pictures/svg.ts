/** A point of a drawing, in user units of the SVG: x to the right, y down. */
export type Point = readonly [x: number, y: number];

/** Colours by role, once for light and once for dark surroundings. */
const colours = {
  light: {
    ground: '#ffffff',
    ink: '#1f2328',
    muted: '#59636e',
    faint: '#d1d9e0',
    panel: '#f6f8fa',
    rts: '#8250df',
    dtr: '#0969da',
    nrst: '#bc4c00',
    boot0: '#1a7f37',
    window: '#dafbe1',
    margin: '#aceebb',
  },
  dark: {
    ground: '#0d1117',
    ink: '#f0f6fc',
    muted: '#9198a1',
    faint: '#3d444d',
    panel: '#151b23',
    rts: '#ab7df8',
    dtr: '#4493f8',
    nrst: '#f0883e',
    boot0: '#3fb950',
    window: '#12261e',
    margin: '#1f5233',
  },
} as const;

export type Colour = keyof typeof colours.light;

/** One class for strokes and one for fills of each colour: `s-ink`, `f-ink`. */
const colourRules = (scheme: Readonly<Record<Colour, string>>): string =>
  Object.entries(scheme)
    .map(([name, value]) => `.s-${name}{stroke:${value}}.f-${name}{fill:${value}}`)
    .join('');

const style = [
  'text{font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}',
  '.small{font-size:11px}.strong{font-weight:600}.title{font-size:16px;font-weight:600}',
  '.line{fill:none;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}.thin{stroke-width:1}',
  '.bold{stroke-width:2.2}.dashed{stroke-dasharray:4 4}.soft{opacity:.5}',
  colourRules(colours.light),
  `@media (prefers-color-scheme:dark){${colourRules(colours.dark)}}`,
].join('\n');

/** Rounded to a tenth of a unit, so that the same drawing is the same file everywhere. */
const number = (value: number): string => String(Math.round(value * 10) / 10);

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: Colour;
  readonly style?: 'small' | 'strong' | 'title';
}

/** One line of text with its baseline at `y`. */
export function label([x, y]: Point, text: string, options: TextOptions = {}): string {
  const { anchor = 'start', colour = 'ink', style: look } = options;
  const classes = [`f-${colour}`, ...(look ? [look] : [])].join(' ');
  return `<text x="${number(x)}" y="${number(y)}" text-anchor="${anchor}" class="${classes}">${escapeText(text)}</text>`;
}

/** Width of a small text, from the average letter width in these fonts. */
export const smallWidth = (text: string): number => 6 * text.length;

export interface LineOptions {
  readonly colour?: Colour;
  readonly look?: 'thin' | 'bold' | 'dashed' | 'thin dashed' | 'bold soft';
}

/** A polyline through the points. */
export function line(points: readonly Point[], { colour = 'ink', look }: LineOptions = {}): string {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${number(x)} ${number(y)}`).join('');
  return `<path d="${path}" class="line s-${colour}${look ? ` ${look}` : ''}"/>`;
}

/** A straight line between two points. */
export const wire = (from: Point, to: Point, options: LineOptions = {}): string => line([from, to], options);

/** A filled polygon, closed by itself. */
export function area(points: readonly Point[], colour: Colour): string {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${number(x)} ${number(y)}`).join('');
  return `<path d="${path}Z" class="f-${colour}"/>`;
}

/** A rectangle with an outline. */
export function box([x, y]: Point, [width, height]: Point, fill: Colour, outline: Colour, radius = 0): string {
  const size = `width="${number(width)}" height="${number(height)}"`;
  return `<rect x="${number(x)}" y="${number(y)}" ${size} rx="${radius}" class="f-${fill} s-${outline}" stroke-width="1.4"/>`;
}

/** A filled dot. */
export const dot = ([x, y]: Point, colour: Colour = 'ink', radius = 3.2): string =>
  `<circle cx="${number(x)}" cy="${number(y)}" r="${radius}" class="f-${colour}"/>`;

/** A whole file: ground, title for readers of the screen, elements one a line. */
export function picture([width, height]: Point, title: string, elements: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<style>\n${style}\n</style>`,
    `<rect width="${width}" height="${height}" rx="6" class="f-ground"/>`,
    ...elements,
    '</svg>\n',
  ].join('\n');
}
