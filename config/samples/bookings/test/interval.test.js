import assert from 'node:assert/strict';
import test from 'node:test';
import { interval, minutesOf, overlaps } from '../src/interval.js';

test('an interval ends after it begins', () => {
  assert.throws(() => interval(60, 60), RangeError);
  assert.throws(() => interval(60, 59.5), TypeError);
  assert.equal(minutesOf(interval(60, 90)), 30);
});

test('intervals overlap when they share a minute', () => {
  assert.equal(overlaps(interval(0, 60), interval(30, 90)), true);
  assert.equal(overlaps(interval(30, 90), interval(0, 60)), true);
  assert.equal(overlaps(interval(0, 60), interval(120, 180)), false);
});

test('one may begin when another ends', () => {
  assert.equal(overlaps(interval(60, 120), interval(0, 60)), false);
});
