import { h } from "../dom.js";

/** By then the browser has begun to write even a large file. */
const KEPT_FOR = 60_000;

/**
 * A link that saves a file: nothing is sent, the browser writes it. `content` is a blob, text, or a function that makes it;
 * it gets an address only when it is asked for, and loses it again, since what has one stays in memory.
 */
export function downloadLink(name, content, text = `Save ${name}`, type = "text/csv") {
  const link = h("a", { download: name, href: `#${name}`, onclick: open }, text);
  function open() {
    const made = typeof content === "function" ? content() : content;
    const address = URL.createObjectURL(made instanceof Blob ? made : new Blob([made], { type }));
    // Before the browser follows it.
    link.href = address;
    setTimeout(() => URL.revokeObjectURL(address), KEPT_FOR);
    setTimeout(() => (link.href = `#${name}`));
  }
  return link;
}
