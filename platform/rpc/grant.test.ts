import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { agentUri, roleUri } from '#api/identity.ts';
import { LlmGrant } from '#api/llm.ts';
import { createAuthority, createLeaf, type KeyedCertificate } from './certificates.ts';
import { createGrantSigner, createGrantVerifier, createVerifier, type GrantVerdict } from './grant.ts';

const now = Date.UTC(2026, 5, 1);
const agent = agentUri({ namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u-1' });
const grant = { agent, namespaceUid: 'ns', ownerUid: 'owner', taskUid: 'task', expiresAt: now + 60_000 };
let authority: KeyedCertificate;
let foreign: KeyedCertificate;
let operator: KeyedCertificate;
beforeAll(async () => {
  [authority, foreign] = await Promise.all([createAuthority(now), createAuthority(now)]);
  operator = await leafOf(authority, roleUri('operator'));
});
const leafOf = (issuer: KeyedCertificate, uri: string) => createLeaf(issuer, { uri, usage: 'server', lifetimeSeconds: 3600 }, now);
const verify = (text: string, { peer = agent, at = now } = {}): GrantVerdict => createGrantVerifier(authority.certificate)(text, peer, at);

test('what the operator signed is granted to the agent it names', () => expect(verify(createGrantSigner(operator)(grant))).toEqual({ kind: 'granted', grant }));

test('a grant of one kind is none of another', () => {
  const account = { namespace: 'team-a', namespaceUid: 'ns', mission: 'm', missionUid: 'owner', purpose: 'work' as const };
  const llmGrant: LlmGrant = { agent, account, attempt: 1, epoch: { term: 1, counter: 1 }, expiresAt: now + 60_000 };
  const sign = createGrantSigner(operator);
  const verifyLlm = createVerifier(authority.certificate, LlmGrant);
  expect(verifyLlm(sign(llmGrant), agent, now)).toEqual({ kind: 'granted', grant: llmGrant });
  for (const verdict of [verifyLlm(sign(grant), agent, now), verify(sign(llmGrant))]) expect(verdict).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/something else/) });
});

describe('refused', () => {
  const sign = () => createGrantSigner(operator)(grant);
  const cases: Record<string, { text: () => string | Promise<string>; peer?: string; at?: number; want: RegExp }> = {
    'a grant of another agent': { text: sign, peer: agentUri({ namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u-2' }), want: /another agent/ },
    'a grant that has expired': { text: sign, at: now + 60_000, want: /has expired/ },
    'a signer whose certificate has expired': { text: () => createGrantSigner(operator)({ ...grant, expiresAt: now + 1e9 }), at: now + 3_700_000, want: /not valid under our CA/ },
    'a signer of another CA': { text: async () => createGrantSigner(await leafOf(foreign, roleUri('operator')))(grant), want: /not valid under our CA/ },
    'an agent that signs for itself': { text: async () => createGrantSigner(await leafOf(authority, agent))(grant), want: /not signed by the operator/ },
    'the blob service as signer': { text: async () => createGrantSigner(await leafOf(authority, roleUri('blobs')))(grant), want: /not signed by the operator/ },
    'an agent that borrows the operator\'s certificate': {
      text: async () => {
        const [payload, signature] = createGrantSigner(await leafOf(authority, agent))(grant).split('.');
        return `${payload}.${signature}.${sign().split('.')[2]}`;
      },
      want: /signature .* does not fit/,
    },
    'another owner written into it': {
      text: () => sign().replace(/^[^.]+/, Buffer.from(JSON.stringify({ ...grant, ownerUid: 'victim' })).toString('base64url')),
      want: /signature .* does not fit/,
    },
    'a payload that is no grant': { text: () => createGrantSigner(operator)({ ...grant, expiresAt: -1 }), want: /something else/ },
    'nothing': { text: () => '', want: /not well formed/ },
    'four parts': { text: () => `${sign()}.x`, want: /not well formed/ },
    'a giant': { text: () => 'a.'.repeat(5000), want: /not well formed/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { text, peer, at, want }) => {
    const verdict = verify(await text(), { ...(peer === undefined ? {} : { peer }), ...(at === undefined ? {} : { at }) });
    expect(verdict).toMatchObject({ kind: 'refused', reason: expect.stringMatching(want) });
  });
});

test('no change of a character makes another grant', () => {
  const text = createGrantSigner(operator)(grant);
  const changed = fc.property(fc.nat(text.length - 1), fc.constantFrom('A', 'a', 'b', '0', '-', '_', '.'), (at, letter) => {
    const verdict = verify(text.slice(0, at) + letter + text.slice(at + 1));
    // Spare bits of base64 may change the text and not the bytes.
    return verdict.kind === 'refused' || isDeepStrictEqual(verdict.grant, grant);
  });
  expect(fc.check(changed).counterexample).toBeNull();
});

test('any text is refused without an error', () => {
  const parts = fc.array(fc.base64String(), { minLength: 3, maxLength: 3 }).map((all) => all.join('.'));
  expect(fc.check(fc.property(fc.oneof(fc.string(), parts), (text) => verify(text).kind === 'refused')).counterexample).toBeNull();
});
