// The nightly run of the archive as a CronJob: first what is new is archived, then what is old is removed. It needs the log, the bucket, and no right in the cluster.
import { labels, names } from '#api/labels.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { type StoreAccess, storeEnv, storeMount } from './mirror-stores.ts';
import { containerSecurityContext, podSecurityContext, type Workload } from './workloads.ts';

/** When it runs, and how long events are kept. */
export interface ArchivePlan {
  /** As of cron, UTC. */
  readonly schedule: string;
  readonly keepDays: string;
}

const name = `${names.mirror}-archive`;
const component = 'archive';

/** The CronJob. A run that is still at work when the next one is due goes on, and the next one is left out. */
export function archiveCronJob(workload: Workload, stores: readonly StoreAccess[], { schedule, keepDays }: ArchivePlan): NewObject {
  const { namespace, image, pullPolicy, resources } = workload;
  const env = [...stores.flatMap(storeEnv), { name: 'CODITECT_ARCHIVE_KEEP_DAYS', value: keepDays }, ...workload.env];
  // Restored events wait on disk until the log has them; a copy of the job may restore.
  const mounts = [...stores.map(storeMount), { mount: { name: 'tmp', mountPath: '/tmp' }, source: { emptyDir: {} } }];
  const step = (command: string) => ({ name: command, image, imagePullPolicy: pullPolicy, command: ['node', '--enable-source-maps', '/app/archive.js', command], env, resources, securityContext: containerSecurityContext, volumeMounts: mounts.map(({ mount }) => mount) });
  const own = { [labels.name]: 'coditect', [labels.component]: component };
  const pod = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    securityContext: podSecurityContext,
    initContainers: [step('archive')],
    containers: [step('expire')],
    volumes: mounts.map(({ mount, source }) => ({ name: mount.name, ...source })),
  };
  const template = { metadata: { labels: own }, spec: pod };
  const jobTemplate = { spec: { backoffLimit: 2, activeDeadlineSeconds: 21_600, ttlSecondsAfterFinished: 604_800, template } };
  const metadata = { name, namespace, labels: { ...own, 'app.kubernetes.io/part-of': 'coditect' } };
  return { apiVersion: 'batch/v1', kind: 'CronJob', metadata, spec: { schedule, timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 3600, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 3, jobTemplate } };
}
