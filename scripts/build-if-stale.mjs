// Builds dist/ unless it is newer than every source file, so that `npm start` works on a fresh clone and costs
// nothing afterwards.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built');
const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/copy-assets.mjs'].map(
  (name) => join(root, name),
);

if (existsSync(join(root, 'src'))) {
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    // Directories count as well: removing a file changes only its directory's time.
    inputs.push(join(entry.parentPath, entry.name));
  }
  const builtAt = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  if (inputs.some((path) => statSync(path).mtimeMs > builtAt)) build();
}

function build() {
  const startedAt = new Date();
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
    execFileSync(process.execPath, ['scripts/copy-assets.mjs'], { cwd: root, stdio: 'inherit' });
  } catch {
    process.stderr.write('mininq: the build failed; see the messages above\n');
    process.exit(1);
  }
  writeFileSync(stamp, `${startedAt.toISOString()}\n`);
}
