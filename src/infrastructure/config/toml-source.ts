import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { CONFIG_KEYS } from '../../application/config-keys.js';
import { ConfigError, DEFAULT_CONFIG_FILE } from '../../application/config.js';
import { didYouMean } from '../../application/did-you-mean.js';
import { plain, shorten } from '../../application/printable.js';
import type { Given, GivenByKey } from './given.js';

const KNOWN = CONFIG_KEYS.map(({ name }) => {
  const dot = name.indexOf('.');
  return { name, table: name.slice(0, dot), key: name.slice(dot + 1) };
});
const TABLES = [...new Set(KNOWN.map(({ table }) => table))];

/**
 * What the file gives; nothing when the default file does not exist.
 * @param path as the user gave it, or undefined for the default file
 * @throws ConfigError when the file cannot be read, is no TOML, or holds a table or key that does not exist
 */
export function fromFile(path: string | undefined, cwd: string): GivenByKey {
  const file = plain(path ?? DEFAULT_CONFIG_FILE);
  const place = resolve(cwd, path ?? DEFAULT_CONFIG_FILE);
  const bytes = read(path, place, file);
  return bytes === null ? new Map() : givenBy(parseToml(bytes, file), file, place);
}

function read(path: string | undefined, place: string, file: string): Uint8Array | null {
  if (path === '') throw new ConfigError('--config must name a file, not ""');
  try {
    return readFileSync(place);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    if (missing && path === undefined) return null;
    if (missing)
      throw new ConfigError(`${file}: no such file; correct --config, or leave it out for the defaults`);
    if (code === 'EISDIR') throw new ConfigError(`${file}: is a directory; --config takes a TOML file`);
    if (code === 'EACCES')
      throw new ConfigError(`${file}: permission denied; make the file readable for this user`);
    throw new ConfigError(`${file}: cannot be read (${String(code ?? error)})`);
  }
}

function parseToml(bytes: Uint8Array, file: string): Readonly<Record<string, unknown>> {
  let toml: string;
  try {
    toml = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError(`${file}: is not UTF-8 text; save it in that encoding`);
  }
  try {
    // Integers as bigint: only so 1.0 and 1, 2^53 and 2^53 + 1 can be told apart.
    return parse(toml, { integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The message goes on with an extract of the file.
    const [first = ''] = error.message.split('\n');
    const what = first.replace('Invalid TOML document: ', '');
    throw new ConfigError(`${file}, line ${error.line}, column ${error.column}: ${what}`);
  }
}

function givenBy(document: Readonly<Record<string, unknown>>, file: string, place: string): GivenByKey {
  const given = new Map<string, Given>();
  for (const [table, content] of Object.entries(document)) {
    if (!TABLES.includes(table)) {
      const refusal = isTable(content) ? unknownTable(table) : outsideTables(table);
      throw new ConfigError(`${file}: ${refusal}`);
    }
    if (!isTable(content))
      throw new ConfigError(`${file}: ${table} must be a table; begin it with [${table}]`);
    for (const [key, value] of entriesOf(table, content, file)) {
      const known = KNOWN.find((one) => one.table === table && one.key === key);
      if (known === undefined) throw new ConfigError(`${file}: ${unknownKey(table, key)}`);
      given.set(known.name, {
        value,
        subject: `${file}: ${known.name}`,
        origin: `file ${file}`,
        file: place,
      });
    }
  }
  return given;
}

/** The values of a table by the names of their keys: those of a table within it have its name before theirs. */
function entriesOf(
  table: string,
  content: Readonly<Record<string, unknown>>,
  file: string,
): [key: string, value: unknown][] {
  return Object.entries(content).flatMap(([name, value]): [string, unknown][] => {
    const prefix = `${name}.`;
    const parts = KNOWN.filter((one) => one.table === table && one.key.startsWith(prefix));
    if (parts.length === 0) return [[name, value]];
    if (isTable(value)) return Object.entries(value).map(([key, part]) => [prefix + key, part]);
    const names = parts.map(({ key }) => key.slice(prefix.length)).join(', ');
    throw new ConfigError(`${file}: ${table}.${name} must be a table { ... } with any of ${names}`);
  });
}

function unknownTable(table: string): string {
  const meant = didYouMean(table, TABLES);
  const hint = meant === null ? `the tables are ${TABLES.join(', ')}` : `did you mean [${meant}]?`;
  return `unknown table [${plain(shorten(table))}]; ${hint}`;
}

function outsideTables(key: string): string {
  const keys = KNOWN.map((known) => known.key);
  const near = didYouMean(key, keys);
  const meant = KNOWN.find((known) => known.key === near);
  const hint = meant === undefined ? `the tables are ${TABLES.join(', ')}` : `did you mean ${meant.name}?`;
  return `unknown key ${plain(shorten(key))} outside of the tables; ${hint}`;
}

function unknownKey(table: string, key: string): string {
  const siblings = KNOWN.filter((known) => known.table === table).map((known) => known.key);
  const namesake = KNOWN.find((known) => known.key === key);
  const near = didYouMean(key, siblings);
  const meant = namesake?.name ?? (near === null ? null : `${table}.${near}`);
  const hint =
    meant === null ? `the keys of [${table}] are ${siblings.join(', ')}` : `did you mean ${meant}?`;
  return `unknown key ${table}.${plain(shorten(key))}; ${hint}`;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
