import { verificationKeys, type WebhookSecrets } from './verification-keys.js';
import {
  parsedBody,
  signedHeaders,
  verifyDelivery,
  type RawBody,
  type VerifyOptions,
  type WebhookDelivery,
  type WebhookHeaders,
} from './verify-webhook.js';
import { isRefusal } from './webhook-verification-error.js';

/**
 * Does the work of a job. What it returns, if anything, is answered as JSON, and becomes the job's result. If it
 * throws, the framework answers with 500, and the job is tried again.
 */
export type WebhookWork = (delivery: WebhookDelivery) => unknown;

export interface WebhookHandlerOptions extends VerifyOptions {
  /** Of a body; 1 MiB unless given, as mininq takes payloads. A larger one is answered with 413. */
  readonly maxBodyBytes?: number;
}

const MAX_BODY_BYTES = 1_048_576;

interface Answer {
  readonly status: 200 | 204 | 401 | 413;
  /** JSON; null: none. */
  readonly body: string | null;
}

type Receive = (
  headers: WebhookHeaders,
  read: (maxBytes: number) => Promise<RawBody | null>,
) => Promise<Answer>;

/** @param read the body; null when it is larger. What has no valid headers is not read */
function receiver(secrets: WebhookSecrets, work: WebhookWork, options: WebhookHandlerOptions): Receive {
  const keys = verificationKeys(secrets);
  const { maxBodyBytes = MAX_BODY_BYTES } = options;
  return async (headers, read) => {
    let delivery: WebhookDelivery;
    try {
      signedHeaders(headers, options);
      const body = await read(maxBodyBytes);
      if (body === null) return { status: 413, body: JSON.stringify({ error: 'the body is too large' }) };
      delivery = await verifyDelivery(body, headers, keys, options);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { status: 401, body: JSON.stringify({ error: error.message, code: error.code }) };
    }
    const result = await work(delivery);
    return result === undefined ? { status: 204, body: null } : { status: 200, body: JSON.stringify(result) };
  };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** For whatever takes a Request and gives a Response: Deno.serve, Bun.serve, workers, Next.js. */
export function fetchWebhook(
  secrets: WebhookSecrets,
  work: WebhookWork,
  options: WebhookHandlerOptions = {},
): (request: Request) => Promise<Response> {
  const receive = receiver(secrets, work, options);
  return async (request) => {
    if (request.bodyUsed) throw parsedBody();
    const { status, body } = await receive(request.headers, (max) => readStream(request.body, max));
    return new Response(body, { status, headers: body === null ? {} : JSON_TYPE });
  };
}

/** A handler of Hono: `app.post('/hook', honoWebhook(secret, work))`. */
export function honoWebhook(
  secrets: WebhookSecrets,
  work: WebhookWork,
  options: WebhookHandlerOptions = {},
): (context: { readonly req: { readonly raw: Request } }) => Promise<Response> {
  const handle = fetchWebhook(secrets, work, options);
  return ({ req }) => handle(req.raw);
}

/** What Express adds to a request of Node.js. */
interface NodeRequest extends AsyncIterable<unknown> {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: unknown;
}

interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body?: string): unknown;
}

/** A handler of Express: `app.post('/hook', expressWebhook(secret, work))`, before `express.json()`. */
export function expressWebhook(
  secrets: WebhookSecrets,
  work: WebhookWork,
  options: WebhookHandlerOptions = {},
): (request: NodeRequest, response: NodeResponse, next: (error: unknown) => void) => void {
  const receive = receiver(secrets, work, options);
  return (request, response, next) => {
    receive(request.headers, (max) => readNode(request, max)).then(({ status, body }) => {
      response.statusCode = status;
      // What is left of a body that was not read is not read any more.
      if (status >= 400) response.setHeader('Connection', 'close');
      if (body === null) {
        response.end();
        return;
      }
      response.setHeader('Content-Type', JSON_TYPE['Content-Type']);
      response.end(body);
    }, next);
  };
}

interface FastifyReply {
  code(status: number): FastifyReply;
  type(contentType: string): FastifyReply;
  send(body?: string): unknown;
}

interface FastifyRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

interface FastifyScope {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    contentType: string,
    options: { parseAs: 'buffer'; bodyLimit: number },
    parser: (request: unknown, body: unknown) => Promise<unknown>,
  ): unknown;
  post(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown;
}

/** A plugin of Fastify with one route: `app.register(fastifyWebhook('/hook', secret, work))`. Other routes keep their parsers. */
export function fastifyWebhook(
  path: string,
  secrets: WebhookSecrets,
  work: WebhookWork,
  options: WebhookHandlerOptions = {},
): (scope: FastifyScope) => Promise<void> {
  const receive = receiver(secrets, work, options);
  const { maxBodyBytes = MAX_BODY_BYTES } = options;
  return (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBodyBytes }, (_, body) =>
      Promise.resolve(body),
    );
    scope.post(path, async (request, reply) => {
      const { status, body } = await receive(request.headers, () => Promise.resolve(given(request.body)));
      reply.code(status);
      return body === null ? reply.send() : reply.type(JSON_TYPE['Content-Type']).send(body);
    });
    return Promise.resolve();
  };
}

/** @throws WebhookVerificationError for a body that is not raw */
function given(body: unknown): RawBody {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  throw parsedBody();
}

async function readNode(request: NodeRequest, maxBytes: number): Promise<RawBody | null> {
  if (request.body !== undefined) return given(request.body);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of request) {
    if (!(piece instanceof Uint8Array)) throw parsedBody();
    length += piece.length;
    if (length > maxBytes) return null;
    pieces.push(piece);
  }
  return concatenated(pieces, length);
}

async function readStream(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<RawBody | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return null;
    }
    pieces.push(value);
  }
  return concatenated(pieces, length);
}

function concatenated(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}
