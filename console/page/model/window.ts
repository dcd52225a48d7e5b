// Which rows of a long list are drawn: those that are in sight, and some around them.

export interface Window {
  readonly first: number;
  readonly count: number;
}

const around = 12;

/** Rows of one height between `top` and `bottom`, in pixels from the begin of the list. */
export function windowOf(total: number, rowHeight: number, top: number, bottom: number): Window {
  const first = Math.max(0, Math.min(total, Math.floor(top / rowHeight) - around));
  const last = Math.max(first, Math.min(total, Math.ceil(bottom / rowHeight) + around));
  return { first, count: last - first };
}
