// The command line of each process of Argo CD, on loopback. Times are short: what people wait minutes for, tests cannot.
// One port is not on loopback: the controller's metrics, which it lets nobody bind elsewhere; they tell names and counts, no contents.
import { join } from 'node:path';
import type { Launch } from '../../processes.ts';

export interface ArgoPorts {
  readonly repoServer: number;
  readonly repoServerMetrics: number;
  readonly controllerMetrics: number;
  readonly server: number;
  readonly serverMetrics: number;
}

export interface Roles {
  readonly file: string;
  readonly folder: string;
  readonly ports: ArgoPorts;
  readonly redis: { readonly address: string; readonly user: string; readonly password: string };
  /** Access of each process that speaks to the API server. */
  readonly kubeconfigs: { readonly controller: string; readonly server: string };
  /** PATH: repositories are read with git. */
  readonly programPath: string;
}

/** How one process is started, and where it says that it is ready. */
export interface Role {
  readonly launch: Launch;
  readonly healthPort: number;
}

const host = '127.0.0.1';

/** All processes, in the order in which they need each other. */
export function rolesOf(roles: Roles): readonly Role[] {
  const { ports, redis, kubeconfigs } = roles;
  const metrics = (port: number) => ['--metrics-address', host, '--metrics-port', String(port)];
  const repo = ['--redis', redis.address, '--repo-server', `${host}:${ports.repoServer}`, '--repo-server-plaintext'];
  const heals = ['--self-heal-timeout-seconds', '1', '--self-heal-backoff-timeout-seconds', '1', '--self-heal-backoff-factor', '1', '--self-heal-backoff-cap-seconds', '1'];
  return [
    {
      launch: launchOf(roles, 'argocd-repo-server', ['--address', host, '--port', String(ports.repoServer), ...metrics(ports.repoServerMetrics), '--redis', redis.address, '--disable-tls', '--revision-cache-expiration', '2s']),
      healthPort: ports.repoServerMetrics,
    },
    {
      launch: launchOf(roles, 'argocd-application-controller', [...repo, '--metrics-port', String(ports.controllerMetrics), '--persist-resource-health', '--app-resync', '5', '--app-resync-jitter', '0', ...heals], kubeconfigs.controller),
      healthPort: ports.controllerMetrics,
    },
    {
      // Nobody but this user of this machine reaches it, so nobody has to log in.
      launch: launchOf(roles, 'argocd-server', ['--address', host, '--port', String(ports.server), ...metrics(ports.serverMetrics), '--insecure', '--disable-auth', ...repo, '--dex-server', `http://${host}:1`], kubeconfigs.server),
      healthPort: ports.server,
    },
  ];
}

function launchOf({ file, folder, redis, programPath }: Roles, role: string, args: readonly string[], kubeconfig?: string): Launch {
  const env = {
    PATH: programPath,
    HOME: folder,
    TMPDIR: join(folder, 'tmp'),
    ARGOCD_BINARY_NAME: role,
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    // Between two waves it would wait for 2 s.
    ARGOCD_SYNC_WAVE_DELAY: '0',
    ARGOCD_TLS_DATA_PATH: join(folder, 'tls'),
    ARGOCD_SSH_DATA_PATH: join(folder, 'ssh'),
    ARGOCD_PLUGINSOCKFILEPATH: join(folder, 'plugins'),
    REDIS_USERNAME: redis.user,
    REDIS_PASSWORD: redis.password,
    ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
  };
  return { file, args, folder, env, log: join(folder, `${role}.log`) };
}
