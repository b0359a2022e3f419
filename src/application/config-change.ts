import { CONFIG_KEYS } from './config-keys.js';
import type { Config } from './config.js';
import { Secret } from './secret.js';

/** The names of the keys whose values differ. */
export function changedKeys(before: Config, after: Config): string[] {
  return CONFIG_KEYS.filter((key) => !isSame(key.of(before), key.of(after))).map(({ name }) => name);
}

function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Secret && other instanceof Secret) return one.reveal() === other.reveal();
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(Reflect.get(one, name), Reflect.get(other, name)));
}
