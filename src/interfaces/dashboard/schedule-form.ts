import type * as z from 'zod';
import type { Refusal } from '../../application/errors.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { CRON_DIALECTS, type CronDialect } from '../../domain/schedule/cron-fields.js';
import { DEFAULT_TIMEZONE } from '../http/schedule-shapes.js';
import { readForm, type FieldKinds, type FormOptions, type FormRead } from './form-reader.js';
import { checkField, selectField, textArea, textField, type FormState } from './form.js';
import { html, type Html } from './html.js';

const SCHEDULE_FIELDS: FieldKinds = {
  cron_expression: 'text',
  timezone: 'text',
  cron_dialect: 'text',
  callback_url: 'text',
  queue_name: 'text',
  payload: 'json',
  max_retries: 'number',
  timeout_ms: 'number',
  enabled: 'boolean',
};

const CRON_FIELDS = ['cron_expression', 'timezone', 'cron_dialect'];

/**
 * Reads a form of a schedule. Whether the expression and its time zone are valid is not for the shape to say, but is
 * shown together with all else that is wrong.
 */
export async function readSchedule<T>(
  form: URLSearchParams,
  schema: z.ZodType<T>,
  { previewSchedule }: UseCases,
  options?: FormOptions,
): Promise<FormRead<T>> {
  const read = readForm(form, SCHEDULE_FIELDS, schema, options);
  const { values, problems } = read.state;
  const expression = values['cron_expression']?.trim() ?? '';
  const timezone = values['timezone']?.trim() ?? '';
  if (expression === '' || CRON_FIELDS.some((name) => problems.has(name))) return read;
  const request = {
    expression,
    timezone: timezone === '' ? DEFAULT_TIMEZONE : timezone,
    dialect: dialectOf(values['cron_dialect']),
  };
  const preview = await previewSchedule(request, 1);
  if (preview.ok) return read;
  return { ok: false, state: { values, problems: new Map([...problems, problemOf(preview.refusal)]) } };
}

/** null: it is none, or left open. */
export function dialectOf(text: string | null | undefined): CronDialect | null {
  return CRON_DIALECTS.find((dialect) => dialect === text) ?? null;
}

/** A refusal names its field first. */
function problemOf({ message }: Refusal): [name: string, text: string] {
  const [, name = '', text = message] = /^(cron_expression|timezone): (.*)$/s.exec(message) ?? [];
  return [name, text];
}

const DIALECT_CHOICES = [
  ['crontab', 'crontab: 1 is Monday; day of month or day of week'],
  ['original', 'original: 1 is Sunday; day of month and day of week'],
] as const satisfies readonly (readonly [CronDialect, string])[];

export function scheduleFields(state: FormState): Html {
  return html`${textField(state, {
    name: 'cron_expression',
    label: 'Cron expression',
    required: true,
    mono: true,
    placeholder: '0 */5 * * * *',
    hint: 'second minute hour day-of-month month day-of-week [year]; as in crontab, five fields mean second 0',
  })}
${selectField(state, { name: 'cron_dialect', label: 'Cron dialect', choices: DIALECT_CHOICES, hint: 'How days are read. Names such as Mon mean the same in both.' })}
${textField(state, { name: 'timezone', label: 'Time zone', placeholder: 'UTC', hint: 'An IANA name, such as Europe/Berlin.' })}
<div id="preview" class="preview" role="status" hx-get="/dashboard/schedule-preview" hx-include="#cron_expression, #timezone, #cron_dialect" hx-trigger="input from:#cron_expression delay:250ms, input from:#timezone delay:250ms, input from:#cron_dialect delay:250ms" hx-sync="this:replace" hx-swap="innerMorph"></div>
${textField(state, { name: 'callback_url', label: 'Callback URL', required: true, mono: true, inputmode: 'url', placeholder: 'https://example.com/webhook' })}
${textField(state, { name: 'queue_name', label: 'Queue' })}
${textArea(state, { name: 'payload', label: 'Payload', hint: 'A JSON object: the body of each delivery.', rows: 6 })}
${textField(state, { name: 'max_retries', label: 'Max retries', inputmode: 'numeric' })}
${textField(state, { name: 'timeout_ms', label: 'Timeout (ms)', inputmode: 'numeric' })}
${checkField(state, { name: 'enabled', label: 'Enabled' })}`;
}
