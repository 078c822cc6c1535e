// What the pages work out for themselves: how far a run is, and when something was decided.
import assert from "node:assert/strict";
import { it } from "node:test";
import { SHARES, paceOf } from "../../www/views/link/pace.js";
import { isBefore, momentOf } from "../../www/views/review/moment.js";

const total = (count) => SHARES.slice(0, count).reduce((sum, [, share]) => sum + share, 0);

it("moves through every phase of a run by the clock, and never past it", () => {
  assert.ok(Math.abs(total(SHARES.length) - 1) < 1e-9);
  const pace = paceOf(100);
  pace.enter("read", 100, 0);
  assert.deepEqual(pace.at(101), { phase: 0, within: 0, done: 0, left: null });
  pace.enter("read", 102, 0.5);
  // An eighth of the run in two seconds: fourteen are left.
  assert.deepEqual(pace.at(102), { phase: 0, within: 0.5, done: 0.125, left: 14 });
  // Reading took 5 seconds, a quarter of a run; of the 15 that are left the next phase may take 3.
  let last = 0;
  for (const [place, [name, share]] of SHARES.entries()) {
    if (place === 0) continue;
    const since = 105 + 20 * (total(place) - total(1));
    pace.enter(name, since);
    for (let step = 0; step <= 4; step += 1) {
      const { phase, done, left } = pace.at(since + 5 * share * step);
      assert.equal(phase, place);
      assert.ok(done >= last && (step === 0 || done > last), `${name}: the bar moves`);
      assert.ok(Math.abs(done - (total(place) + (share * step) / 4)) < 1e-9);
      assert.ok(Math.abs(left - 20 * (1 - done)) < 1e-9);
      last = done;
    }
    assert.ok(pace.at(since + 1000).done <= total(place + 1) + 1e-9, `${name}: a phase that takes longer stands at its end`);
    last = pace.at(since + 20 * share).done;
  }
});

it("stands still for no news of a phase that is over", () => {
  const pace = paceOf(0);
  pace.enter("link", 10);
  pace.enter("read", 11, 0.2);
  assert.equal(pace.at(11).phase, 3);
});

// As the tests of src/date/moment.rs have them: the core reads the same lists.
it("compares moments as times and not as texts, as the core does", () => {
  const rising = [
    "",
    "2026-06-30",
    "2026-06-30T00:30:00.25Z",
    "2026-06-30T00:30:00.3",
    "2026-06-30T02:00+0100",
    "2026-06-29 21:00-05",
    "2026-11-01",
    "2026-11-01T09:00:00.000Z 00000000000000000002",
    "2026-11-01T09:00:00.000Z 00000000000000000010",
  ];
  for (const [place, text] of rising.slice(1).entries()) {
    assert.ok(isBefore(momentOf(rising[place]), momentOf(text)), `${rising[place]} is before ${text}`);
    assert.ok(!isBefore(momentOf(text), momentOf(rising[place])), `${text} is not before ${rising[place]}`);
  }
  assert.deepEqual(momentOf("2026-06-30T23:30:00Z"), momentOf("2026-07-01T00:30+01:00"));
});

it("refuses what is no moment of the calendar, as the core does", () => {
  const wrong = [
    "2026",
    "2026-11",
    "30/06/2026",
    "2026-02-31",
    "2026-11-21T",
    "2026-11-21T24:00",
    "2026-11-21T9:30",
    "2026-11-21T09:30:00.Z",
    "2026-11-21T09:30+14:30",
    "2026-11-21T09:30+1",
    "2026-11-21T09:30ZZ",
    "2026-11-21 x",
  ];
  for (const text of wrong) assert.equal(momentOf(text), null, text);
});
