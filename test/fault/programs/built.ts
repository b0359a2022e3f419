import type * as LoadConfig from '../../../src/infrastructure/config/load-config.js';
import type * as Mininq from '../../../src/index.js';
import type * as Tokens from '../../../src/tokens.js';

// What is built, as `npm start` runs it; to compile the source anew would take each program seconds on a busy machine.
export const built = (path: string): string => new URL(`../../../dist/${path}`, import.meta.url).href;

export const { buildContainer, createMininq, DispatcherRegistry, T } = (await import(
  built('index.js')
)) as typeof Mininq;
export const { token } = (await import(built('tokens.js'))) as typeof Tokens;
const { loadConfig } = (await import(built('infrastructure/config/load-config.js'))) as typeof LoadConfig;

/** The configuration that the program itself would have in this folder. */
export const config = loadConfig({ flags: {}, env: process.env, cwd: process.cwd() }).config;
