// What is withheld of a sensitive child. The library withholds where the child lives and what agreed with that; here
// goes what the rest would give away: a weight that is told with all but one of its parts tells that part, and a score
// that is told to everybody who asks tells whether the address that they asked with is right.

/** An item of the queue as it may be shown. */
export function redactQueued({ restricted: _, ...item }) {
  return { ...item, candidates: item.candidates.map((candidate) => (candidate.sensitive ? withoutWeight(candidate) : candidate)) };
}

/** An item of the restricted queue: the keys of messages, children and records, and codes. */
export function restrictedKeys({ code, messages, restricted }) {
  return { code, messages: messages.map(({ whom: _, ...key }) => key), restricted };
}

function withoutWeight({ match_weight: _, match_probability: __, waterfall, ...candidate }) {
  return { ...candidate, waterfall: { bars: waterfall.bars } };
}

/** The answer to `$match` as it may be shown. */
export function redactMatches(bundle) {
  const isRestricted = ({ meta }) => meta?.security?.some(({ code }) => code === "R");
  const shown = ({ resource, search: { score, ...search }, ...entry }) => ({
    ...entry,
    resource,
    search: isRestricted(resource) ? search : { ...search, score },
  });
  return bundle.entry === undefined ? bundle : { ...bundle, entry: bundle.entry.map(shown) };
}
