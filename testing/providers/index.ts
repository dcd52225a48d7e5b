// Who runs the stores of a suite: processes of this machine always, containers too where a container engine answers. The same tests run on each.
import { localServices, type ServiceProvider } from '#devcluster/services/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';

/** A provider with its name, as tables of tests want it. */
export interface NamedProvider {
  readonly name: string;
  readonly provider: ServiceProvider;
}

/** All providers of this machine. */
export async function allProviders(): Promise<readonly NamedProvider[]> {
  const settings = settingsFrom(process.env);
  const containers = await containersOf(settings);
  return [localServices(settings), ...(containers === undefined ? [] : [containers])].map((provider) => ({ name: provider.name, provider }));
}

/** Only where DOCKER_HOST says so: an engine that happens to run is not ours to use. */
async function containersOf(settings: ReturnType<typeof settingsFrom>): Promise<ServiceProvider | undefined> {
  const { DOCKER_HOST: host } = process.env;
  if (host === undefined || host === '') return undefined;
  // The image of the reaper would have to be pulled; what is started here is stopped by its test.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= '127.0.0.1';
  const { containerServices } = await import('./containers.ts');
  const found = await containerServices(settings);
  if (typeof found !== 'string') return found;
  process.stderr.write(`tests on containers are left out: nobody answers at DOCKER_HOST=${host}: ${found}\n`);
  return undefined;
}
