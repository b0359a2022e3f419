import { expect, test } from 'vitest';
import { originOf } from '../../../src/domain/job/origin.js';

test.each([
  ['http://host/path', 'http://host'],
  ['https://host:8443/a//b?c=/d', 'https://host:8443'],
  ['http://[::1]:80/', 'http://[::1]:80'],
  ['http://host', 'http://host'],
  ['http://host?a=1', 'http://host'],
  ['http://host#a/b', 'http://host'],
  ['print:anything', 'print:'],
])('of %s is %s', (url, origin) => {
  expect(originOf(url)).toBe(origin);
});
