// Seeded chance: the same seed and the same words give the same numbers on every machine.

/** Return a hash of a text, 32 bits (FNV-1a). */
function hash(text) {
  let value = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) {
    value = Math.imul(value ^ text.charCodeAt(place), 0x01000193);
  }
  return value >>> 0;
}

/**
 * Return a source of numbers 0 <= x < 1 (mulberry32) that belongs to these keys.
 *
 * Each decision of the music has keys of its own (seed, "melody", bar ...), so that a change in one
 * voice leaves the others as they were.
 */
export function chance(...keys) {
  let state = hash(keys.join("/"));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Return one of a list. */
export function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}
