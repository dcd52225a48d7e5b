// The mirror, put together: watch and intake find events, the teller and the log take them, parts show them. No mission waits for any of it.
import type { Authenticator } from '#api/access.ts';
import type { MirrorConfig } from '#api/config/mirror.ts';
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import { callingUser } from '#platform/rpc/auth.ts';
import type { Enrolment } from '#platform/rpc/enrolment-client.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import { auditRefusals, refusals } from './audit.ts';
import { type PeopleDoor, startPeopleDoor } from './history/wiring.ts';
import { type Intake, startIntake } from './intake/wiring.ts';
import type { PartNow } from './lease/decide/report.ts';
import { createMirrorMetrics } from './metrics.ts';
import type { Part, Truth } from './ports.ts';
import { createTeller, type Teller } from './watch/teller.ts';
import { startWatch, type Watch } from './watch/wiring.ts';
import type { PartPorts, Running } from './wiring.ts';

export interface MirrorOptions {
  readonly config: MirrorConfig;
  readonly client: Pick<WatchingClient, 'listPage' | 'watch'>;
  readonly enrolment: Pick<Enrolment, 'ready' | 'current' | 'onRenewed'>;
  readonly publisher: EventPublisher;
  readonly authenticator: Authenticator;
  readonly startParts: (ports: PartPorts) => Promise<readonly Running[]>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Mirror {
  /** Why it does not do its work now; empty when it does. A store that is away is no reason: what is told waits on disk. */
  notReady(): readonly string[];
  /** How the log and all parts are. */
  parts(): readonly PartNow[];
  /** Port for agents; undefined before there is a certificate. */
  intakePort(): number | undefined;
  close(): Promise<void>;
}

/** How long the end waits for the log to take what is on disk, in milliseconds; the rest goes when the next process has begun. */
const lastWordsMs = 2000;

/** Starts to follow the API server at once, and listens to agents as soon as there is a certificate. */
export async function startMirror(options: MirrorOptions): Promise<Mirror> {
  const { config, publisher, clock, random, log } = options;
  const known: { watch?: Watch; intake?: Intake; door?: PeopleDoor; fault?: string } = {};
  const parts = await options.startParts({ config, truth: lateTruth(() => known.watch?.truth), metrics: options.metrics, authenticator: options.authenticator, clock, random, log });
  const listeners = parts.flatMap(({ listener }) => listener ?? []);
  const waiting = () => teller.waiting;
  const counts = createMirrorMetrics(options.metrics, { log: () => publisher.state(), waiting, watchAgeMs: () => known.watch?.lastEventAgeMs() ?? Number.POSITIVE_INFINITY, parts: () => parts.map(({ part }) => part) });
  const teller: Teller = createTeller({ publisher, listeners, onTold: counts.told, clock, log });
  const watch = await startWatch({ client: options.client, namespace: config.watchNamespace === '' ? undefined : config.watchNamespace, folder: config.folder, teller, clock, random, log });
  known.watch = watch;
  const audited = auditRefusals(log, refusals.people, (values) => callingUser({ values }).username);
  const stopping = { isStopping: false };
  const listening = options.enrolment.ready.then(async () => {
    if (stopping.isStopping) return;
    const world = parts.find((running) => running.world !== undefined)?.world;
    known.intake = await startIntake({ ...(world === undefined ? {} : { world }), services: parts.flatMap(({ operatorRoutes }) => operatorRoutes ?? []), port: config.intakePort, bindAddress: config.bindAddress, enrolment: options.enrolment, task: (uid) => watch.task(uid), publisher, listeners, onTold: counts.told, onRefused: counts.refused, clock, log });
    known.door = await startPeopleDoor({ services: parts.flatMap(({ routes }) => (routes === undefined ? [] : { ...routes, interceptors: [audited, ...routes.interceptors] })), port: config.historyPort, bindAddress: config.bindAddress, enrolment: options.enrolment, clock, log });
  });
  // A door that does not open is no reason to tell nothing: the watch goes on, and the reason is shown.
  const opened = listening.catch((error: unknown) => void (known.fault = error instanceof Error ? error.message : String(error)));
  return {
    notReady: () => reasons({ watch, teller, isOpen: known.door !== undefined, fault: known.fault }),
    parts: () => [logNow(config, publisher), ...parts.map(({ part }) => partNow(part))],
    intakePort: () => known.intake?.port,
    close: async () => {
      stopping.isStopping = true;
      if (options.enrolment.current() !== undefined) await opened;
      await Promise.all([known.intake?.close(), known.door?.close()]);
      await watch.stop();
      await teller.close();
      await watch.keep();
      await Promise.all(parts.map(({ part }) => part.close()));
      await drain(publisher, clock);
      await publisher.close();
    },
  };
}

function reasons({ watch, teller, isOpen, fault }: { readonly watch: Watch; readonly teller: Teller; readonly isOpen: boolean; readonly fault: string | undefined }): readonly string[] {
  const disk = teller.fault();
  return [
    ...(watch.truth.isKnown() ? [] : ['not all kinds are known yet']),
    ...(disk === undefined ? [] : [`the disk takes no events: ${disk}`]),
    ...(isOpen ? [] : [fault === undefined ? 'no certificate yet: the operator has not answered' : `nobody can connect: ${fault}`]),
  ];
}

function logNow({ natsServers }: MirrorConfig, publisher: EventPublisher): PartNow {
  if (natsServers.length === 0) return { name: 'log', state: 'off' };
  const { isConnected, fault } = publisher.state();
  return isConnected && fault === undefined ? { name: 'log', state: 'well' } : { name: 'log', state: 'down', fault: fault ?? 'no connection' };
}

function partNow(part: Part): PartNow {
  const now = part.state();
  return { name: part.name, state: now.kind, ...(now.kind === 'down' ? { fault: now.fault } : {}) };
}

/** Parts are made before the watch that they look through. */
function lateTruth(truth: () => Truth | undefined): Truth {
  return {
    missions: () => truth()?.missions() ?? [],
    tasksOf: (missionUid) => truth()?.tasksOf(missionUid) ?? [],
    pools: () => truth()?.pools() ?? [],
    isKnown: () => truth()?.isKnown() ?? false,
  };
}

async function drain(publisher: EventPublisher, clock: Clock): Promise<void> {
  const enough = new AbortController();
  const cancel = clock.after(lastWordsMs, () => enough.abort());
  await publisher.drained(enough.signal);
  cancel();
}
