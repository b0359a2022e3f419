import { expect } from 'vitest';
import { startApi, type ApiOptions } from '../http/api.js';

/** Fields of a form; of a list, each is sent under the same name. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** The server with its dashboard, as a browser without scripts sees it: redirects are not followed. */
export async function startDashboard(options: ApiOptions = {}) {
  const api = await startApi(options);

  async function send(path: string, init: RequestInit = {}): Promise<Page> {
    const response = await fetch(api.url + path, { redirect: 'manual', ...init });
    return new Page(response.status, response.headers, await response.text());
  }

  /** What the forms carry that the dashboard shows to whoever sends these headers. */
  async function formToken(headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const page = await send('/dashboard/new-queue', { headers });
    return page.formTokens[0] ?? '';
  }

  return {
    ...api,
    send,
    formToken,
    /** What is at the path, whatever it is. */
    page: (path: string, headers: Readonly<Record<string, string>> = {}) => send(path, { headers }),
    /** A page that is there. */
    shown: async (path: string) => {
      const page = await send(path);
      expect(page.status, path).toBe(200);
      return page;
    },
    /** As a form of the dashboard would be sent that has these fields. */
    submit: async (path: string, fields: Fields = {}, headers: Readonly<Record<string, string>> = {}) =>
      send(path, { method: 'POST', body: encode({ csrf: await formToken(headers), ...fields }), headers }),
    /** The page that comes after an action, told what the action had to say. */
    follow: async (answer: Page) => {
      expect(answer.status).toBe(303);
      const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
      return send(answer.headers.get('location') ?? '', { headers: { Cookie: cookie } });
    },
  };
}

export type Dashboard = Awaited<ReturnType<typeof startDashboard>>;

function encode(fields: Fields): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat()) parameters.append(name, one);
  }
  return parameters;
}

/** An answer, and what a reader finds in it. */
export class Page {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;

  constructor(status: number, headers: Headers, html: string) {
    this.status = status;
    this.headers = headers;
    this.html = html;
  }

  /** All that can be read. */
  get text(): string {
    return textOf(this.html);
  }

  /** Of the first heading; a page has one. */
  get heading(): string {
    return this.texts('h1')[0] ?? '';
  }

  /** What the action before had to say. */
  get notice(): string {
    return textOf(/<div id="notice"[^>]*>(.*?)<\/div>/s.exec(this.html)?.[1] ?? '');
  }

  /** The texts of the elements of a name, in order; the elements must not stand in one another. */
  texts(name: string): string[] {
    return this.elements(name).map(({ content }) => textOf(content));
  }

  elements(name: string): Element[] {
    return elementsOf(this.html, name);
  }

  /** The rows of the table with this caption: what stands under each label. */
  rows(caption: string): Record<string, string>[] {
    const [, body = ''] = /<tbody>(.*?)<\/tbody>/s.exec(this.#after(caption)) ?? [];
    return elementsOf(body, 'tr').map(({ content }) =>
      record(
        elementsOf(content, 'td').map((cell) => [
          cell.attributes['data-label'] ?? 'Select',
          textOf(cell.content),
        ]),
      ),
    );
  }

  /** A text that stands in a group of this label, as it is. */
  group(label: string): string {
    const [, content = ''] = /^[^>]*>\n(.*?)<\/pre>/s.exec(this.#after(label)) ?? [];
    return decode(content);
  }

  #after(label: string): string {
    const start = this.html.indexOf(`role="group" aria-label="${label}"`);
    return start === -1 ? '' : this.html.slice(start);
  }

  /** The page's facts: the description of each term. */
  get facts(): Record<string, string> {
    const all = this.html.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs);
    return record([...all].map(([, term = '', description = '']) => [textOf(term), textOf(description)]));
  }

  /** What is wrong with the fields of the page's forms. */
  get problems(): Record<string, string> {
    const paragraphs = this.elements('p').map(
      ({ attributes, content }) => [attributes['id'] ?? '', textOf(content)] as const,
    );
    return record(
      paragraphs
        .filter(([id]) => id.endsWith('-problem'))
        .map(([id, text]) => [id.slice(0, -'-problem'.length), text]),
    );
  }

  /** What the page's forms carry beside their fields, each of those that are sent by POST. */
  get formTokens(): string[] {
    return this.elements('form')
      .filter(({ attributes }) => attributes['method'] === 'post')
      .map(({ content }) => elementsOf(content, 'input').filter(isFormToken))
      .map((inputs) => inputs.map(({ attributes }) => attributes['value'] ?? '').join(' and '));
  }

  /** What a browser would send of the form that goes to this path, but for its token. No button is pressed. */
  form(action: string): Record<string, string> {
    const form = this.elements('form').find(({ attributes }) => attributes['action'] === action);
    if (!form) throw new Error(`no form goes to ${action}`);
    const inputs = elementsOf(form.content, 'input').filter(
      (input) =>
        input.attributes['name'] !== undefined &&
        !isFormToken(input) &&
        (input.attributes['type'] !== 'checkbox' || input.attributes['checked'] !== undefined),
    );
    return record([
      ...inputs.map(({ attributes }) => [attributes['name'] ?? '', attributes['value'] ?? ''] as const),
      ...elementsOf(form.content, 'textarea').map(
        ({ attributes, content }) => [attributes['name'] ?? '', decode(content).replace(/^\n/, '')] as const,
      ),
      ...elementsOf(form.content, 'select').map(
        ({ attributes, content }) => [attributes['name'] ?? '', selectedIn(content)] as const,
      ),
    ]);
  }

  /** Where the page's links, and the files that it loads, lead. */
  get targets(): string[] {
    return [...this.html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, target = '']) => decode(target));
  }

  /** Where the link of this text leads. */
  link(text: string): string | undefined {
    const link = this.elements('a').find(({ content }) => textOf(content) === text);
    return link?.attributes['href'];
  }
}

interface Element {
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: string;
}

/** Enough of a parser for what the dashboard sends: within an attribute, ">" and quotes are always escaped there. */
function elementsOf(html: string, name: string): Element[] {
  const pattern = new RegExp(`<${name}((?:\\s[^>]*)?)>(?:(.*?)</${name}>)?`, 'gs');
  return [...html.matchAll(pattern)].map(([, attributes = '', content = '']) => ({
    attributes: record(
      [...attributes.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)].map(([, key = '', value = '']) => [
        key,
        decode(value),
      ]),
    ),
    content,
  }));
}

function isFormToken({ attributes }: Element): boolean {
  return attributes['name'] === 'csrf' && attributes['type'] === 'hidden';
}

function selectedIn(select: string): string {
  const options = elementsOf(select, 'option');
  const selected = options.find(({ attributes }) => 'selected' in attributes) ?? options[0];
  return selected?.attributes['value'] ?? '';
}

function record(entries: readonly (readonly [name: string, value: string])[]): Record<string, string> {
  return Object.fromEntries(entries);
}

function textOf(html: string): string {
  return decode(html.replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function decode(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_entity, name: string) => ENTITIES[name] ?? '');
}
