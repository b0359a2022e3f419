import type { Job, JobState, NewJob } from '../../domain/job/job.js';
import { isSealed, type ValueCipher } from './value-cipher.js';

export type OpenedJob =
  | { readonly kind: 'job'; readonly job: Job }
  /** With what can be shown of it. */
  | { readonly kind: 'unreadable'; readonly job: Job; readonly reason: string };

/** What is encrypted of jobs: payload, headers and result, each bound to its job and field. */
export class JobCipher {
  readonly #values: ValueCipher;

  constructor(values: ValueCipher) {
    this.#values = values;
  }

  get isOn(): boolean {
    return this.#values.isOn;
  }

  sealNew(job: NewJob): NewJob {
    const { id, payload, headers } = job;
    return {
      ...job,
      payload: this.#values.seal(payload, place(id, 'payload')),
      headers: this.#sealed(headers, place(id, 'headers')),
    };
  }

  sealState<State extends JobState>(id: string, state: State): State {
    return state.result === null
      ? state
      : { ...state, result: this.#sealed(state.result, place(id, 'result')) };
  }

  sealResponse(jobId: string, excerpt: string | null): string | null {
    return this.#sealed(excerpt, place(jobId, 'response'));
  }

  /** Of an unreadable job, its payload is a JSON text that says why. */
  open(job: Job): OpenedJob {
    const { id } = job;
    if (!hasSealed(job)) return { kind: 'job', job };
    const payload = this.#values.open(job.payload, place(id, 'payload'));
    const headers = this.#opened(job.headers, place(id, 'headers'));
    const result = this.#opened(job.result, place(id, 'result'));
    const unreadable = [payload, headers].find((value) => value?.kind === 'unreadable');
    const opened: Job = {
      ...job,
      payload: payload.kind === 'text' ? payload.text : JSON.stringify(hint(payload.reason)),
      headers: headers?.kind === 'text' ? headers.text : null,
      result: result && (result.kind === 'text' ? result.text : hint(result.reason)),
    };
    return unreadable?.kind === 'unreadable'
      ? { kind: 'unreadable', job: opened, reason: unreadable.reason }
      : { kind: 'job', job: opened };
  }

  /** Of a job that was read without its long texts. */
  openHeaders<Read extends Pick<Job, 'id' | 'headers'>>(job: Read): Read {
    if (!isSealed(job.headers)) return job;
    const headers = this.#opened(job.headers, place(job.id, 'headers'));
    return { ...job, headers: headers?.kind === 'text' ? headers.text : null };
  }

  openResponse(jobId: string, excerpt: string | null): string | null {
    const opened = this.#opened(excerpt, place(jobId, 'response'));
    return opened && (opened.kind === 'text' ? opened.text : hint(opened.reason));
  }

  #sealed(text: string | null, where: string): string | null {
    return text === null ? null : this.#values.seal(text, where);
  }

  #opened(stored: string | null, where: string) {
    return stored === null ? null : this.#values.open(stored, where);
  }
}

export function hasSealed({ payload, headers, result }: Job): boolean {
  return isSealed(payload) || isSealed(headers) || isSealed(result);
}

function place(jobId: string, field: 'payload' | 'headers' | 'result' | 'response'): string {
  return `job ${jobId} ${field}`;
}

function hint(reason: string): string {
  return `(${reason})`;
}
