/**
 * Opens a database file, which migrates it, and kills its process with SIGKILL before the nth statement that it executes
 * for that. Arguments: the file, and n; 0: it lives, and says how many there were.
 */
import Database from 'better-sqlite3';
import type * as OpenDatabase from '../../../src/infrastructure/sqlite/open-database.js';
import { silentLogger } from '../../support/silent-logger.js';
import { built } from './built.js';

const [, , path = '', nth = '0'] = process.argv;
let statements = 0;
const exec: unknown = Reflect.get(Database.prototype, 'exec');
Database.prototype.exec = function (this: Database.Database, source: string) {
  statements += 1;
  if (statements === Number(nth)) process.kill(process.pid, 'SIGKILL');
  if (typeof exec === 'function') Reflect.apply(exec, this, [source]);
  return this;
};
const { openDatabase } = (await import(
  built('infrastructure/sqlite/open-database.js')
)) as typeof OpenDatabase;
openDatabase(path, 'normal', silentLogger).close();
process.stdout.write(`${statements}\n`);
