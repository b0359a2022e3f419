import type { JobStatus } from '../../domain/job/job.js';
import { formatCount, plural } from './format.js';
import { html, type Content, type Html } from './html.js';
import { FORM_TOKEN, type Visitor } from './visitor.js';

/*
 * What several pages are made of.
 */

/**
 * htmx: the answer's main part takes the place of this one's, node by node, so that focus and selection stay. A second
 * click while the first is on its way is no second order.
 */
export const INTO_MAIN = html`hx-sync="this:drop" hx-target="#main" hx-select="#main" hx-swap="outerMorph"`;

/**
 * A form that is sent by POST, with or without the page's script.
 * @returns null for a visitor who may only look
 */
export function postForm(
  { formToken }: Visitor,
  action: string,
  content: Content,
  { kind, novalidate = false }: { readonly kind?: string; readonly novalidate?: boolean } = {},
): Html | null {
  if (formToken === null) return null;
  return html`<form class="${kind}"${novalidate && html` novalidate`} method="post" action="${action}" hx-post="${action}" ${INTO_MAIN}><input type="hidden" name="${FORM_TOKEN}" value="${formToken}">${content}</form>`;
}

/** The attributes of a form of filters: the page below it follows each change. */
export function filtering(action: string): Html {
  return html`method="get" action="${action}" hx-get="${action}" hx-trigger="submit, input delay:250ms" hx-sync="this:replace" hx-target="#live" hx-select="#live" hx-swap="outerMorph" hx-push-url="true"`;
}

/** A button that does one thing at once, for a visitor who may. @param back where the page goes on */
export function actionButton(
  visitor: Visitor,
  label: string,
  action: string,
  back: string,
  options: { readonly kind?: 'danger' | 'primary'; readonly about?: string } = {},
): Html | null {
  const about = options.about === undefined ? null : html`<span class="hidden"> ${options.about}</span>`;
  return postForm(
    visitor,
    action,
    html`<input type="hidden" name="return" value="${back}"><button class="${options.kind ?? ''}">${label}${about}</button>`,
    { kind: 'inline' },
  );
}

export type ChipKind = JobStatus | 'ready' | 'delayed' | 'paused' | 'warning' | 'ok' | 'failed' | 'off';

export function chip(kind: ChipKind, label: string = kind): Html {
  return html`<span class="chip ${kind}">${label}</span>`;
}

export interface Column {
  readonly label: Content;
  /** Numbers stand on the right. */
  readonly numeric?: boolean;
  /** For those who don't see the column: not shown. */
  readonly hidden?: boolean;
}

/** A table that scrolls by itself where it is too wide, and whose rows are cards on a phone. */
export function table(caption: string, columns: readonly Column[], rows: readonly Html[]): Html {
  return html`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table>
<caption class="hidden">${caption}</caption>
<thead><tr>${columns.map(
    ({ label, numeric, hidden }) =>
      html`<th scope="col" class="${numeric && 'number'}">${hidden ? html`<span class="hidden">${label}</span>` : label}</th>`,
  )}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}

/** @param label of the column, which a phone shows beside the value */
export function cell(label: string, content: Content, kind?: 'number' | 'text' | 'actions'): Html {
  return html`<td class="${kind}" data-label="${label}"><div>${content}</div></td>`;
}

/** A text of any length in one line; whole in the title. */
export function clipped(text: string | null, className = ''): Html {
  if (text === null) return html`<span class="none">–</span>`;
  const shown = text.length > CLIPPED_MAX ? `${text.slice(0, CLIPPED_MAX)}…` : text;
  return html`<span class="clip ${className}" title="${shown}">${shown}</span>`;
}

const CLIPPED_MAX = 300;

/** A description list. */
export function facts(
  entries: readonly (readonly [term: string, description: Content] | false | null)[],
): Html {
  return html`<dl class="facts">${entries.map(
    (entry) => entry && html`<div><dt>${entry[0]}</dt><dd>${entry[1]}</dd></div>`,
  )}</dl>`;
}

export function emptyState(text: Content): Html {
  return html`<p class="empty">${text}</p>`;
}

/** The place in a list of pages, and the way to its neighbours. */
export interface Paging {
  readonly path: string;
  /** Of the list, without the page. */
  readonly query: Readonly<Record<string, string | null>>;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  /** Entries on this page. */
  readonly shown: number;
  readonly total: number;
  /** As in "1 queue". */
  readonly noun: string;
}

export function pager({ path, query, page, pageSize, shown, total, noun }: Paging): Html {
  const to = (number: number) => link(path, { ...query, page: number === 1 ? null : number });
  const first = (page - 1) * pageSize;
  const all = plural(total, noun);
  return html`<nav class="pager" aria-label="Pages">
<span>${shown === 0 ? all : `${formatCount(first + 1)}–${formatCount(first + shown)} of ${all}`}</span>
${page > 1 && html`<a class="button" rel="prev" href="${to(page - 1)}">Previous</a>`}
${first + shown < total && shown > 0 && html`<a class="button" rel="next" href="${to(page + 1)}">Next</a>`}
</nav>`;
}

/** A path with a query of what is given; what is empty is left out. */
export function link(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

export function queuePath(name: string): string {
  return `/dashboard/queues/${encodeURIComponent(name)}`;
}

export function jobPath(id: string): string {
  return `/dashboard/jobs/${encodeURIComponent(id)}`;
}

export function schedulePath(id: string): string {
  return `/dashboard/schedules/${encodeURIComponent(id)}`;
}
