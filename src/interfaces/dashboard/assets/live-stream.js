/**
 * @typedef {{ type: 'state', connected: boolean }
 *   | { type: 'hello', build: string }
 *   | { type: 'changed', topics: string[] }} StreamMessage
 */

/** After an answer that is not a stream (a proxy's error page, too many streams), milliseconds. */
const REOPEN_AFTER = 3000;

/**
 * Listens to what the server says has changed. A stream that breaks is opened again, by the browser or here.
 * @param {(message: StreamMessage) => void} listener
 * @returns {() => void} ends the stream
 */
export function openStream(listener) {
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function open() {
    source = new EventSource('/dashboard/events');
    source.addEventListener('hello', (event) => {
      listener({ type: 'state', connected: true });
      listener({ type: 'hello', build: event.data });
    });
    source.addEventListener('changed', (event) => {
      listener({ type: 'changed', topics: event.data.split(' ') });
    });
    source.addEventListener('error', () => {
      listener({ type: 'state', connected: false });
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_AFTER);
    });
  }

  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
