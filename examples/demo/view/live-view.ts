import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from '../api.js';
import type { Act, Mood } from '../stage.js';
import { queueTable } from './queue-table.js';
import { paint, type Line, type Style } from './style.js';
import type { Setting, View } from './view.js';

const FRAME_MS = 100;
const MAX_HEIGHT = 24;
const STYLES: Readonly<Record<Mood, Style>> = { neutral: 'plain', bad: 'red' };

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/** A line that is too long after all must not break the frame. */
const WRAP_OFF = '\x1b[?7l';
const WRAP_ON = '\x1b[?7h';
const CLEAR_TO_END_OF_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const CLEAR_SCREEN = '\x1b[2J\x1b[H';

export interface Screen {
  readonly write: (text: string) => void;
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly color: boolean;
}

/** Redrawn in place: the queues, and under them what happens. */
export class LiveView implements View {
  readonly #screen: Screen;
  #startedAt = 0;
  readonly #story: Line[] = [];
  readonly #outcomes: Line[] = [];
  #setting: Setting | undefined;
  #jobs: readonly Job[] = [];
  #act: Act | undefined;
  #drawing: Promise<void> | undefined;
  #ended = false;
  /** Lines of the last frame above the cursor. */
  #height = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  begin(setting: Setting): void {
    this.#setting = setting;
    this.#startedAt = performance.now();
    this.#screen.write(HIDE_CURSOR + WRAP_OFF);
    this.#drawing = this.#keepDrawing(setting);
  }

  act(number: number, act: Act): void {
    this.#act = act;
    if (number > 1) this.#story.push([]);
    this.#story.push([
      ['bold', ` ${number}. ${act.name}: `],
      ['cyan', act.caption],
    ]);
  }

  event(text: string, mood: Mood = 'neutral'): void {
    const elapsed = `${this.#seconds().padStart(6)} s  `;
    this.#story.push([
      ['dim', elapsed],
      [STYLES[mood], text],
    ]);
  }

  outcome(text: string): void {
    this.#story.push([
      ['green', '       => '],
      ['bold', text],
    ]);
    this.#outcomes.push([
      ['green', ' ✓ '],
      ['plain', (this.#act?.name ?? '').padEnd(17)],
      ['bold', text],
    ]);
  }

  async end(): Promise<void> {
    if (this.#setting === undefined) return;
    this.#ended = true;
    await this.#drawing;
    await this.#look(this.#setting);
    this.#draw([...this.#head(this.#setting), ...this.#outcomes]);
    this.#screen.write(WRAP_ON + SHOW_CURSOR);
  }

  /** The size of the terminal changed, and with it the place of the last frame's lines. */
  resized(): void {
    if (this.#height === 0 || this.#ended) return;
    this.#height = 0;
    this.#screen.write(CLEAR_SCREEN);
  }

  async #keepDrawing(setting: Setting): Promise<void> {
    while (!this.#ended) {
      await this.#look(setting);
      const head = this.#head(setting);
      const height = Math.min(this.#screen.size().rows - 1, MAX_HEIGHT);
      this.#draw([...head, ...this.#story.slice(Math.min(-1, head.length - height))].slice(-height));
      await delay(FRAME_MS);
    }
  }

  /** Without an answer the last one stays: whoever plays the act says what is wrong. */
  async #look({ jobs }: Setting): Promise<void> {
    this.#jobs = await jobs().catch(() => this.#jobs);
  }

  #head({ serverUrl, receiverUrl, acts }: Setting): Line[] {
    const done = this.#outcomes.length;
    return [
      [
        ['bold', ' mininq demo  '],
        ['green', '━'.repeat(4 * done)],
        ['dim', '─'.repeat(4 * (acts - done))],
        ['plain', `  ${this.#seconds()} s`],
      ],
      [['dim', ` server ${serverUrl}, webhooks ${receiverUrl}, Ctrl-C to end`]],
      [],
      ...queueTable(this.#jobs, Date.now()),
      [],
    ];
  }

  #draw(lines: readonly Line[]): void {
    const { columns } = this.#screen.size();
    const frame = lines.map((line) => `${paint(line, columns, this.#screen.color)}${CLEAR_TO_END_OF_LINE}\n`);
    this.#screen.write(`${up(this.#height)}${frame.join('')}${CLEAR_BELOW}`);
    this.#height = lines.length;
  }

  #seconds(): string {
    return ((performance.now() - this.#startedAt) / 1000).toFixed(1);
  }
}

function up(lines: number): string {
  return lines === 0 ? '' : `\r\x1b[${lines}A`;
}
