import type { Content, Html } from './html.js';
import { html } from './html.js';
import type { Topic } from './live-updates.js';

/** The parts of the dashboard that the navigation names. */
export const SECTIONS = ['overview', 'queues', 'jobs', 'schedules', 'workers'] as const;
export type Section = (typeof SECTIONS)[number];

/** The part of a page that is kept up to date. */
export interface LiveRegion {
  /** Changes of these are shown. */
  readonly topics: readonly Topic[];
  /** Shown anew this often even if nothing is said to have changed, seconds: for what depends on time alone. */
  readonly everySecs?: number;
  readonly content: Html;
}

/** A page. What stands outside the live region is not made when only that is asked for. */
export interface View {
  readonly title: string;
  readonly section: Section;
  readonly before?: () => Content;
  readonly live?: LiveRegion;
  readonly after?: () => Content;
}

export function liveRegion({ topics, everySecs, content }: LiveRegion): Html {
  return html`<div id="live" data-topics="${topics.join(' ')}" data-every="${everySecs ?? 60}">${content}</div>`;
}

const LABELS: Readonly<Record<Section, string>> = {
  overview: 'Overview',
  queues: 'Queues',
  jobs: 'Jobs',
  schedules: 'Schedules',
  workers: 'Workers',
};

/** What an action has to say on the page that comes after it. */
export interface Notice {
  readonly kind: 'done' | 'problem';
  readonly text: string;
}

export interface Surroundings {
  readonly version: string;
  readonly build: string;
  readonly asset: (name: string) => string;
  /** What the action before had to say. */
  readonly notice: Notice | null;
}

/** The whole document. */
export function page(view: View, { version, build, asset, notice }: Surroundings): Html {
  return html`<!doctype html>
<html lang="en" data-build="${build}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="htmx-config" content="${HTMX_CONFIG}">
<title>${view.title} · mininq</title>
<link rel="icon" href="${asset('favicon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${asset('dashboard.css')}">
<script src="${asset('htmx.min.js')}" defer></script>
<script src="${asset('dashboard.js')}" type="module"></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar">
<a class="brand" href="/dashboard">mininq</a>
<nav aria-label="Sections">${SECTIONS.map((section) => navigationLink(section, view.section))}</nav>
<span id="connection" class="connection" role="status"></span>
</header>
<main id="main" tabindex="-1" hx-history-elt="">
<div id="notice" role="status">${notice && html`<p class="notice ${notice.kind}">${notice.text}</p>`}</div>
${view.before?.()}
${view.live && liveRegion(view.live)}
${view.after?.()}
</main>
<footer class="foot"><span>mininq ${version}</span><a href="/openapi.json">API</a></footer>
</body>
</html>
`;
}

/**
 * No style is inserted, and no extension is taken. Answers of any status are shown: an error says what is wrong in a page
 * of its own.
 */
const HTMX_CONFIG = JSON.stringify({ includeIndicatorCSS: false, extensions: 'none' });

function navigationLink(section: Section, current: Section): Html {
  const path = section === 'overview' ? '/dashboard' : `/dashboard/${section}`;
  return html`<a href="${path}"${section === current && html` aria-current="page"`}>${LABELS[section]}</a>`;
}
