// What has come into a conversation from others, and what must then not go out any more: text of strangers, credentials and a way out together are for people to allow.

/** The sources that a conversation has read so far. */
export class Reading {
  readonly #holdsCredentials: boolean;
  readonly #sources = new Set<string>();

  /** `holdsCredentials`: the pool has Secrets for git servers. */
  constructor(holdsCredentials: boolean) {
    this.#holdsCredentials = holdsCredentials;
  }

  /** Notes that something of `source` can be read in the conversation. */
  note(source: string): void {
    this.#sources.add(source);
  }

  /** Why nothing may be sent to the outward server `server` any more, or undefined. What it said itself does not count: it knows that already. */
  objectionTo(server: string): string | undefined {
    const other = [...this.#sources].find((source) => source !== serverSource(server));
    if (!this.#holdsCredentials || other === undefined) return undefined;
    return `refused, and nothing was sent: this conversation has read text of others (${other}), the agents of this pool hold credentials (gitSecrets), and ${server} has effects outside. The three together need people who allow it, and a single call cannot be asked about. Finish without it and say what should be done: it can be a task of its own, in a plan that people approve, on a pool without gitSecrets.`;
  }
}

/** A server as a source. */
export function serverSource(server: string): string {
  return `MCP server ${server}`;
}
