// How a process gets its certificate and keeps it fresh. The key lives in memory only; each answer replaces the CAs to trust.
import { readFile } from 'node:fs/promises';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { OperatorAddresses } from '#api/endpoints.ts';
import { type Clock, delay } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { jittered, type Random } from '../ids.ts';
import type { Log } from '../telemetry/log.ts';
import { createRequest, type Credential, parseBundle } from './certificates.ts';
import { EnrolmentService } from './generated/coditect/v1alpha1/enrolment_pb.ts';
import { createListeners } from './listeners.ts';
import { dialOptions, operatorName } from './tls.ts';

export interface EnrolmentOptions {
  /** Namespace of the installation. */
  readonly operatorNamespace: string;
  /** Projected ServiceAccount token; read anew each time, because the kubelet replaces it. */
  readonly tokenFile: string;
  /** PEM bundle to trust until the first answer. Rejects while there is none. */
  readonly trust: () => Promise<string>;
  readonly addresses: OperatorAddresses;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Enrolment {
  /** Resolves with the first certificate; until then it is asked for again and again. Rejects when closed before. */
  readonly ready: Promise<void>;
  /** The newest certificate; undefined before the first. */
  current(): Credential | undefined;
  /** Calls `listener` after each renewal; the returned function ends it. */
  onRenewed(listener: () => void): () => void;
  close(): void;
}

interface Answer {
  readonly credential: Credential;
  readonly renewAfterMs: number;
}

const firstRetryMs = 500;
const maxRetryMs = 15_000;
const callMs = 15_000;

/** Enrols and renews in the background until closed. */
export function startEnrolment(options: EnrolmentOptions): Enrolment {
  const stop = new AbortController();
  const renewals = createListeners();
  const first = Promise.withResolvers<void>();
  let current: Credential | undefined;
  const accept = (credential: Credential) => {
    const renewed = current !== undefined;
    current = credential;
    first.resolve();
    if (renewed) renewals.call();
  };
  void keepEnrolled(options, stop.signal, { current: () => current, accept }).finally(() => first.reject(new Error('cannot enrol: the process is stopping')));
  // Who does not wait for it must not be killed by its rejection.
  first.promise.catch(() => {});
  return {
    ready: first.promise,
    current: () => current,
    onRenewed: (listener) => renewals.add(listener),
    close: () => stop.abort(),
  };
}

interface Holder {
  current(): Credential | undefined;
  accept(credential: Credential): void;
}

async function keepEnrolled(options: EnrolmentOptions, signal: AbortSignal, holder: Holder): Promise<void> {
  const { clock, random, log } = options;
  let retryMs = firstRetryMs;
  while (!signal.aborted) {
    try {
      const { credential, renewAfterMs } = await enrol(options, holder.current());
      if (signal.aborted) return;
      holder.accept(credential);
      log.info('enrolled', { renewAfterSeconds: Math.round(renewAfterMs / 1000) });
      retryMs = firstRetryMs;
      // Earlier than told, never later: agents that started together must not renew together.
      await delay(clock, renewAfterMs * (1 - 0.2 * random.next()), signal);
    } catch (error) {
      log.warn('cannot get a certificate, trying again', { error: messageOf(error), retryMs: Math.round(retryMs) });
      await delay(clock, jittered(retryMs, random), signal);
      retryMs = Math.min(retryMs * 2, maxRetryMs);
    }
  }
}

async function enrol(options: EnrolmentOptions, known: Credential | undefined): Promise<Answer> {
  const caBundle = known?.caBundle ?? (await options.trust());
  const addresses = await options.addresses.current();
  const failures: string[] = [];
  for (const { pod, enrolment } of shuffled(addresses, options.random)) {
    try {
      return await enrolAt(enrolment, caBundle, options);
    } catch (error) {
      failures.push(`${pod}: ${messageOf(error)}`);
    }
  }
  throw new Error(`enrol at the operator: ${failures.length === 0 ? 'no replica has an address' : failures.join('; ')}`);
}

async function enrolAt(address: string, caBundle: string, { tokenFile, operatorNamespace }: EnrolmentOptions): Promise<Answer> {
  const baseUrl = `https://${address}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, dialOptions(operatorName(operatorNamespace), { caBundle }));
  try {
    const client = createClient(EnrolmentService, createGrpcTransport({ baseUrl, sessionManager, readMaxBytes: 1 << 20, defaultTimeoutMs: callMs }));
    const token = (await readFile(tokenFile, 'utf8')).trim();
    const { key, request } = await createRequest();
    const answer = await client.enrol({ token, certificateRequest: request });
    const credential = { key, certificate: answer.certificate, caBundle: answer.caBundle };
    assertUsable(credential);
    return { credential, renewAfterMs: answer.renewAfterSeconds * 1000 };
  } finally {
    sessionManager.abort();
  }
}

function assertUsable({ key, certificate, caBundle }: Credential): void {
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) throw new Error('the operator issued a certificate for another key; it is not used');
  if (parseBundle(caBundle).length === 0) throw new Error('the operator sent no CA to trust; its certificate is not used');
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
