// Puts what the dashboard's pages load into dist/assets: our own files, and htmx from its package.
import { copyFileSync, cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const assets = fileURLToPath(new URL('dist/assets/', root));

cpSync(fileURLToPath(new URL('src/interfaces/dashboard/assets/', root)), assets, {
  recursive: true,
  filter: (path) => !path.endsWith('.json'),
});
const { resolve } = createRequire(import.meta.url);
copyFileSync(resolve('htmx.org/dist/htmx.min.js'), `${assets}htmx.min.js`);
