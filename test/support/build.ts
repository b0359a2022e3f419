import { execFileSync } from 'node:child_process';

/** Global set-up: the end-to-end tests spawn the built program, so it must be the program of this source. */
export default function build(): void {
  execFileSync(process.execPath, ['scripts/build-if-stale.mjs'], { stdio: 'inherit' });
}
