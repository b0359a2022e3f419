import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname } from 'node:path';
import type { HttpRequest, HttpResponse } from '../http/http-types.js';

interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the build puts them, seen from src/ as from dist/: see scripts/copy-assets.mjs. */
const FOLDER = new URL('../../../dist/assets/', import.meta.url);

/** The files that the pages need, read once and kept in memory. */
export class Assets {
  /** Changes with any of the files. */
  readonly build: string;
  readonly #assets = new Map<string, Asset>();

  constructor() {
    const all = createHash('sha256');
    for (const name of readdirSync(FOLDER).sort()) {
      const type = TYPES[extname(name)];
      if (type === undefined) continue;
      const body = readFileSync(new URL(name, FOLDER));
      all.update(name).update(body);
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
      this.#assets.set(name, { body, type, etag });
    }
    this.build = all.digest('hex').slice(0, 12);
  }

  /** Has the build in it, so that a browser may keep what it has got for good. */
  url(name: string): string {
    if (!this.#assets.has(name)) throw new Error(`there is no asset ${name}`);
    return `/static/${this.build}/${name}`;
  }

  /** @param path below /static/, with or without the build before it. @returns false when there is no such asset */
  send(path: string, request: HttpRequest, response: HttpResponse): boolean {
    const current = path.startsWith(`${this.build}/`);
    const asset = this.#assets.get(path.replace(/^[\da-f]{12}\//, ''));
    if (!asset) return false;
    response.setHeader('Content-Type', asset.type);
    response.setHeader('Cache-Control', current ? 'public, max-age=31536000, immutable' : 'no-cache');
    response.setHeader('ETag', asset.etag);
    if (isKnown(request.headers['if-none-match'] ?? '', asset.etag)) {
      response.statusCode = 304;
      response.end();
    } else {
      response.statusCode = 200;
      response.setHeader('Content-Length', asset.body.length);
      response.end(asset.body);
    }
    return true;
  }
}

/** RFC 9110, 13.1.2; a proxy that compresses makes weak validators of them. */
function isKnown(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((given) => ['*', etag, `W/${etag}`].includes(given.trim()));
}
