// What was given and done, as typed or pasted: one event is `{ date, kind, id, outcome }`.

/** Every event that can be entered, by kind: `[id, title]`. */
export function choices(words, nation) {
  const reviewNation = nation === "northern-ireland" ? "england" : nation;
  return {
    dose: words.products.map(({ id, title, period }) => [id, period ? `${title}, ${period}` : title]),
    screen: Object.entries(words.screens).map(([id, { title }]) => [id, title]),
    review: Object.entries(words.reviews)
      .filter(([, review]) => review.nation === reviewNation)
      .map(([id, { title }]) => [id, title]),
  };
}

/** The outcomes that a screen can have: `[word, title]`. */
export const outcomesOf = (words, screen) =>
  words.outcomes
    .filter(({ screens, condition }) => screens.includes(screen) && !condition)
    .map(({ word, title }) => [word, title]);

/** What an event is called. */
export function titleOf(words, { kind, id, outcome }) {
  if (kind === "dose") return words.products.find((product) => product.id === id)?.title ?? `product ${id}`;
  if (kind === "review") return words.reviews[id]?.title ?? id;
  const found = words.outcomes.find(({ screens, word }) => screens.includes(id) && word === outcome);
  return `${words.screens[id]?.title ?? id}: ${found?.title ?? outcome}`;
}

/**
 * Reads pasted lines: a date, then a product (its id, title or SNOMED code), a screen with its outcome, or a review; split
 * by tab, comma, semicolon or space.
 * @returns The events, and `{ line, why }` for each line that could not be read.
 */
export function readPasted(text, words, dateOf) {
  const events = [];
  const problems = [];
  for (const [place, line] of text.split(/\r?\n/).entries()) {
    if (!line.trim()) continue;
    const found = readLine(line.trim(), words, dateOf);
    if (typeof found === "string") problems.push({ line: place + 1, why: found });
    else events.push(found);
  }
  return { events, problems };
}

function readLine(line, words, dateOf) {
  const [, dateText, rest] = /^([^\t,;]+?)\s*[\t,;]\s*(.*)$/.exec(line) ?? /^(\S+)\s+(.*)$/.exec(line) ?? [];
  if (!rest) return "there is no date with something after it";
  const date = dateOf(dateText);
  if (!date) return "the date cannot be read";
  const [what, outcome] = rest.split(/\s*[\t,;]\s*/);
  const id = what.toLowerCase().replace(/\s+/g, "-");
  const product = words.products.find((one) => one.id === id || one.title.toLowerCase() === what.toLowerCase());
  if (product) return { date, kind: "dose", id: product.id };
  if (/^\d{6,18}$/.test(what)) return { date, kind: "dose", id: what, snomed: true };
  if (words.reviews[id]) return { date, kind: "review", id };
  const [screen, word] = outcome ? [id, outcome.toLowerCase()] : what.toLowerCase().split(/\s+/);
  if (words.screens[screen])
    return word ? { date, kind: "screen", id: screen, outcome: word } : "the screen has no outcome";
  return "what was given or done is not known: choose it from the list above to see how it is written";
}

/** The child as childlink's `schedule` takes it. */
export function childOf(details, events) {
  const of = (kind) => events.filter((event) => event.kind === kind);
  return {
    ...details,
    doses: of("dose").map(({ date, id, snomed }) => ({ date, product: snomed ? { snomed: id } : id })),
    screens: of("screen").map(({ date, id, outcome }) => ({ date, kind: id, outcome })),
    reviews: of("review").map(({ date, id }) => ({ date, kind: id })),
  };
}
