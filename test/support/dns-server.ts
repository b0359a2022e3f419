import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { onTestFinished } from 'vitest';

export interface DnsQuestion {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
}

/** Addresses (of which those of the asked type are sent), a failure, or nothing at all. */
export type DnsAnswer = readonly string[] | 'nxdomain' | 'servfail' | 'silence';

const CODES = { servfail: 2, nxdomain: 3 } as const;
const TYPES = { A: 1, AAAA: 28 } as const;
const CLASS_IN = 1;
/** Points to the name of the question. */
const SAME_NAME = 0xc00c;
const HEADER_BYTES = 12;

/** A DNS server on loopback that answers as it is told, until the test ends. */
export async function startDnsServer(answer: (question: DnsQuestion) => DnsAnswer) {
  const questions: DnsQuestion[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const question = questionOf(query);
    questions.push(question);
    const given = answer(question);
    if (given !== 'silence') socket.send(responseTo(query, question, given), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return { address: `127.0.0.1:${socket.address().port}`, questions };
}

function questionOf(query: Buffer): DnsQuestion {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1) === TYPES.AAAA ? 'AAAA' : 'A';
  return { name: labels.join('.').toLowerCase(), type };
}

function responseTo(query: Buffer, { type }: DnsQuestion, given: Exclude<DnsAnswer, 'silence'>): Buffer {
  const addresses =
    typeof given === 'string' ? [] : given.filter((each) => isIPv6(each) === (type === 'AAAA'));
  const header = Buffer.from(query.subarray(0, HEADER_BYTES));
  // A response, recursion desired and available.
  header.writeUInt16BE(0x8180 | (typeof given === 'string' ? CODES[given] : 0), 2);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt16BE(0, 8);
  header.writeUInt16BE(0, 10);
  // Without the extensions (EDNS) that may follow the question.
  const question = query.subarray(HEADER_BYTES, query.indexOf(0, HEADER_BYTES) + 5);
  return Buffer.concat([header, question, ...addresses.map((address) => record(type, address))]);
}

function record(type: DnsQuestion['type'], address: string): Buffer {
  const data = bytesOf(address);
  const fixed = Buffer.alloc(12);
  fixed.writeUInt16BE(SAME_NAME, 0);
  fixed.writeUInt16BE(TYPES[type], 2);
  fixed.writeUInt16BE(CLASS_IN, 4);
  fixed.writeUInt32BE(60, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((hex) => parseInt(hex, 16));
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
