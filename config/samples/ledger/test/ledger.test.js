import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balances, readLedger, report } from '../src/ledger.js';

const text = '1;rent;-700\n2;wages;2100.50\n\n3;rent;-12.25\n';

test('entries are read in order', () => assert.deepEqual(readLedger(text).map(({ day }) => day), [1, 2, 3]));
test('balances are sums by account', () => assert.deepEqual([...balances(readLedger(text))], [['rent', -71225], ['wages', 210050]]));
test('the report has a line an account', () => assert.equal(report(readLedger(text)), 'rent: -712.25\nwages: 2100.50'));
test('a line without an amount is named', () => assert.throws(() => readLedger('1;rent'), /line 1/));
