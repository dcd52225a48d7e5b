/** Minutes of a day from `from` up to, and without, `to`. */
export function interval(from, to) {
  if (!Number.isInteger(from) || !Number.isInteger(to)) throw new TypeError('minutes are whole numbers');
  if (to <= from) throw new RangeError(`${to} is not after ${from}`);
  return { from, to };
}

/** Whether two intervals share a minute. */
export function overlaps(a, b) {
  return a.from <= b.to && b.from < a.to;
}

export function minutesOf({ from, to }) {
  return to - from;
}
