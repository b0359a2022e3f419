import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ERROR_CODES } from '../../../src/application/errors.js';
import { ERROR_STATUS } from '../../../src/interfaces/http/error-response.js';
import { startApi } from './api.js';

const doc = readFileSync(new URL('../../../docs/http-api.md', import.meta.url), 'utf8');
/** By heading; without the subsections. */
const sections = new Map(
  doc.split(/^#+ /m).map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);

function sectionOf(method: string, path: string): string {
  const heading = [...sections.keys()].find((candidate) =>
    candidate.split(' and ').includes(`${method} ${path}`),
  );
  return sections.get(heading ?? '') ?? '';
}

describe('docs/http-api.md', () => {
  test('has every route, and no others', async () => {
    const { routes } = await startApi();
    const listed = [...doc.matchAll(/^\| `([A-Z]+)` +\| \[`(\S+)`\]/gm)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    expect(listed.toSorted()).toEqual(
      routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted(),
    );
  });

  test('has a section for every route, with its statuses, fields and errors', async () => {
    const { routes } = await startApi();
    for (const { method, path, answers, errors = [], body, query } of routes) {
      const name = `${method.toUpperCase()} ${path}`;
      const section = sectionOf(method.toUpperCase(), path);
      expect(section, name).not.toBe('');
      const text = name === 'POST /jobs' ? section + (sections.get('Idempotency') ?? '') : section;
      for (const status of Object.keys(answers)) expect(text, name).toContain(status);
      for (const code of errors) expect(text, name).toContain(`\`${code}\``);
      const fields = [body?.schema, query].flatMap((schema) =>
        schema instanceof z.ZodObject ? Object.keys(schema.shape) : [],
      );
      const described = name === 'PUT /schedules/{id}' ? sectionOf('POST', '/schedules') : text;
      for (const field of fields) expect(described, name).toContain(`\`${field}\``);
    }
  });

  test('links to headings that are there', () => {
    const anchors = new Set(
      [...doc.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const links = [...doc.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((anchor) => !anchors.has(anchor ?? ''))).toEqual([]);
  });

  test('has every error code with its status, and no others', () => {
    const listed = [...doc.matchAll(/^\| `([a-z_]+)` +\| (\d{3}) +\|/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    expect(Object.fromEntries(listed)).toEqual(ERROR_STATUS);
    expect(listed).toHaveLength(ERROR_CODES.length);
  });

  test("has objects of every field's name", async () => {
    const { routes } = await startApi();
    const answers = routes.flatMap((route) => Object.values(route.answers).map(([, shape]) => shape.schema));
    for (const schema of answers) {
      const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
      for (const name of names.filter((field) => field !== 'openapi'))
        expect(doc).toMatch(new RegExp(`["\`]${name}["\`]`));
    }
  });
});
