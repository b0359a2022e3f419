import { isRecord } from './json-object.js';
import { replaceParts, type JsonPath } from './json-replace.js';

/** What is shown in the place of a hidden value. */
const HIDDEN = '"***"';

const PATH = /^(?:[^.\\]|\\.)+(?:\.(?:[^.\\]|\\.)+)*$/su;
const STEP = /(?:[^.\\]|\\.)+/gsu;

/**
 * The steps of a path: names in lower case, null for any. A path is names with dots between them; `*` stands for any
 * one name or position, and a backslash takes the meaning from the character behind it.
 * @returns null for what is no path
 */
export function parseRedactPath(path: string): readonly (string | null)[] | null {
  if (!PATH.test(path)) return null;
  return (path.match(STEP) ?? []).map((step) =>
    step === '*' ? null : step.replace(/\\(.)/gsu, '$1').toLowerCase(),
  );
}

/** Where some paths have come to. */
interface Place {
  readonly byName: Map<string, Place>;
  any: Place | null;
  /** A path ends here. */
  hides: boolean;
}

export type Restored =
  | { readonly ok: true; readonly json: string }
  /** Such as "card.number is hidden, and was not there before". */
  | { readonly ok: false; readonly problem: string };

/**
 * Hides the values at some paths of what jobs carry from those who look on. A path counts wherever it begins:
 * `password` hides each member of that name, `card.*` all that any member `card` holds. Case does not matter.
 */
export class Redaction {
  readonly #root: Place = newPlace();
  readonly #outside: readonly Place[] = [this.#root];
  readonly #isOff: boolean;

  /** @param paths as `parseRedactPath` takes them; none: nothing is hidden */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.#add(path);
    this.#isOff = paths.length === 0;
  }

  /**
   * The text with *** for each hidden value of the JSON in it, all else as it was. The JSON may break off, as an excerpt
   * does.
   */
  hide(text: string): string {
    return this.#isOff ? text : this.#replace(text, () => HIDDEN);
  }

  /**
   * Undoes `hide` after somebody has edited what it showed: each *** at a hidden path is again the value that the original
   * has there. Within a list that was changed there is no telling which.
   * @param edited valid JSON, as is the original
   */
  restore(edited: string, original: string): Restored {
    if (this.#isOff) return { ok: true, json: edited };
    const values = new Map<string, string>();
    this.#replace(original, (value, path) => {
      values.set(JSON.stringify(path), value);
      return value;
    });
    const problems: string[] = [];
    const json = this.#replace(edited, (value, path) => {
      if (value !== HIDDEN) return value;
      const was = values.get(JSON.stringify(path));
      if (was === undefined) problems.push(`${path.join('.')} is hidden, and was not there before`);
      else if (!this.#isSameList(path, edited, original)) {
        problems.push(`${path.join('.')} is hidden, and its list was changed`);
      }
      return was ?? value;
    });
    const [problem] = problems;
    return problem === undefined ? { ok: true, json } : { ok: false, problem };
  }

  /** Is the outermost list on the path as it was shown? */
  #isSameList(path: JsonPath, edited: string, original: string): boolean {
    const position = path.findIndex((key) => typeof key === 'number');
    if (position === -1) return true;
    const list = path.slice(0, position);
    const shown: unknown = JSON.parse(this.hide(original));
    return JSON.stringify(partAt(JSON.parse(edited), list)) === JSON.stringify(partAt(shown, list));
  }

  #add(path: string): void {
    let place = this.#root;
    for (const step of parseRedactPath(path) ?? []) {
      const next = (step === null ? place.any : place.byName.get(step)) ?? newPlace();
      if (step === null) place.any = next;
      else place.byName.set(step, next);
      place = next;
    }
    place.hides = true;
  }

  #replace(json: string, replace: (value: string, path: JsonPath) => string): string {
    return replaceParts(json, {
      start: this.#outside,
      descend: (places, key) => this.#descend(places, key),
      replace,
    });
  }

  /** @returns null: a path ends there */
  #descend(places: readonly Place[], key: string | number): readonly Place[] | null {
    const name = String(key).toLowerCase();
    let next: Place[] | null = null;
    for (const { byName, any } of places) {
      const named = byName.get(name);
      if (named?.hides === true || any?.hides === true) return null;
      if (named) (next ??= [this.#root]).push(named);
      if (any) (next ??= [this.#root]).push(any);
    }
    return next ?? this.#outside;
  }
}

function newPlace(): Place {
  return { byName: new Map(), any: null, hides: false };
}

function partAt(value: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), value);
}
