import { h } from "../dom.js";

/** A link that saves text or bytes as a file: nothing is sent, the browser writes it. */
export function downloadLink(name, content, text = `Save ${name}`, type = "text/csv") {
  const link = h("a", { download: name, href: URL.createObjectURL(new Blob([content], { type })) }, text);
  return link;
}
