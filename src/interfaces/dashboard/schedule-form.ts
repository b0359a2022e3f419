import type * as z from 'zod';
import type { Refusal } from '../../application/errors.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { DEFAULT_TIMEZONE } from '../http/schedule-shapes.js';
import { readForm, type FieldKinds, type FormOptions, type FormRead } from './form-reader.js';
import { checkField, textArea, textField, type FormState } from './form.js';
import { html, type Html } from './html.js';

const SCHEDULE_FIELDS: FieldKinds = {
  cron_expression: 'text',
  timezone: 'text',
  callback_url: 'text',
  queue_name: 'text',
  payload: 'json',
  max_retries: 'number',
  timeout_ms: 'number',
  enabled: 'boolean',
};

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
  if (expression === '' || problems.has('cron_expression') || problems.has('timezone')) return read;
  const preview = await previewSchedule(expression, timezone === '' ? DEFAULT_TIMEZONE : timezone, 1);
  if (preview.ok) return read;
  return { ok: false, state: { values, problems: new Map([...problems, problemOf(preview.refusal)]) } };
}

/** A refusal names its field first. */
function problemOf({ message }: Refusal): [name: string, text: string] {
  const [, name = '', text = message] = /^(cron_expression|timezone): (.*)$/s.exec(message) ?? [];
  return [name, text];
}

export function scheduleFields(state: FormState): Html {
  return html`${textField(state, {
    name: 'cron_expression',
    label: 'Cron expression',
    required: true,
    mono: true,
    placeholder: '0 */5 * * * *',
    hint: 'second minute hour day-of-month month day-of-week [year]; with five fields, second 0',
  })}
${textField(state, { name: 'timezone', label: 'Time zone', placeholder: 'UTC', hint: 'An IANA name, such as Europe/Berlin.' })}
<div id="preview" class="preview" role="status" hx-get="/dashboard/schedule-preview" hx-include="#cron_expression, #timezone" hx-trigger="input from:#cron_expression delay:250ms, input from:#timezone delay:250ms" hx-sync="this:replace" hx-swap="innerMorph"></div>
${textField(state, { name: 'callback_url', label: 'Callback URL', required: true, mono: true, inputmode: 'url', placeholder: 'https://example.com/webhook' })}
${textField(state, { name: 'queue_name', label: 'Queue' })}
${textArea(state, { name: 'payload', label: 'Payload', hint: 'A JSON object: the body of each delivery.', rows: 6 })}
${textField(state, { name: 'max_retries', label: 'Max retries', inputmode: 'numeric' })}
${textField(state, { name: 'timeout_ms', label: 'Timeout (ms)', inputmode: 'numeric' })}
${checkField(state, { name: 'enabled', label: 'Enabled' })}`;
}
