/** The server; on SIGUSR2 its file may not grow any more, which SQLite tells as a full disk, and on the next it may. */
import type { SqliteDatabase } from '../../../src/infrastructure/sqlite/sqlite-database.js';
import { config, createMininq, token } from './built.js';

const UNLIMITED = 0xfffffffe;

const mininq = createMininq(config);
await mininq.start();
const { connection } = mininq.container.get(token<SqliteDatabase>('sqlite.Database'));
let full = false;
process.on('SIGUSR2', () => {
  full = !full;
  // SQLite takes no limit below what there is.
  connection.pragma(`max_page_count = ${full ? 1 : UNLIMITED}`);
  process.stdout.write(full ? 'the disk is full\n' : 'the disk has room\n');
});
