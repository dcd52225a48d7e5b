import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Authority, type AuthorityState, bundleOf, promoteNext, rotationStep } from './rotation.ts';

const policy = { periodSeconds: 1000, leafSeconds: 100 };
const at = (name: string, createdAt: number): Authority => ({ certificate: `${name} `, key: name, createdAt });
const current = at('a', 0);

const cases: Record<string, { state: AuthorityState; now: number; want: string }> = {
  'a young CA is kept': { state: { current }, now: 999_999, want: 'keep' },
  'a CA at the end of its period gets a successor': { state: { current }, now: 1_000_000, want: 'createNext' },
  'a successor does not sign before a whole leaf life has passed': { state: { current, next: at('b', 1_000_000) }, now: 1_099_999, want: 'keep' },
  'a successor signs once everybody must know it': { state: { current, next: at('b', 1_000_000) }, now: 1_100_000, want: 'promoteNext' },
  'a retired CA is trusted as long as what it signed may live': { state: { current, previous: { certificate: 'z', retiredAt: 500_000 } }, now: 599_999, want: 'keep' },
  'then it is dropped': { state: { current, previous: { certificate: 'z', retiredAt: 500_000 } }, now: 600_000, want: 'dropPrevious' },
  'one change at a time': { state: { current, previous: { certificate: 'z', retiredAt: 999_999 } }, now: 1_000_000, want: 'keep' },
};
test.each(Object.entries(cases))('%s', (_, { state, now, want }) => expect(rotationStep(state, policy, now)).toBe(want));

test('all CAs are in the bundle', () => expect(bundleOf({ current, next: at('b', 1), previous: { certificate: 'z', retiredAt: 0 } })).toBe('a b z'));

test('whenever the leader looks: each holder, with the bundle it last got, trusts each certificate that is valid', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 50, maxLength: 300 }), (pauses) => {
      let state: AuthorityState = { current };
      let now = 0;
      let serial = 0;
      const history: { at: number; signer: string; bundle: string }[] = [];
      for (const pause of pauses) {
        now += pause * 4;
        const step = rotationStep(state, policy, now);
        if (step === 'createNext') state = { ...state, next: at(`n${(serial += 1)}`, now) };
        if (step === 'promoteNext') state = promoteNext(state, now);
        if (step === 'dropPrevious') state = { current: state.current };
        history.push({ at: now, signer: state.current.certificate, bundle: bundleOf(state) });
        const valid = history.filter((entry) => now - entry.at < policy.leafSeconds * 1000);
        // A holder renews within the life of its leaf, so its bundle is one of those.
        for (const holder of valid) for (const shown of valid) expect(holder.bundle).toContain(shown.signer);
      }
    }),
  );
});
