// What the tests of the Link page do again and again.
import { readFile } from "node:fs/promises";
import { file } from "./site.js";

/** The files of the made-up sample. */
export const SAMPLE = ["chis-01.csv", "chis-02.csv", "chis-04.csv", "maternity-03.csv"].map((name) =>
  file(`data/sample/${name}`),
);

/** A file of text, for uploading. */
export const csv = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

export const headingOf = (page) => page.getByRole("heading", { name: /records are .* child(ren)?$/ });

/** Waits until the results are there, the charts drawn piece by piece after them included. */
export async function resultsShown(page, options) {
  await headingOf(page).waitFor(options);
  await page.locator("#link-result:not([aria-busy])").waitFor();
}

/** Links files, by their paths or as `csv` makes them, and waits for the results. */
export async function linkIn(page, files) {
  await page.setInputFiles("#link-files", files);
  await page.locator("#link-start").click();
  await resultsShown(page);
}
export const linkSampleIn = (page) => linkIn(page, SAMPLE);

/** The bytes of a file that the page saves. */
export async function savedFrom(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: `Save ${name}` }).click(),
  ]);
  return readFile(await download.path());
}
