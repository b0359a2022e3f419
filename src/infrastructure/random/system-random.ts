import type { Random } from '../../application/ports/random.js';

export class SystemRandom implements Random {
  next(): number {
    return Math.random();
  }
}
