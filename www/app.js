// Shows the page that the address names, and keeps every page that has been shown: what was typed or loaded stays until
// the tab is closed.
import { loadForms } from "./core.js";
import { announce, h } from "./dom.js";
import * as check from "./views/check.js";
import * as start from "./views/start.js";

const PAGES = {
  "": { title: "Start", load: async () => start, menu: false },
  check: { title: "Check", load: () => beside(loadForms, check), menu: true },
  schedule: { title: "Schedule", load: () => import("./views/schedule/index.js"), menu: true },
  link: { title: "Link", load: () => import("./views/link/index.js"), menu: true },
  review: { title: "Review", load: () => import("./views/review/index.js"), menu: true },
};

/** Starts fetching what a page will ask for while the page itself comes. Should that fail, the page will say so. */
function beside(load, page) {
  load().catch(() => {});
  return page;
}

const main = document.getElementById("main");
const shown = new Map();
let first = true;

const pathOf = (hash) => (hash.startsWith("#/") ? hash.slice(2) : "");

async function route() {
  const path = pathOf(location.hash);
  const page = PAGES[path] ?? PAGES[""];
  const view = await viewOf(page);
  if (page !== (PAGES[pathOf(location.hash)] ?? PAGES[""])) return;
  for (const other of shown.values()) other.hidden = other !== view;
  document.title = `${page.title} – childlink`;
  for (const link of document.querySelectorAll("#menu a")) {
    const current = link.getAttribute("href") === `#/${path}`;
    link.parentElement.classList.toggle("nhsuk-header__navigation-item--current", current);
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!first) {
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
    announce(page.title);
  }
  first = false;
  view.dispatchEvent(new Event("shown"));
}

async function viewOf(page) {
  if (shown.has(page)) return shown.get(page);
  const view = h("div");
  shown.set(page, view);
  main.append(view);
  try {
    const { show } = await page.load();
    await show(view);
  } catch (cause) {
    shown.delete(page);
    view.replaceChildren(
      h("h1", {}, "This page could not be loaded"),
      h("p", {}, "Reload it. If that does not help, ask who serves this app whether all its files are there."),
      h("p", { class: "nhsuk-body-s" }, String(cause?.message ?? cause)),
    );
    return view;
  }
  return view;
}

async function keepForOffline() {
  const state = document.getElementById("offline");
  try {
    await navigator.serviceWorker.register("sw.js");
    await navigator.serviceWorker.ready;
    state.textContent = "Ready to work without a network.";
  } catch {
    state.textContent = "This browser does not let the app work without a network.";
  }
}

document.getElementById("menu").append(
  ...Object.entries(PAGES)
    .filter(([, page]) => page.menu)
    .map(([path, { title }]) =>
      h(
        "li",
        { class: "nhsuk-header__navigation-item" },
        h("a", { class: "nhsuk-header__navigation-link", href: `#/${path}` }, title),
      ),
    ),
);
// A link within the page is no address of another one.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]:not([href^="#/"])');
  if (!link) return;
  event.preventDefault();
  const target = document.getElementById(link.getAttribute("href").slice(1));
  target?.scrollIntoView({ block: "center" });
  target?.focus();
});
// A file that is dropped beside its place must not open in the tab: what was typed and loaded would be gone.
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
window.addEventListener("hashchange", route);
await route();
if (document.readyState === "complete") keepForOffline();
else window.addEventListener("load", keepForOffline);
