import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BODY, OTHER, PAYLOAD, SECRET, signed } from '../../support/webhooks.js';

const page = readFileSync(new URL('../../../docs/receiving.md', import.meta.url), 'utf8');
const [, python = ''] = /```python\n(.*?)```/s.exec(page) ?? [];
const hasPython = spawnSync('python3', ['--version']).status === 0;

/** What the function of the page makes of a delivery. */
function verified(body: string, headers: Readonly<Record<string, string>>, secrets: readonly string[]) {
  const program = `${python}
import sys
body, headers, secrets = json.load(sys.stdin)
try:
    print(json.dumps({"payload": verify_webhook(body.encode(), headers, secrets)}))
except ValueError as error:
    print(json.dumps({"refused": str(error)}))
`;
  const input = JSON.stringify([body, headers, secrets]);
  const { stdout, stderr } = spawnSync('python3', ['-c', program], { input, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as unknown;
}

test('docs/receiving.md has a function for Python that uses its standard library only', () => {
  expect(python.match(/^(?:import|from) .*$/gm)).toEqual([
    'import base64',
    'import hashlib',
    'import hmac',
    'import json',
    'import time',
  ]);
});

describe.skipIf(!hasPython)('that function', () => {
  test('takes what is signed with one of the secrets', () => {
    expect(verified(BODY, signed(BODY), [OTHER, SECRET])).toEqual({ payload: PAYLOAD });
  });

  test('refuses what is changed, old, of the future, not signed, or when there is no secret', () => {
    const now = Math.floor(Date.now() / 1000);
    const wrong = { refused: 'wrong signature' };
    expect(verified(`${BODY} `, signed(BODY), [SECRET])).toEqual(wrong);
    expect(verified(BODY, signed(BODY), [OTHER])).toEqual(wrong);
    expect(verified(BODY, signed(BODY), [])).toEqual(wrong);
    const time = { refused: 'too old, or of the future' };
    expect(verified(BODY, signed(BODY, { at: now - 400 }), [SECRET])).toEqual(time);
    expect(verified(BODY, signed(BODY, { at: now + 400 }), [SECRET])).toEqual(time);
    expect(verified(BODY, {}, [SECRET])).toEqual({ refused: 'not signed' });
  });
});
