// Kubernetes quantities as whole numbers: thousandths of a core or of a byte, so that comparing never rounds.

const pattern = /^([0-9]+)(?:\.([0-9]{1,3}))?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;

const factors: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** A quantity such as `500m` or `1Gi` in thousandths of its unit, rounded up; undefined for text that is none. */
export function parseQuantity(text: string): number | undefined {
  const [, whole, fraction = '', suffix = ''] = pattern.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const thousandths = Number(whole) * 1000 + Number(fraction.padEnd(3, '0'));
  return suffix === 'm' ? Math.ceil(thousandths / 1000) : thousandths * (factors[suffix] ?? 1);
}
