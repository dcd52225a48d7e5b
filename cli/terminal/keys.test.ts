import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { keysIn, processKeys } from './keys.ts';

test('keys are told from what a terminal sends', () => {
  expect(keysIn(' q\u001B[C\u001B[D\u001BOH\u001B[4~+\u0003')).toEqual(['space', 'q', 'right', 'left', 'home', 'end', '+', 'interrupt']);
  expect(keysIn('\u001B')).toEqual(['escape']);
});

/** Standard input, as far as keys need it. */
class FakeInput extends EventEmitter {
  isTTY: boolean;
  readonly done: string[] = [];
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  setRawMode(isRaw: boolean) {
    this.done.push(isRaw ? 'raw' : 'as before');
    return this;
  }
  resume() {
    this.done.push('reads');
    return this;
  }
  pause() {
    this.done.push('rests');
    return this;
  }
}

test('a keyboard is read key by key only while somebody listens, and left as it was', () => {
  const input = new FakeInput(true);
  const keys = processKeys(input as unknown as NodeJS.ReadStream);
  const pressed: string[] = [];
  const forget = keys?.onKey((key) => pressed.push(key));
  input.emit('data', Buffer.from('q \u001B[C'));
  forget?.();
  input.emit('data', Buffer.from('x'));
  expect(pressed).toEqual(['q', 'space', 'right']);
  expect(input.done).toEqual(['raw', 'reads', 'as before', 'rests']);
});

test('a pipe has no keys', () => expect(processKeys(new FakeInput(false) as unknown as NodeJS.ReadStream)).toBeUndefined());
