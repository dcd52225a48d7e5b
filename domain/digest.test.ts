import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base32Lower, canonicalJson, sha256Hex } from './digest.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('sha256Hex', () => {
  test('agrees with node:crypto on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
      }),
    );
  });

  test('reads text as UTF-8', () => {
    expect(sha256Hex('grün 🚀')).toBe(createHash('sha256').update('grün 🚀', 'utf8').digest('hex'));
  });
});

describe('base32Lower', () => {
  const vectors: Record<string, string> = { '': '', f: 'my', fo: 'mzxq', foo: 'mzxw6', foob: 'mzxw6yq', fooba: 'mzxw6ytb', foobar: 'mzxw6ytboi' };
  test.each(Object.entries(vectors))('RFC 4648 vector %j', (text, want) => expect(base32Lower(bytesOf(text))).toBe(want));

  test('different bytes of one length give different text', () => {
    const pair = fc.tuple(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.uint8Array({ minLength: 8, maxLength: 8 }));
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(base32Lower(a) === base32Lower(b)).toBe(a.every((byte, index) => byte === b[index]));
      }),
    );
  });
});

describe('canonicalJson', () => {
  const cases: Record<string, { value: unknown; want: string }> = {
    'sorts keys by UTF-16 code unit, as the example of RFC 8785 3.2.3': {
      value: { '\u20ac': 'Euro Sign', '\r': 'Carriage Return', '\ufb33': 'Hebrew Letter Dalet With Dagesh', '1': 'One', '\u{1f600}': 'Emoji', '\u0080': 'Control', '\u00f6': 'O' },
      want: '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"O","€":"Euro Sign","😀":"Emoji","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    },
    'writes the literals and strings of RFC 8785 3.2.2': {
      value: { numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001], string: '\u20ac$\u000f\nA\'B"\\\\"/', literals: [null, true, false] },
      want: '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    },
    'writes minus zero as zero': { value: [-0], want: '[0]' },
    'leaves out undefined fields': { value: { a: undefined, b: 1 }, want: '{"b":1}' },
    'keeps the order of arrays': { value: [3, 1, { b: 1, a: [] }], want: '[3,1,{"a":[],"b":1}]' },
  };
  test.each(Object.entries(cases))('%s', (_, { value, want }) => expect(canonicalJson(value)).toBe(want));

  test('the order in which keys were set does not count, and parsing gives the value back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.stringify(JSON.parse(canonicalJson(value)))).toBe(JSON.stringify(JSON.parse(canonicalJson(reversed))));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [10n], [() => 1], [[undefined]]])('throws for %s, which has no JSON form', (value) => {
    expect(() => canonicalJson(value)).toThrow(/has no JSON form/);
  });
});
