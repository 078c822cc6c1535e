// The command line, where it has been built, and an index of the sample that it builds.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The path of the program; undefined if it has not been built. */
export const native = ["debug", "release"].map((profile) => join(root, "target", profile, "childlink")).find(existsSync);

/** The bytes of an index of the sample. */
export function sampleSnapshot() {
  const folder = mkdtempSync(join(tmpdir(), "childlink-index-"));
  try {
    const sample = join(root, "data", "sample");
    const files = readdirSync(sample).filter((name) => /^(chis|maternity).*\.csv$/.test(name)).map((name) => join(sample, name));
    execFileSync(native, ["index", "build", ...files, "--out", join(folder, "index.clix")], { stdio: "pipe" });
    return new Uint8Array(readFileSync(join(folder, "index.clix")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
