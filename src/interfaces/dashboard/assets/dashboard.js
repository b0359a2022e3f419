// Keeps a page of the dashboard up to date. Without it, every page still works, as it was when it was loaded.
import { openStream } from './live-stream.js';

/** The pages are fetched anew at this pace while there is no stream, milliseconds. */
const POLL_EVERY = 5000;
/** Never sooner than this after the last time. */
const REFRESH_GAP = 500;
const REQUEST_TIMEOUT = 10_000;

/**
 * What htmx adds to the window, as far as it is used here.
 * @typedef {{ swap(context: { sourceElement: Element, target: string, select: string, swap: string, text: string }): Promise<void> }} Htmx
 */
const { htmx } = /** @type {{ htmx: Htmx }} */ (/** @type {unknown} */ (globalThis));

const build = document.documentElement.dataset['build'];

let connected = false;
let reachable = true;
/** The server is of another version than this page. */
let outdated = false;
let refreshing = false;
/** Something has changed since the last refresh began. */
let stale = false;
let refreshedAt = Date.now();
/** Requests of htmx on their way, and swaps that were made: a refresh that ran beside them may be older than they. */
let requests = 0;
let swaps = 0;
/** @type {string | undefined} */
let shown;

/* ---- what is live -------------------------------------------------------------------------------------------------- */

function region() {
  return document.getElementById('live');
}

/** @param {string[]} topics */
function concerns(topics) {
  const wanted = region()?.dataset['topics']?.split(' ') ?? [];
  return topics.some((topic) => wanted.includes(topic));
}

function refreshSoon() {
  stale = true;
  if (refreshing || document.hidden || !region()) return;
  refreshing = true;
  setTimeout(() => void refresh(), Math.max(0, refreshedAt + REFRESH_GAP - Date.now()));
}

async function refresh() {
  stale = false;
  refreshedAt = Date.now();
  const url = location.href;
  const before = swaps;
  try {
    const response = await fetch(url, {
      headers: { 'Mininq-Live': '1' },
      cache: 'no-store',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT),
    });
    const text = await response.text();
    setReachable(isOurs(response) && response.status < 500);
    // What a request of htmx brings was perhaps made before the change that this is about: so it is asked for again.
    if (url !== location.href || requests > 0 || swaps !== before) stale = true;
    else if (isOurs(response) && response.status === 200) await show(text);
  } catch {
    setReachable(false);
  }
  refreshing = false;
  if (stale) refreshSoon();
}

/**
 * Is an answer mininq's own? Not that of a proxy in between: a page to log in, or an error.
 * @param {Response} response
 */
function isOurs(response) {
  return response.headers.has('Mininq-Page');
}

/** @param {string} text */
async function show(text) {
  // A question or a form may have taken its place since the refresh was due.
  if (text === shown || !region()) return;
  await htmx.swap({
    sourceElement: document.body,
    target: '#live',
    select: '#live',
    swap: 'outerMorph',
    text,
  });
  shown = text;
}

/* ---- the stream ---------------------------------------------------------------------------------------------------- */

/** @param {import('./live-stream.js').StreamMessage} message */
function onMessage(message) {
  switch (message.type) {
    case 'state':
      connected = message.connected;
      showConnection();
      break;
    case 'hello':
      outdated = message.build !== build;
      showConnection();
      // Whatever happened while there was no stream.
      refreshSoon();
      break;
    case 'changed':
      if (concerns(message.topics)) refreshSoon();
      break;
  }
}

function listen() {
  if (!('SharedWorker' in globalThis)) return openStream(onMessage);
  const worker = new SharedWorker(new URL('./live-worker.js', import.meta.url), { type: 'module' });
  worker.port.addEventListener('message', (event) => onMessage(event.data));
  worker.port.start();
  return () => worker.port.postMessage('leaving');
}

let leave = listen();
globalThis.addEventListener('pagehide', () => leave());
globalThis.addEventListener('pageshow', (event) => {
  if (event.persisted) leave = listen();
});

/** @param {boolean} now */
function setReachable(now) {
  reachable = now;
  showConnection();
}

function showConnection() {
  const element = document.getElementById('connection');
  if (!element) return;
  const [state, text] = connectionState();
  if (element.dataset['state'] === state) return;
  element.dataset['state'] = state;
  element.textContent = text;
}

/** @returns {[state: string, text: string]} */
function connectionState() {
  if (outdated) return ['outdated', 'mininq was updated: reload this page'];
  if (connected) return ['live', 'Live'];
  return reachable ? ['polling', 'Every 5 s'] : ['lost', 'Connection lost, trying again'];
}

/* ---- time ---------------------------------------------------------------------------------------------------------- */

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

function showTimes() {
  const now = Date.now();
  for (const element of document.querySelectorAll('time[data-relative]')) {
    const ahead = Date.parse(element.getAttribute('datetime') ?? '') - now;
    const text =
      Math.abs(ahead) < 1000 ? 'now' : ahead > 0 ? `in ${duration(ahead)}` : `${duration(-ahead)} ago`;
    if (element.textContent !== text) element.textContent = text;
  }
}

setInterval(() => {
  if (document.hidden) return;
  showTimes();
  const every = connected ? Number(region()?.dataset['every'] ?? 60) * 1000 : POLL_EVERY;
  if (stale || Date.now() - refreshedAt >= every) refreshSoon();
}, 1000);

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  showTimes();
  refreshSoon();
});

/* ---- forms and selections ------------------------------------------------------------------------------------------ */

function showSelection() {
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[name="ids"]'));
  const chosen = [...boxes].filter((box) => box.checked).length;
  for (const element of document.querySelectorAll('[data-selected]')) {
    element.textContent = `${chosen} selected`;
  }
  for (const button of document.querySelectorAll('button[data-needs-selection]')) {
    button.toggleAttribute('disabled', chosen === 0);
  }
  const all = document.getElementById('select-all');
  if (all instanceof HTMLInputElement) {
    all.hidden = false;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
}

document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  if (target.id === 'select-all') {
    for (const box of document.querySelectorAll('input[name="ids"]')) {
      /** @type {HTMLInputElement} */ (box).checked = target.checked;
    }
  }
  if (target.id === 'select-all' || target.name === 'ids') showSelection();
});

document.addEventListener('htmx:before:request', () => {
  requests += 1;
});
document.addEventListener('htmx:finally:request', () => {
  requests = Math.max(0, requests - 1);
  if (stale) refreshSoon();
});
document.addEventListener('htmx:after:request', (event) => {
  const { raw, status } = /** @type {CustomEvent} */ (event).detail.ctx.response;
  if (isOurs(raw)) return;
  event.preventDefault();
  showProblem(`That was not done: the answer (${status}) is not one of mininq's pages.`);
});
document.addEventListener('htmx:error', () => {
  showProblem('That was not sent, or not answered; try again.');
  setReachable(false);
});
document.addEventListener('htmx:config:request', (event) => {
  const { request } = /** @type {CustomEvent} */ (event).detail.ctx;
  if (request.method !== 'GET') return;
  // Filters that are not set are not worth a place in the URL.
  for (const [name, value] of [...request.body]) {
    if (value === '') request.body.delete(name);
  }
});
document.addEventListener('htmx:after:swap', (event) => {
  swaps += 1;
  shown = undefined;
  if (/** @type {CustomEvent} */ (event).detail.ctx.target?.id === 'main') placeFocus();
  showTimes();
  showSelection();
  showConnection();
});

/** @param {string} text */
function showProblem(text) {
  const paragraph = document.createElement('p');
  paragraph.className = 'notice problem';
  paragraph.textContent = text;
  document.getElementById('notice')?.replaceChildren(paragraph);
}

function heading() {
  return document.querySelector('h1')?.textContent;
}

let title = heading();

/** To the first field that is wrong, or the beginning of another page; within the same page it stays where it is. */
function placeFocus() {
  const isOther = heading() !== title;
  title = heading();
  const wrong = document.querySelector('#main [aria-invalid="true"]');
  if (wrong instanceof HTMLElement) wrong.focus();
  else if (isOther && !document.querySelector('#main [autofocus]')) document.getElementById('main')?.focus();
}

showTimes();
showSelection();
