// The case files of tests/cases that the JavaScript package can be held to, as one piece of plain data, so that runtimes
// without files (workers, pages) can be handed it too. Four are about what no function of the package answers, and run
// natively alone: name_pairs, date_order and jaro_winkler of identity/, and trace/.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tables } from "./cases.js";
import { native, sampleSnapshot } from "./snapshot.js";

const require = createRequire(new URL("../../pkg-config/tools/package.json", import.meta.url));
const { parse } = require("smol-toml");
const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const toml = (path) => parse(read(path));

/**
 * Every case, with the names by which the cases of programmes tell products from antigens, and a snapshot of an index
 * in base64 (null where childlink has not been built).
 */
export function caseData() {
  const programme = toml("data/schedules/uk-immunisation.toml");
  const of = (path) => toml(path).case;
  const data = {
    identity: Object.fromEntries(tables.map((table) => [table, read(`tests/cases/identity/${table}.csv`)])),
    schedule: ["infant", "school", "selective"].flatMap((name) => of(`tests/cases/schedule/${name}.toml`)),
    screens: of("tests/cases/screens.toml"),
    reviews: of("tests/cases/reviews.toml"),
    pairs: of("tests/cases/linkage/pairs.toml"),
    messages: of("tests/cases/messages/expected.toml").map((one) => ({ ...one, text: read(`tests/cases/messages/${one.file}`) })),
    products: Object.keys(programme.product),
    antigens: Object.entries(programme.antigen).flatMap(([name, { also = [] }]) => [name, ...also]),
    model: JSON.parse(read("data/models/child-health.json")),
    snapshot: native ? Buffer.from(sampleSnapshot()).toString("base64") : null,
  };
  // Days of TOML become texts here.
  return JSON.parse(JSON.stringify(data));
}
