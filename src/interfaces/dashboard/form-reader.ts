import type * as z from 'zod';
import { describeSyntaxError, JsonText } from '../http/json-text.js';
import { problemsOf } from '../../application/validation.js';
import type { Redaction, Restored } from '../../application/redaction.js';
import type { FormState } from './form.js';
import { isShown, portable } from './json-view.js';

/** How the text of a field becomes a part of the request that the API would take. */
export type FieldKinds = Readonly<Record<string, 'text' | 'number' | 'boolean' | 'json'>>;

export type FormRead<T> =
  | { readonly ok: true; readonly body: T; readonly json: JsonText; readonly state: FormState }
  /** What is wrong, beside what was filled in. */
  | { readonly ok: false; readonly state: FormState };

export interface FormOptions {
  /** Fields that are null when they are empty; the others are left out then. */
  readonly nullable?: readonly string[];
  /** JSON that was shown on lines of its own. */
  readonly shownJson?: Readonly<Record<string, ShownJson>>;
}

/** What comes back unchanged is taken as it was, byte for byte; and so are hidden values in what was edited. */
export interface ShownJson {
  readonly stored: string;
  readonly redaction: Redaction;
}

/** Reads a form as the API reads JSON, by the same shape and with the same messages. */
export function readForm<T>(
  form: URLSearchParams,
  kinds: FieldKinds,
  schema: z.ZodType<T>,
  { nullable = [], shownJson = {} }: FormOptions = {},
): FormRead<T> {
  const values: Record<string, string> = {};
  const problems = new Map<string, string>();
  const parts: string[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const text = (form.get(name) ?? '').replaceAll('\r\n', '\n');
    values[name] = kind === 'json' ? portable(text) : text;
    const given = toJson(text, kind, nullable.includes(name));
    if (given === undefined) continue;
    const part: Restored = kind === 'json' ? readJson(given, shownJson[name]) : { ok: true, json: given };
    if (part.ok) parts.push(`${JSON.stringify(name)}:${part.json}`);
    else problems.set(name, part.problem);
  }
  const json = new JsonText(`{${parts.join(',')}}`);
  const parsed = schema.safeParse(json.value);
  if (parsed.success && problems.size === 0) {
    return { ok: true, body: parsed.data, json, state: { values, problems } };
  }
  for (const [place, message] of problemsOf(schema, json.value) ?? []) {
    const name = place.split(/[.[]/)[0] ?? '';
    const within = place.slice(name.length + 1);
    if (!problems.has(name)) problems.set(name, within === '' ? message : `${within}: ${message}`);
  }
  return { ok: false, state: { values, problems } };
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** @returns undefined for what is not given */
function toJson(text: string, kind: FieldKinds[string], nullable: boolean): string | undefined {
  if (kind === 'boolean') return text === 'true' ? 'true' : 'false';
  const trimmed = text.trim();
  if (trimmed === '') return nullable ? 'null' : undefined;
  if (kind === 'json') return text;
  // What is no number is for the shape to refuse, in its own words.
  return kind === 'number' && NUMBER.test(trimmed) ? trimmed : JSON.stringify(trimmed);
}

function readJson(text: string, shown: ShownJson | undefined): Restored {
  if (shown && isShown(text, shown.redaction.hide(shown.stored))) return { ok: true, json: shown.stored };
  try {
    new JsonText(text);
  } catch {
    return { ok: false, problem: describeSyntaxError(text, 'This') };
  }
  if (!shown) return { ok: true, json: text };
  const restored = shown.redaction.restore(text, shown.stored);
  return restored.ok ? restored : { ok: false, problem: `${restored.problem}: write it out` };
}
