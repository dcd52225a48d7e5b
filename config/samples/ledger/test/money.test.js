import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount, parseAmount } from '../src/money.js';

test('whole amounts are cents times a hundred', () => assert.equal(parseAmount('12'), 1200));
test('one decimal is ten cents', () => assert.equal(parseAmount('12.5'), 1250));
test('leading zeros are decimal', () => assert.equal(parseAmount('010.08'), 1008));
test('a minus counts for the cents too', () => assert.equal(parseAmount('-0.05'), -5));
test('what is no amount is refused', () => assert.throws(() => parseAmount('twelve'), /not an amount/));
test('amounts are written as they are read', () => assert.equal(formatAmount(parseAmount('-12.50')), '-12.50'));
