import { html, type Content, type Html } from './html.js';
import { postForm } from './components.js';
import type { Visitor } from './visitor.js';

/** What a form was filled in with, and what is wrong with it by the name of the field; '' is for the form as a whole. */
export interface FormState {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: ReadonlyMap<string, string>;
}

export const NO_PROBLEMS: ReadonlyMap<string, string> = new Map();

interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: Content;
}

/** A label, an input, and below them what is wrong, tied together for those who cannot see it. */
function field(state: FormState, { name, label, hint }: Field, input: (described: Html) => Html): Html {
  const problem = state.problems.get(name);
  const ids = [
    ...(problem === undefined ? [] : [`${name}-problem`]),
    ...(hint === undefined ? [] : [`${name}-hint`]),
  ];
  const described = html` id="${name}" name="${name}"${ids.length > 0 && html` aria-describedby="${ids.join(' ')}"`}${problem !== undefined && html` aria-invalid="true"`}`;
  return html`<div class="field${problem !== undefined && ' wrong'}"><label for="${name}">${label}</label>${input(described)}${problem !== undefined && html`<p class="problem" id="${name}-problem">${problem}</p>`}${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}</div>`;
}

export interface TextField extends Field {
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly mono?: boolean;
  readonly inputmode?: 'numeric' | 'decimal' | 'url';
}

export function textField(state: FormState, options: TextField): Html {
  return field(
    state,
    options,
    (described) =>
      html`<input type="text"${described} value="${state.values[options.name] ?? ''}" class="${options.mono && 'mono'}" autocomplete="off" spellcheck="false"${options.inputmode && html` inputmode="${options.inputmode}"`}${options.placeholder && html` placeholder="${options.placeholder}"`}${options.required && html` required`}>`,
  );
}

export function textArea(state: FormState, options: Field & { readonly rows: number }): Html {
  // The parser takes the first line break for a part of the tag.
  return field(
    state,
    options,
    (described) =>
      html`<textarea${described} rows="${options.rows}" class="mono" spellcheck="false">${'\n'}${state.values[options.name] ?? ''}</textarea>`,
  );
}

export function selectField(
  state: FormState,
  options: Field & { readonly choices: readonly (readonly [value: string, label: string])[] },
): Html {
  const chosen = state.values[options.name] ?? '';
  return field(
    state,
    options,
    (described) =>
      html`<select${described}>${options.choices.map(
        ([value, label]) =>
          html`<option value="${value}"${value === chosen && html` selected`}>${label}</option>`,
      )}</select>`,
  );
}

export function checkField(state: FormState, { name, label }: Field): Html {
  return html`<div class="field check"><input type="checkbox" id="${name}" name="${name}" value="true"${state.values[name] === 'true' && html` checked`}><label for="${name}">${label}</label></div>`;
}

/** @param action where it is sent, by POST */
export function formPanel(
  visitor: Visitor,
  title: string,
  action: string,
  state: FormState,
  fields: Content,
  buttons: Content,
): Html {
  const problem = state.problems.get('');
  return html`<section class="panel"><h2>${title}</h2>${postForm(
    visitor,
    action,
    html`
${state.problems.size > 0 && html`<p class="notice wrong" role="alert">${problem ?? 'Nothing was saved: see the messages below.'}</p>`}
<div class="fields">${fields}</div><div class="buttons">${buttons}</div>`,
    { kind: 'form', novalidate: true },
  )}</section>`;
}
