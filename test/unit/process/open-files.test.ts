import { expect, test } from 'vitest';
import { openFilesLimit, shareOpenFiles } from '../../../src/infrastructure/process/open-files.js';

test.each([
  // limit, concurrency, client connections, connections kept
  [1024, 10, 713, 237],
  [4096, 10, 3766, 256],
  [256, 10, 137, 45],
  [128, 10, 41, 13],
  [1024, 900, 45, 15],
  [1024, 5000, 16, 0],
  [1_048_576, 10, 10_000, 256],
  [null, 10, 10_000, 256],
])(
  'of %s files, with %i deliveries, clients get %i and idle deliveries %i',
  (limit, concurrency, ...shares) => {
    const { clientConnections, idleDeliveries } = shareOpenFiles(limit, concurrency);
    expect([clientConnections, idleDeliveries]).toEqual(shares);
  },
);

test.runIf(process.platform === 'linux')('the limit of this process is known', () => {
  expect(openFilesLimit()).toBeGreaterThan(0);
});
