import type { Job } from '../api.js';
import type { Line, Span, Style } from './style.js';

interface State {
  readonly name: string;
  readonly mark: string;
  readonly style: Style;
}

const READY: State = { name: 'ready', mark: '○', style: 'cyan' };
const DELAYED: State = { name: 'delayed', mark: '·', style: 'yellow' };
const RUNNING: State = { name: 'running', mark: '◐', style: 'yellow' };
const COMPLETED: State = { name: 'completed', mark: '●', style: 'green' };
const DEAD: State = { name: 'dead', mark: '×', style: 'red' };
const STATES = [READY, DELAYED, RUNNING, COMPLETED, DEAD];

const NAME_WIDTH = 13;
const MARKS_WIDTH = 13;

/**
 * A line a queue: a mark for each of its latest jobs, in the order in which they were enqueued, and how many are in
 * which state.
 * @param now epoch milliseconds
 */
export function queueTable(jobs: readonly Job[], now: number): Line[] {
  const head: Line = [
    ['dim', ` ${'queue'.padEnd(NAME_WIDTH)}${'jobs'.padEnd(MARKS_WIDTH)}`],
    ...STATES.flatMap((state): Line => [
      ['plain', '  '],
      [state.style, state.mark],
      ['dim', ` ${state.name}`],
    ]),
  ];
  const queues = [...new Set(jobs.map((job) => job.queue_name))];
  return [
    head,
    ...queues.map((queue) =>
      row(
        queue,
        jobs.filter((job) => job.queue_name === queue).map((job) => stateOf(job, now)),
      ),
    ),
  ];
}

function row(queue: string, states: readonly State[]): Line {
  const marks = states.slice(1 - MARKS_WIDTH);
  return [
    ['plain', ` ${queue.slice(0, NAME_WIDTH - 1).padEnd(NAME_WIDTH)}`],
    ...marks.map(({ style, mark }): Span => [style, mark]),
    ['plain', ' '.repeat(MARKS_WIDTH - marks.length)],
    ...STATES.map((state): Span => {
      const count = states.filter((other) => other === state).length;
      return [count === 0 ? 'dim' : state.style, `${count}`.padStart(state.name.length + 4)];
    }),
  ];
}

function stateOf({ status, visible_at: visibleAt }: Job, now: number): State {
  switch (status) {
    case 'pending':
      return visibleAt > now ? DELAYED : READY;
    case 'running':
      return RUNNING;
    case 'completed':
      return COMPLETED;
    case 'dead':
      return DEAD;
  }
}
