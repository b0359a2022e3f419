/** Is the value nested at most so many levels deep? A plain object or array without others in it has one level. */
export function isNestedWithin(levels: number, value: unknown): boolean {
  if (!isRecord(value)) return true;
  return levels > 0 && Object.values(value).every((part) => isNestedWithin(levels - 1, part));
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && !Array.isArray(value);
}

/** An object or an array. */
export function isRecord(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}
