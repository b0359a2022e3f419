import { describe, expect, test } from 'vitest';
import { errorOf, exchange, startApi, URL_FIELD, type Api } from './api.js';

const REFUSED = {
  status: 403,
  code: 'cross_origin',
  error:
    'A page of another origin asked for this, which only the pages of this server may; a proxy in between must pass the Host header on',
};

/** How the server answers a request with these headers, and whether it did what was asked for. */
async function post(api: Api, ...lines: readonly string[]) {
  const body = JSON.stringify(URL_FIELD);
  const head = [
    'POST /jobs HTTP/1.1',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
    ...(lines.some((line) => line.startsWith('Host:')) ? [] : ['Host: localhost:6390']),
    ...lines,
  ];
  const received = await exchange(api.port, `${head.join('\r\n')}\r\n\r\n${body}`);
  return { status: Number(received.slice(9, 12)), received, jobs: api.data.jobs.size };
}

describe('a request that changes something', () => {
  test.each<[string, readonly string[]]>([
    ['of a client that is no browser', []],
    ['of a page of this server', ['Sec-Fetch-Site: same-origin', 'Origin: http://localhost:6390']],
    ['of no page', ['Sec-Fetch-Site: none']],
    [
      'of a page of this server, behind a proxy',
      ['Sec-Fetch-Site: same-origin', 'Origin: https://jobs.example'],
    ],
    ['of an older browser', ['Origin: http://localhost:6390']],
    ['of one that writes the host in another way', ['Origin: HTTP://LocalHost:6390']],
    ['of a page behind a proxy with TLS', ['Host: jobs.example.com', 'Origin: https://jobs.example.com']],
    ['of a page at an address', ['Host: [::1]:6390', 'Origin: http://[::1]:6390']],
  ])('%s is answered', async (_case, lines) => {
    expect(await post(await startApi(), ...lines)).toMatchObject({ status: 201, jobs: 1 });
  });

  test.each<[string, readonly string[]]>([
    ['of another site', ['Sec-Fetch-Site: cross-site']],
    ['of another host of the same site', ['Sec-Fetch-Site: same-site']],
    [
      'of another site with an origin like this one',
      ['Sec-Fetch-Site: cross-site', 'Origin: http://localhost:6390'],
    ],
    ['that says two things', ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site']],
    ['that says nothing', ['Sec-Fetch-Site:']],
    ['of another origin', ['Origin: https://evil.example']],
    ['of another port', ['Origin: http://localhost:3000']],
    ['of no port', ['Origin: http://localhost']],
    ['of a host that begins like this one', ['Origin: http://localhost:6390.evil.example']],
    ['of a host that ends like this one', ['Origin: http://evil.example/http://localhost:6390']],
    ['of a name before this one', ['Origin: http://evil@localhost:6390']],
    ['of a host without a scheme', ['Origin: localhost:6390']],
    ['of a page whose origin is secret', ['Origin: null']],
    ['of an empty origin', ['Origin:']],
    ['of two origins', ['Origin: http://localhost:6390', 'Origin: https://evil.example']],
  ])('%s is refused', async (_case, lines) => {
    const answer = await post(await startApi(), ...lines);
    expect(answer).toMatchObject({ status: 403, jobs: 0 });
    expect(answer.received).toContain('"code":"cross_origin"');
  });

  test.each([
    ['POST', '/jobs/retry'],
    ['POST', '/jobs/x/retry'],
    ['PUT', '/queues/x'],
    ['DELETE', '/jobs/x'],
    ['PATCH', '/nope'],
  ])('%s %s of another origin is refused before anything else', async (method, path) => {
    const api = await startApi();
    const response = await api.request(method, path, { headers: { 'Sec-Fetch-Site': 'cross-site' } });
    expect(errorOf(response)).toEqual(REFUSED);
  });

  test('is told the origin, within bounds', async () => {
    const api = await startApi();
    const { received } = await post(api, `Origin: http://${'x'.repeat(200)}"`);
    expect(received).toContain(`A page of another origin (\\"http://${'x'.repeat(93)}...\\") asked for this`);
  });

  test('for another host is refused for that', async () => {
    const api = await startApi();
    const { status } = await post(api, 'Host: evil.example', 'Origin: http://evil.example');
    expect(status).toBe(421);
  });
});

test.each(['GET', 'HEAD', 'OPTIONS'])('a %s of any origin is answered', async (method) => {
  const api = await startApi();
  const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
  const { status } = await api.request(method, '/jobs', { headers });
  expect(status).toBe(method === 'OPTIONS' ? 204 : 200);
});
