import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { isRecord } from '../../application/json-object.js';
import { printable } from '../../application/printable.js';

/**
 * Turns JSON lines into lines for people, at once and in this thread. Only the stack of an error takes lines of its
 * own, indented: nothing that is logged can look like another entry.
 */
export function prettyDestination(destination: DestinationStream, colorize: boolean): DestinationStream {
  const prettify = prettyFactory({ colorize, translateTime: false });
  return {
    write(line) {
      destination.write(prettify(entryFrom(JSON.parse(line))));
    },
  };
}

/** Everything is put into the message, as pino-pretty gives some names of fields a meaning of its own. */
function entryFrom(logged: unknown): object {
  if (!isRecord(logged)) return {};
  const { level, time, msg, err, ...fields } = logged;
  const details = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  const error = isRecord(err) ? String(err['stack'] ?? err['message']).split('\n') : [];
  return { level, time, msg: [`${String(msg)}${details}`, ...error].map(printable).join('\n    ') };
}
