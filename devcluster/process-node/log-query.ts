// Which lines of a container's log a request of `kubectl logs` asks for, and how they are printed.

/** Options of a request; all that are absent do not limit. */
export interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  /** Epoch milliseconds. */
  readonly since?: number;
  readonly limitBytes?: number;
}

/** Reads the query of a kubelet log address. */
export function parseLogQuery(query: URLSearchParams, now: number): LogQuery {
  const number = (name: string) => {
    const text = query.get(name);
    return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = Date.parse(query.get('sinceTime') ?? '');
  const since = sinceSeconds === undefined ? sinceTime : now - sinceSeconds * 1000;
  const tailLines = number('tailLines');
  const limitBytes = number('limitBytes');
  return {
    follow: query.get('follow') === 'true',
    previous: query.get('previous') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(Number.isNaN(since) ? {} : { since }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

/** The stored lines that the query asks for. */
export function selectLines(lines: readonly string[], { tailLines, since }: LogQuery): readonly string[] {
  const recent = since === undefined ? lines : lines.filter((line) => Date.parse(line.slice(0, line.indexOf(' '))) >= since);
  if (tailLines === undefined) return recent;
  return tailLines === 0 ? [] : recent.slice(-tailLines);
}

/** Text of a stored line as the container wrote it, with its line end if it had one. */
export function printLine(line: string, { timestamps }: LogQuery): string {
  const [, time = '', , flag = 'F', text = ''] = /^(\S+) (\S+) ([FP]) ?(.*)$/s.exec(line) ?? [];
  return `${timestamps ? `${time} ` : ''}${text}${flag === 'F' ? '\n' : ''}`;
}
