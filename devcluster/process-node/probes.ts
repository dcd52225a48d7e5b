// Probes: a check repeated with thresholds. Ports are the real ones behind the container's ports.
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerPort, Probe, ProbePort } from './pod.ts';

/** Turns single results into verdicts: one after enough of the same kind in a row, undefined before. */
export function probeTracker({ successThreshold = 1, failureThreshold = 3 }: Probe): (isGood: boolean) => 'success' | 'failure' | undefined {
  let run = 0;
  let wasGood: boolean | undefined;
  return (isGood) => {
    run = isGood === wasGood ? run + 1 : 1;
    wasGood = isGood;
    if (isGood) return run >= successThreshold ? 'success' : undefined;
    return run >= failureThreshold ? 'failure' : undefined;
  };
}

/** Repeats a check until `signal` aborts or `onVerdict` returns true. An eager probe asks every second at most until its first success. */
export async function repeatProbe(probe: Probe, check: () => Promise<boolean>, onVerdict: (verdict: 'success' | 'failure') => boolean, options: { readonly signal: AbortSignal; readonly isEager: boolean }): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10 } = probe;
  const track = probeTracker(probe);
  let isEager = options.isEager;
  let pauseMs = initialDelaySeconds * 1000;
  for (;;) {
    await sleep(pauseMs, undefined, { signal: options.signal }).catch(() => {});
    if (options.signal.aborted) return;
    const verdict = track(await check());
    if (options.signal.aborted || (verdict !== undefined && onVerdict(verdict))) return;
    if (verdict === 'success') isEager = false;
    pauseMs = (isEager ? Math.min(1, periodSeconds) : periodSeconds) * 1000;
  }
}

/** The real port behind a port of a probe: named ports, and numbers of named ports, were given free ones. */
export function realPort(port: number | string, ports: readonly ContainerPort[], real: ReadonlyMap<string, number>): number | undefined {
  const declared = ports.find(({ name, containerPort }) => name === port || containerPort === Number(port));
  const mapped = declared?.name === undefined ? undefined : real.get(declared.name);
  return mapped ?? (Number.isInteger(Number(port)) ? Number(port) : undefined);
}

/** True for a status from 200 to 399. The server's certificate is not checked, as the kubelet does not. */
export function checkHttp({ path = '/', scheme = 'HTTP', httpHeaders = [] }: ProbePort, port: number, timeoutMs: number): Promise<boolean> {
  const options = { host: '127.0.0.1', port, path, agent: false, signal: AbortSignal.timeout(timeoutMs), headers: Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value])) };
  return new Promise((resolve) => {
    const request = scheme === 'HTTPS' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    request.once('response', (response) => {
      response.resume();
      resolve((response.statusCode ?? 0) >= 200 && (response.statusCode ?? 0) < 400);
    });
    request.on('error', () => resolve(false));
    request.end();
  });
}

/** True when somebody listens. */
export function checkTcp(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
    const done = (isGood: boolean) => {
      socket.destroy();
      resolve(isGood);
    };
    socket.once('connect', () => done(true)).once('timeout', () => done(false)).once('error', () => done(false));
  });
}
