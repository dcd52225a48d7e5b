import assert from 'node:assert/strict';
import test from 'node:test';
import { Room } from '../src/room.js';

test('a room is booked once at a time', () => {
  const room = new Room('Oak', 6);
  assert.equal(room.book('Ada', 4, 540, 600).kind, 'booked');
  assert.deepEqual(room.book('Bob', 2, 570, 630), { kind: 'refused', reason: 'Ada has Oak then' });
  assert.equal(room.busyMinutes, 60);
});

test('a meeting may begin when the one before it ends', () => {
  const room = new Room('Elm', 4);
  assert.equal(room.book('Ada', 2, 600, 660).kind, 'booked');
  assert.equal(room.book('Bob', 2, 540, 600).kind, 'booked');
});

test('a room that is too small is refused', () => {
  assert.deepEqual(new Room('Fir', 2).book('Ada', 3, 540, 600), { kind: 'refused', reason: 'Fir has 2 seats' });
});
