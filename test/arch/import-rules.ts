import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

/** The layers and what each may import besides itself (docs/architecture.md). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  application: ['domain'],
  infrastructure: ['application', 'domain'],
  interfaces: ['application', 'domain'],
  // Apart from all layers: it runs in the programs of others.
  webhooks: [],
};
/** Files at the top of src/: composition, outside the layers. */
const COMPOSITION = 'composition';
/** Libraries that only the named files use, whatever their layer. */
const RESERVED_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  inversify: ['container.ts', 'tokens.ts'],
  'reflect-metadata': ['container.ts'],
  'better-sqlite3': ['infrastructure/sqlite/'],
  'drizzle-orm': ['infrastructure/sqlite/'],
  undici: ['infrastructure/dispatch/'],
  express: ['interfaces/http/', 'interfaces/dashboard/'],
  cronstrue: ['interfaces/dashboard/'],
};
/** Libraries that a layer may use; the others may use any that is not reserved. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  application: ['fastest-levenshtein', 'zod'],
  webhooks: [],
};

export interface SourceFile {
  /** Relative to src/, with forward slashes. */
  readonly path: string;
  readonly imports: readonly string[];
}

/** Every TypeScript file below `root` with what it imports, types included. */
export function readSources(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
      return {
        path: relative(root, file).split(sep).join(posix.sep),
        imports: importedFiles.map(({ fileName }) => fileName),
      };
    });
}

/** One line for each import that breaks a rule. */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.flatMap((specifier) => {
      const complaint = specifier.startsWith('.')
        ? layerComplaint(path, specifier)
        : libraryComplaint(path, specifier);
      return complaint === null ? [] : [`${path} imports ${specifier}: ${complaint}`];
    }),
  );
}

/** The files that take part in a circle of imports; type-only imports count as well. */
export function circles(files: readonly SourceFile[]): string[] {
  const targets = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((specifier) => specifier.startsWith('.')).map((specifier) => target(path, specifier)),
    ]),
  );
  const reaches = (from: string, goal: string, seen: Set<string>): boolean =>
    (targets.get(from) ?? []).some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, goal, seen);
    });
  return files.map(({ path }) => path).filter((path) => reaches(path, path, new Set()));
}

function layerComplaint(path: string, specifier: string): string | null {
  const [from, to] = [layerOf(path), layerOf(target(path, specifier))];
  if (from === to || from === COMPOSITION) return null;
  if (MAY_IMPORT[from]?.includes(to)) return null;
  return `${from} may not import ${to}`;
}

function libraryComplaint(path: string, specifier: string): string | null {
  const layer = layerOf(path);
  if (specifier.startsWith('node:')) return nodeComplaint(layer, specifier);
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const reserved = RESERVED_LIBRARIES[name];
  if (reserved && !reserved.some((place) => path.startsWith(place))) {
    return `only ${reserved.join(', ')} may use it`;
  }
  const allowed = LIBRARIES[layer];
  return allowed && !allowed.includes(name) ? `${layer} may not use it` : null;
}

function nodeComplaint(layer: string, specifier: string): string | null {
  // Listeners are no I/O.
  if (layer === 'application' && specifier === 'node:events') return null;
  if (layer === 'webhooks') return 'webhooks runs where there is no Node.js';
  return layer === 'domain' || layer === 'application' ? `${layer} does no I/O` : null;
}

function target(path: string, specifier: string): string {
  const absolute = resolve('/', dirname(path), specifier);
  return absolute.slice(1).replace(/\.js$/, '.ts');
}

function layerOf(path: string): string {
  const [first, ...rest] = path.split('/');
  return rest.length === 0 ? COMPOSITION : (first ?? COMPOSITION);
}
