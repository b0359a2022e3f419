import type { Refused } from '../../application/errors.js';
import { QUEUE_NAME } from '../../application/limits.js';
import { queueNotFound } from '../../application/use-cases/get-queue.js';
import type { PathParameter } from './route.js';

/** More than the ids that mininq makes: any other is simply not found. */
const ID = /^[\w-]{1,64}$/;

export function idParameter(description: string, notFound: (id: string) => Refused): PathParameter {
  return { name: 'id', description, pattern: ID, notFound };
}

export const queueParameter: PathParameter = {
  name: 'name',
  description: 'The name of the queue, percent-encoded.',
  pattern: QUEUE_NAME,
  notFound: queueNotFound,
};
