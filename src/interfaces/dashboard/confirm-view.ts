import { html, type Content } from './html.js';
import { postForm } from './components.js';
import type { Section, View } from './view.js';
import type { Visitor } from './visitor.js';

export interface Question {
  readonly section: Section;
  readonly title: string;
  readonly text: Content;
  /** Where the answer is sent to, by POST. */
  readonly action: string;
  /** Sent along. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly button: string;
  readonly danger: boolean;
  /** Where "no" leads, and the page goes on after "yes". */
  readonly back: string;
}

/** Asks before something is done that cannot be undone, or to many jobs. A second Enter must not delete anything. */
export function confirmView(visitor: Visitor, question: Question): View {
  const { section, title, text, action, fields, button, danger, back } = question;
  return {
    title,
    section,
    before:
      () => html`<section class="panel question" aria-labelledby="question"><h1 id="question">${title}</h1>
<p>${text}</p>
${postForm(
  visitor,
  action,
  html`
<input type="hidden" name="confirmed" value="yes"><input type="hidden" name="return" value="${back}">
${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="${danger ? 'danger' : 'primary'}"${!danger && html` autofocus`}>${button}</button><a class="button" href="${back}"${danger && html` autofocus`}>No, go back</a>
`,
  { kind: 'buttons' },
)}</section>`,
  };
}

export function isConfirmed(form: URLSearchParams): boolean {
  return form.get('confirmed') === 'yes';
}
