// An order as the command line of the jail (native/options.c).
import type { JailLimits, JailOrder } from './launcher.ts';

const limitFlags = {
  wallMs: '--wall-ms',
  cpuMs: '--cpu-ms',
  memoryBytes: '--memory-bytes',
  processes: '--tasks',
  fileBytes: '--file-bytes',
} as const satisfies Readonly<Record<keyof JailLimits, string>>;

/** Largest number the jail takes for a time; longer is as good as none, and is held to this. */
const most = 2 ** 31 - 1;

/** Arguments of the jail's program. `allowPartial`: run also where this host lacks some of the rules. */
export function argumentsOf(order: JailOrder, allowPartial: boolean): string[] {
  return [
    ...order.writable.flatMap((path) => ['--write', path]),
    ...order.readable.flatMap((path) => ['--read', path]),
    '--network',
    order.network,
    ...(order.stdin === 'pipe' ? ['--stdin'] : []),
    ...limitsOf(order.limits),
    ...(allowPartial ? ['--allow-partial'] : []),
    '--',
    ...order.command,
  ];
}

function limitsOf(limits: JailLimits): string[] {
  return Object.entries(limitFlags).flatMap(([name, flag]) => {
    const value = limits[name as keyof JailLimits];
    if (value === undefined || value === Number.POSITIVE_INFINITY) return [];
    const whole = Math.max(1, Math.ceil(value));
    return [flag, String(flag === '--wall-ms' ? Math.min(whole, most) : whole)];
  });
}
