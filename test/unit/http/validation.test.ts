import { describe, expect, test } from 'vitest';
import { errorOf, startApi, URL_FIELD, type Api } from './api.js';

/** A value that is refused, and what the message says after the name of the field. */
type Bad = readonly [value: unknown, message: string];

const INT32_MAX = 2_147_483_647;

function badIntegers(min: number, max: number, hint = ''): Bad[] {
  const must = `must be an integer between ${min} and ${max}${hint}, got`;
  return [
    ['10', `${must} a string`],
    [1.5, `${must} 1.5`],
    [true, `${must} true`],
    [[1], `${must} an array`],
    [{}, `${must} an object`],
    [1e300, `${must} 1e+300`],
    [min - 1, `${must} ${min - 1}`],
    [max + 1, `${must} ${max + 1}`],
  ];
}

function badTexts(max: number): Bad[] {
  const must = `must be a string of 1 to ${max} characters, got`;
  return [
    [7, `${must} 7`],
    [{}, `${must} an object`],
    ['', `${must} ""`],
    ['x'.repeat(max + 1), `${must} a string of ${max + 1} characters`],
    ['\ud800'.repeat(max + 1), `${must} a string of ${max + 1} characters`],
    ['\ud800', 'must be well-formed Unicode, got half of a surrogate pair'],
    ['a\udc00b', 'must be well-formed Unicode, got half of a surrogate pair'],
  ];
}

const MUST_BE_NAME =
  'must be 1 to 128 printable ASCII characters without a space at either end, and not "." or "..", got';
const badNames: Bad[] = [
  [7, `${MUST_BE_NAME} 7`],
  [['a'], `${MUST_BE_NAME} an array`],
  ['', `${MUST_BE_NAME} ""`],
  ['.', `${MUST_BE_NAME} "."`],
  ['..', `${MUST_BE_NAME} ".."`],
  [' a', `${MUST_BE_NAME} " a"`],
  ['a ', `${MUST_BE_NAME} "a "`],
  ['a\nb', `${MUST_BE_NAME} "a\\nb"`],
  ['a\u0000', `${MUST_BE_NAME} "a\\u0000"`],
  ['schlüssel', `${MUST_BE_NAME} "schlüssel"`],
  ['x'.repeat(129), `${MUST_BE_NAME} a string of 129 characters`],
];

const MUST_BE_URL = 'must be an http or https URL, got';
const NO_SPACES = 'must not contain spaces or control characters; write a space as %20';
const badUrls: Bad[] = [
  [7, `${MUST_BE_URL} 7`],
  [{}, `${MUST_BE_URL} an object`],
  ['', `${MUST_BE_URL} ""`],
  ['example.com/hook', `${MUST_BE_URL} "example.com/hook"`],
  ['/hook', `${MUST_BE_URL} "/hook"`],
  ['ftp://example.com', `${MUST_BE_URL} "ftp://example.com"`],
  ['file:///etc/passwd', `${MUST_BE_URL} "file:///etc/passwd"`],
  ['javascript:alert(1)', `${MUST_BE_URL} "javascript:alert(1)"`],
  ['http:', `${MUST_BE_URL} "http:"`],
  ['http://', `${MUST_BE_URL} "http://"`],
  ['http:///example.com', `${MUST_BE_URL} "http:///example.com"`],
  ['http:example.com', `${MUST_BE_URL} "http:example.com"`],
  ['http:\\\\example.com', `${MUST_BE_URL} "http:\\\\\\\\example.com"`],
  ['http://?x', `${MUST_BE_URL} "http://?x"`],
  ['http://exa%zzmple.com', `${MUST_BE_URL} "http://exa%zzmple.com"`],
  ['http://example.com:65536', `${MUST_BE_URL} "http://example.com:65536"`],
  ['http://[::1', `${MUST_BE_URL} "http://[::1"`],
  ['http://example.com/\ud800', `${MUST_BE_URL} "http://example.com/\\ud800"`],
  [' http://example.com', NO_SPACES],
  ['http://example.com ', NO_SPACES],
  ['http://example.com/a b', NO_SPACES],
  ['http://exam\tple.com', NO_SPACES],
  ['http://example.com/\r\nX: y', NO_SPACES],
  ['http://example.com/\u0000', NO_SPACES],
  ['http://example.com/\u0085', NO_SPACES],
  [
    `http://example.com/${'x'.repeat(2030)}`,
    'must be at most 2048 characters long, got a string of 2049 characters',
  ],
];

const badPayloads: Bad[] = [
  ['{}', 'must be a JSON object, got a string'],
  [7, 'must be a JSON object, got 7'],
  [[{}], 'must be a JSON object, got an array'],
  [true, 'must be a JSON object, got true'],
  [nested(129), 'must be nested at most 128 levels deep'],
];

const MUST_BE_BACKOFF = 'must be one of "exponential", "linear", "fixed", got';
const badBackoffs: Bad[] = [
  ['expo', `${MUST_BE_BACKOFF} "expo"`],
  ['Linear', `${MUST_BE_BACKOFF} "Linear"`],
  ['', `${MUST_BE_BACKOFF} ""`],
  [1, `${MUST_BE_BACKOFF} 1`],
  ['x'.repeat(61), `${MUST_BE_BACKOFF} a string of 61 characters`],
];

const MUST_BE_RATE = 'must be a number between 0.0001 and 1000000, got';
const badRates: Bad[] = [
  ['10', `${MUST_BE_RATE} a string`],
  [0, `${MUST_BE_RATE} 0`],
  [-1, `${MUST_BE_RATE} -1`],
  [0.00009, `${MUST_BE_RATE} 0.00009`],
  [1_000_001, `${MUST_BE_RATE} 1000001`],
  [true, `${MUST_BE_RATE} true`],
];

const MUST_BE_RETENTION =
  'must be a duration such as "30m", "12h" or "7d", at most "36500d", or "never", got';
const badRetentions: Bad[] = [
  ['7', `${MUST_BE_RETENTION} "7"`],
  ['0d', `${MUST_BE_RETENTION} "0d"`],
  ['7 days', `${MUST_BE_RETENTION} "7 days"`],
  ['36501d', `${MUST_BE_RETENTION} "36501d"`],
  ['', `${MUST_BE_RETENTION} ""`],
  [7, `${MUST_BE_RETENTION} 7`],
  ['1'.repeat(61), `${MUST_BE_RETENTION} a string of 61 characters`],
];

const badBooleans: Bad[] = [
  ['true', 'must be true or false, got a string'],
  [1, 'must be true or false, got 1'],
  [[], 'must be true or false, got an array'],
];

const PAUSE_HINT = ' (to stop a queue, pause it with POST /queues/{name}/pause)';

const jobFields = {
  callback_url: badUrls,
  queue_name: badNames,
  priority: badIntegers(-2_147_483_648, INT32_MAX),
  payload: badPayloads,
  max_retries: badIntegers(0, INT32_MAX),
  retry_backoff: badBackoffs,
  base_delay_ms: badIntegers(0, INT32_MAX),
  max_delay_ms: badIntegers(0, INT32_MAX),
  timeout_ms: badIntegers(1, INT32_MAX),
  idempotency_key: badTexts(255),
  delay_ms: badIntegers(0, 3_155_760_000_000),
};
const queueSettings = {
  max_concurrency: badIntegers(1, INT32_MAX, PAUSE_HINT),
  rate_limit_rps: badRates,
  max_depth: badIntegers(1, INT32_MAX),
  max_retries: badIntegers(0, INT32_MAX),
  retry_backoff: badBackoffs,
  base_delay_ms: badIntegers(0, INT32_MAX),
  max_delay_ms: badIntegers(0, INT32_MAX),
  retention_completed: badRetentions,
  retention_dead: badRetentions,
};
const scheduleFields = {
  cron_expression: badTexts(256),
  timezone: badTexts(64),
  callback_url: badUrls,
  queue_name: badNames,
  payload: badPayloads,
  max_retries: badIntegers(0, INT32_MAX),
  timeout_ms: badIntegers(1, INT32_MAX),
  enabled: badBooleans,
};

const SCHEDULE = { cron_expression: '0 * * * * *', ...URL_FIELD };

/** Every route with a body: its fields, and a body that it takes. */
const BODY_ROUTES: readonly {
  readonly route: string;
  readonly send: (api: Api, body: unknown) => ReturnType<Api['post']>;
  readonly fields: Readonly<Record<string, readonly Bad[]>>;
  readonly good: Readonly<Record<string, unknown>>;
  readonly required?: Readonly<Record<string, string>>;
  readonly place?: string;
  readonly nullable: readonly string[];
}[] = [
  {
    route: 'POST /jobs',
    send: (api, body) => api.post('/jobs', body),
    fields: jobFields,
    good: URL_FIELD,
    required: { callback_url: 'an http or https URL' },
    nullable: Object.keys(jobFields).filter((name) => name !== 'callback_url'),
  },
  {
    route: 'POST /jobs/batch',
    send: (api, body) => api.post('/jobs/batch', { jobs: [URL_FIELD, body] }),
    fields: jobFields,
    good: URL_FIELD,
    required: { callback_url: 'an http or https URL' },
    place: 'jobs[1]',
    nullable: Object.keys(jobFields).filter((name) => name !== 'callback_url'),
  },
  {
    route: 'POST /queues',
    send: (api, body) => api.post('/queues', body),
    fields: { name: badNames, ...queueSettings },
    good: { name: 'new' },
    required: {
      name: '1 to 128 printable ASCII characters without a space at either end, and not "." or ".."',
    },
    nullable: Object.keys(queueSettings),
  },
  {
    route: 'PUT /queues/{name}',
    send: (api, body) => api.put('/queues/q', body),
    fields: queueSettings,
    good: {},
    nullable: ['rate_limit_rps', 'max_depth', 'retention_completed', 'retention_dead'],
  },
  {
    route: 'POST /schedules',
    send: (api, body) => api.post('/schedules', body),
    fields: scheduleFields,
    good: SCHEDULE,
    required: {
      cron_expression: 'a string of 1 to 256 characters',
      callback_url: 'an http or https URL',
    },
    nullable: Object.keys(scheduleFields).filter(
      (name) => name !== 'cron_expression' && name !== 'callback_url',
    ),
  },
  {
    route: 'PUT /schedules/{id}',
    send: (api, body) => api.put('/schedules/018d0c5b-c400-7000-8000-000000000001', body),
    fields: scheduleFields,
    good: {},
    nullable: [],
  },
];

/** With the queue and the schedule that the PUTs are about. */
async function prepared(): Promise<Api> {
  const api = await startApi();
  await api.post('/schedules', SCHEDULE);
  await api.post('/queues', { name: 'q' });
  return api;
}

function refusal(error: string) {
  return { status: 400, code: 'validation_failed', error };
}

function snapshot({ data }: Api): unknown {
  return [[...data.jobs.keys()], [...data.queues.values()], [...data.schedules.values()]];
}

describe.each(BODY_ROUTES)('$route', ({ send, fields, good, required = {}, place, nullable }) => {
  const at = (name: string): string => (place === undefined ? name : `${place}.${name}`);

  test.each(Object.entries(fields))('refuses what %s cannot be, and changes nothing', async (name, bads) => {
    const api = await prepared();
    const before = snapshot(api);
    for (const [value, message] of bads) {
      const response = await send(api, { ...good, [name]: value });
      expect(errorOf(response), JSON.stringify(value)).toEqual(refusal(`${at(name)}: ${message}`));
    }
    expect(snapshot(api)).toEqual(before);
  });

  test.each(Object.keys(fields).filter((name) => !nullable.includes(name)))(
    'refuses null for %s',
    async (name) => {
      const api = await prepared();
      const { status, code, error } = errorOf(await send(api, { ...good, [name]: null }));
      expect({ status, code }).toEqual({ status: 400, code: 'validation_failed' });
      expect(error).toMatch(/^\S+: must be .*, got null$/);
      expect(error.startsWith(`${at(name)}: `)).toBe(true);
    },
  );

  test.each(nullable)('takes null for %s', async (name) => {
    const api = await prepared();
    expect((await send(api, { ...good, [name]: null })).status).toBeLessThan(300);
  });

  test.each(Object.entries(required))('requires %s', async (name, what) => {
    const api = await prepared();
    const others = Object.fromEntries(Object.entries(good).filter(([other]) => other !== name));
    expect(errorOf(await send(api, others))).toEqual(refusal(`${at(name)}: is required; it must be ${what}`));
  });

  test.each([
    ['max_retry', 'unknown field "max_retry"; did you mean "max_retries"?'],
    ['zzzzzzzz', 'unknown field "zzzzzzzz"'],
    ['__proto__', 'unknown field "__proto__"'],
    ['constructor', 'unknown field "constructor"'],
    ['', 'unknown field ""'],
    ['a\nb', 'unknown field "a\\nb"'],
    ['x'.repeat(200), `unknown field "${'x'.repeat(100)}..."`],
  ])('refuses the unknown field %j', async (name, message) => {
    const api = await prepared();
    const before = snapshot(api);
    const body: unknown = Object.fromEntries([...Object.entries({ ...good, max_retries: 1 }), [name, {}]]);
    const prefix = place === undefined ? '' : `${place}: `;
    expect(errorOf(await send(api, body))).toEqual(refusal(prefix + message));
    expect(snapshot(api)).toEqual(before);
  });
});

describe('jobs of POST /jobs/batch', () => {
  const message = 'jobs: must be an array of 1 to 1000 jobs';
  test.each([
    [{}, message],
    [{ jobs: null }, message],
    [{ jobs: {} }, message],
    [{ jobs: [] }, message],
    [{ jobs: Array.from({ length: 1001 }, () => URL_FIELD) }, message],
    [{ jobs: [7] }, 'jobs[0]: must be an object, got 7'],
    [{ jobs: [URL_FIELD, null] }, 'jobs[1]: must be an object, got null'],
    [{ jobs: [[]] }, 'jobs[0]: must be an object, got an array'],
    [{ jobs: [URL_FIELD], job: 1 }, 'unknown field "job"; did you mean "jobs"?'],
  ])('case %#', async (body, error) => {
    const api = await startApi();
    expect(errorOf(await api.post('/jobs/batch', body))).toEqual(refusal(error));
    expect(api.data.jobs.size).toBe(0);
  });
});

describe('an update without a field', () => {
  test.each([
    [
      '/queues/q',
      'max_concurrency, rate_limit_rps, max_depth, max_retries, retry_backoff, base_delay_ms, max_delay_ms, retention_completed, retention_dead, signing_secrets',
    ],
    [
      '/schedules/018d0c5b-c400-7000-8000-000000000001',
      'cron_expression, timezone, cron_dialect, callback_url, queue_name, payload, max_retries, timeout_ms, enabled',
    ],
  ])('PUT %s', async (path, fields) => {
    const api = await prepared();
    expect(errorOf(await api.put(path, {}))).toEqual(
      refusal(`no field is given; give at least one of ${fields}`),
    );
  });
});

describe('several problems', () => {
  test('are reported together', async () => {
    const api = await startApi();
    const response = await api.post('/jobs', { callbak_url: 'http://a', priority: 'high', timeout_ms: 0 });
    expect(errorOf(response)).toEqual(
      refusal(
        [
          'callback_url: is required; it must be an http or https URL',
          'priority: must be an integer between -2147483648 and 2147483647, got a string',
          'timeout_ms: must be an integer between 1 and 2147483647, got 0',
          'unknown field "callbak_url"; did you mean "callback_url"?',
        ].join('; '),
      ),
    );
  });

  test('are five at most', async () => {
    const api = await startApi();
    const jobs = Array.from({ length: 1000 }, () => ({ callback_url: 7 }));
    const expected = Array.from({ length: 5 }, (_, n) => `jobs[${n}].callback_url: ${MUST_BE_URL} 7`);
    expect(errorOf(await api.post('/jobs/batch', { jobs }))).toEqual(
      refusal([...expected, 'and 995 more'].join('; ')),
    );
    const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`zzzzzz${n}`, n]));
    expect(errorOf(await api.post('/jobs', { ...URL_FIELD, ...unknown }))).toEqual(
      refusal(
        [...Array.from({ length: 5 }, (_, n) => `unknown field "zzzzzz${n}"`), 'and 995 more'].join('; '),
      ),
    );
  });
});

describe('query parameters', () => {
  const MUST_BE_LIMIT = 'limit: must be an integer, 1 or more, got';
  const MUST_BE_OFFSET = 'offset: must be an integer between 0 and 9007199254740991, got';
  const MUST_BE_STATUS = 'status: must be one of "pending", "running", "completed", "dead", got';
  test.each([
    ['limit=0', `${MUST_BE_LIMIT} 0`],
    ['limit=', `${MUST_BE_LIMIT} ""`],
    ['limit=ten', `${MUST_BE_LIMIT} "ten"`],
    ['limit=-1', `${MUST_BE_LIMIT} "-1"`],
    ['limit=01', `${MUST_BE_LIMIT} "01"`],
    ['limit=1e3', `${MUST_BE_LIMIT} "1e3"`],
    ['limit=1.0', `${MUST_BE_LIMIT} "1.0"`],
    ['limit=%201', `${MUST_BE_LIMIT} " 1"`],
    ['limit=%D9%A3', `${MUST_BE_LIMIT} "٣"`],
    ['limit', `${MUST_BE_LIMIT} ""`],
    ['offset=-1', `${MUST_BE_OFFSET} "-1"`],
    ['offset=9007199254740992', `${MUST_BE_OFFSET} 9007199254740992`],
    ['offset=x', `${MUST_BE_OFFSET} "x"`],
    ['status=done', `${MUST_BE_STATUS} "done"`],
    ['status=', `${MUST_BE_STATUS} ""`],
    ['queue=', `queue: ${MUST_BE_NAME} ""`],
    ['queue=a%0Ab', `queue: ${MUST_BE_NAME} "a\\nb"`],
    ['before=7', 'before: must be the id of a job, got "7"'],
    ['limit=1&limit=2', 'limit: is given 2 times; give it once'],
    ['status=dead&status=dead&status=dead', 'status: is given 3 times; give it once'],
    ['stat=dead', 'unknown query parameter "stat"; did you mean "status"?'],
    ['__proto__=1', 'unknown query parameter "__proto__"'],
    ['=1', 'unknown query parameter ""'],
    ['limit=0&offset=x', `${MUST_BE_LIMIT} 0; ${MUST_BE_OFFSET} "x"`],
  ])('GET /jobs?%s', async (query, error) => {
    const api = await startApi();
    expect(errorOf(await api.get(`/jobs?${query}`))).toEqual(refusal(error));
  });

  test.each([
    ['POST', '/jobs'],
    ['POST', '/jobs/batch'],
    ['GET', '/jobs/x'],
    ['DELETE', '/jobs/x'],
    ['POST', '/jobs/x/retry'],
    ['POST', '/queues'],
    ['GET', '/queues'],
    ['GET', '/queues/x'],
    ['PUT', '/queues/x'],
    ['DELETE', '/queues/x'],
    ['POST', '/queues/x/pause'],
    ['POST', '/queues/x/resume'],
    ['POST', '/schedules'],
    ['GET', '/schedules'],
    ['GET', '/schedules/x'],
    ['PUT', '/schedules/x'],
    ['DELETE', '/schedules/x'],
    ['GET', '/metrics'],
    ['GET', '/health'],
    ['GET', '/openapi.json'],
  ])('%s %s takes none', async (method, path) => {
    const api = await startApi();
    expect(errorOf(await api.request(method, `${path}?dry_run=1`))).toEqual(
      refusal('unknown query parameter "dry_run"; this route takes none'),
    );
  });
});

function nested(levels: number): unknown {
  return levels === 1 ? {} : { a: nested(levels - 1) };
}
