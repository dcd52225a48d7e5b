// The names under which tools of servers are offered: such as providers take, and by which a tool policy can speak of them before anybody has connected.
import type { McpServerSetting } from '#api/config/agent.ts';
import { sha256Hex } from '#domain/digest.ts';

const limits = { name: 63, hash: 8 } as const;

/** A tool of a server, by the name that it has there. */
export interface Offer {
  readonly server: McpServerSetting;
  readonly tool: string;
}

/** All tools that the pool lists, by the names that they are offered under, in the order of the list. */
export function offersOf(servers: readonly McpServerSetting[]): ReadonlyMap<string, Offer> {
  const offers = servers.flatMap((server) => server.tools.map((tool) => ({ server, tool, plain: plainName(server.name, tool) })));
  const counts = Map.groupBy(offers, ({ plain }) => plain);
  return new Map(offers.map(({ plain, ...offer }) => [isFree(plain, counts) ? plain : hashedName(plain, offer), offer]));
}

function plainName(server: string, tool: string): string {
  return `mcp_${server}_${tool}`.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
}

function isFree(plain: string, counts: ReadonlyMap<string, readonly unknown[]>): boolean {
  return plain.length <= limits.name && counts.get(plain)?.length === 1;
}

/** Of several that look alike each gets a hash, so that no name depends on the order of the list. */
function hashedName(plain: string, { server, tool }: Offer): string {
  const hash = sha256Hex(`${server.name}/${tool}`).slice(0, limits.hash);
  return `${plain.slice(0, limits.name - limits.hash - 1)}_${hash}`;
}
